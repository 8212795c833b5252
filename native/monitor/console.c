#include "console.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "util.h"

int console_open(struct console *console, const char *folder, unsigned number, struct error *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	console->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	snprintf(console->name, sizeof console->name, "console.%u", number);
	snprintf(address.sun_path, sizeof address.sun_path, "%s", console->name);
	int length = snprintf(console->path, sizeof console->path, "%s/%s", folder, console->name);
	/* A path too long for a socket leads through our own working folder. */
	if (length >= (int)sizeof address.sun_path)
		snprintf(console->path, sizeof console->path, "/proc/%d/cwd/%s", (int)getpid(), console->name);
	unlink(console->name);
	if (console->fd < 0 || bind(console->fd, (struct sockaddr *)&address, sizeof address) < 0 || chmod(console->name, 0600) < 0 ||
		listen(console->fd, 1) < 0) {
		error_set(err, errno, "console socket");
		console_close(console);
		return -1;
	}
	return 0;
}

static int take_descriptor(int socket)
{
	char byte[4096];
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec part = {byte, sizeof byte};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
	if (recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) < 0)
		return -1;
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);
	if (!head || head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS || head->cmsg_len != CMSG_LEN(sizeof(int))) {
		errno = EPROTO;
		return -1;
	}
	int fd;
	memcpy(&fd, CMSG_DATA(head), sizeof fd);
	return fd;
}

int console_receive(struct console *console, struct error *err)
{
	cleanup_close int peer = accept4(console->fd, NULL, NULL, SOCK_CLOEXEC);
	int fd = peer < 0 ? -1 : take_descriptor(peer);
	if (fd < 0)
		error_set(err, errno, "the runtime sent no terminal");
	else if (!isatty(fd)) {
		error_set(err, 0, "what the runtime sent is not a terminal");
		close(fd);
		fd = -1;
	}
	console_close(console);
	return fd;
}

void console_close(struct console *console)
{
	if (console->fd < 0)
		return;
	close(console->fd);
	unlink(console->name);
	console->fd = -1;
}
