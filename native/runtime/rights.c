#include "rights.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "util.h"

static int connect_address(const struct sockaddr_un *address, const char *path, struct error *err)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof *address) == 0)
		return fd;
	error_set(err, errno, "connect to %s", path);
	if (fd >= 0)
		close(fd);
	return -1;
}

int rights_connect(const char *path, struct error *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	if (strlen(path) < sizeof address.sun_path) {
		strcpy(address.sun_path, path);
		return connect_address(&address, path, err);
	}
	char folder[4096];
	snprintf(folder, sizeof folder, "%s", path);
	char *slash = strrchr(folder, '/');
	const char *name = slash ? slash + 1 : path;
	if (slash)
		slash[slash == folder] = 0;
	/* A longer path is reached through its folder. */
	cleanup_close int dir = open(slash ? folder : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return error_set(err, errno, "connect to %s", path);
	if (snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", dir, name) >= (int)sizeof address.sun_path)
		return error_set(err, ENAMETOOLONG, "connect to %s", path);
	return connect_address(&address, path, err);
}

int rights_send(int socket, int fd, const void *data, size_t size)
{
	char space[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec io = {(void *)(uintptr_t)data, size};
	struct msghdr message = {.msg_iov = &io, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof space};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof fd);
	memcpy(CMSG_DATA(header), &fd, sizeof fd);
	return sendmsg(socket, &message, MSG_NOSIGNAL) == (ssize_t)size ? 0 : -1;
}

int rights_receive(int socket, void *data, size_t *size, int flags)
{
	char space[CMSG_SPACE(sizeof(int))];
	struct iovec io = {data, *size};
	struct msghdr message = {.msg_iov = &io, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof space};
	ssize_t n = recvmsg(socket, &message, MSG_CMSG_CLOEXEC | flags);
	struct cmsghdr *header = n > 0 ? CMSG_FIRSTHDR(&message) : NULL;
	int fd = -1;
	if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS && header->cmsg_len == CMSG_LEN(sizeof fd))
		memcpy(&fd, CMSG_DATA(header), sizeof fd);
	*size = n > 0 ? (size_t)n : 0;
	return fd;
}
