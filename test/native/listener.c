/* Answers a container's system call: listener SOCKET ERRNO. Prints the message that came with the descriptor, then the number of
 * the first call, which it lets fail with ERRNO. */
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int receive(int socket)
{
	char space[CMSG_SPACE(sizeof(int))], text[16384];
	struct iovec io = {text, sizeof text - 1};
	struct msghdr message = {.msg_iov = &io, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof space};
	ssize_t n = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
	struct cmsghdr *header = n > 0 ? CMSG_FIRSTHDR(&message) : NULL;
	int fd;
	if (!header)
		exit(3);
	text[n] = 0;
	puts(text);
	memcpy(&fd, CMSG_DATA(header), sizeof fd);
	return fd;
}

int main(int argc, char **argv)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int server = socket(AF_UNIX, SOCK_STREAM, 0);
	if (argc != 3)
		return 2;
	snprintf(address.sun_path, sizeof address.sun_path, "%s", argv[1]);
	if (bind(server, (struct sockaddr *)&address, sizeof address) < 0 || listen(server, 1) < 0)
		return 1;
	int fd = receive(accept(server, NULL, NULL));
	struct seccomp_notif call = {0};
	if (ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &call) < 0)
		return 1;
	printf("%d\n", call.data.nr);
	struct seccomp_notif_resp answer = {.id = call.id, .error = -atoi(argv[2])};
	return ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &answer) < 0;
}
