#include "ports.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "util.h"

/* The most that the kernel takes with one message. */
#define FDS_PER_MESSAGE 253

int ports_open(struct ports *ports, int *theirs, struct error *err)
{
	int ends[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return error_set(err, errno, "socketpair");
	ports->socket = ends[0];
	*theirs = ends[1];
	return 0;
}

static int keep(struct ports *ports, const struct cmsghdr *head, struct error *err)
{
	size_t count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	int *fds = realloc(ports->fds, (ports->count + count) * sizeof *fds);
	if (!fds) {
		for (size_t i = 0; i < count; i++) {
			int fd;
			memcpy(&fd, CMSG_DATA(head) + i * sizeof fd, sizeof fd);
			close(fd);
		}
		return error_set(err, ENOMEM, "keep the host's ports");
	}
	memcpy(fds + ports->count, CMSG_DATA(head), count * sizeof *fds);
	ports->fds = fds;
	ports->count += count;
	return 0;
}

/* One message. Returns 1, 0 at the end, or -1. */
static int take_some(struct ports *ports, struct error *err)
{
	char byte;
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int) * FDS_PER_MESSAGE)];
	} control;
	struct iovec part = {&byte, 1};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
	ssize_t n = recvmsg(ports->socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n <= 0)
		return n == 0 ? 0 : error_set(err, errno, "receive the host's ports");
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);
	if (head && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS && keep(ports, head, err) < 0)
		return -1;
	if (message.msg_flags & MSG_CTRUNC)
		return error_set(err, EMFILE, "keep the host's ports");
	return 1;
}

int ports_take(struct ports *ports, struct error *err)
{
	int result = ports->socket < 0 ? 0 : 1;
	while (result > 0)
		result = take_some(ports, err);
	if (ports->socket >= 0)
		close(ports->socket);
	ports->socket = -1;
	return result;
}

void ports_keep(struct ports *ports, int fd)
{
	int *fds = realloc(ports->fds, (ports->count + 1) * sizeof *fds);
	if (!fds)
		return;
	fds[ports->count++] = fd;
	ports->fds = fds;
}

void ports_close(struct ports *ports)
{
	if (ports->socket >= 0)
		close(ports->socket);
	for (size_t i = 0; i < ports->count; i++)
		close(ports->fds[i]);
	free(ports->fds);
	*ports = (struct ports){.socket = -1};
}
