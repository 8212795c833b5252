#include "hold.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "holder.h"
#include "util.h"

#define FDS_PER_MESSAGE 200

static int refuse(const struct port *port, int code, struct error *err)
{
	char text[INET6_ADDRSTRLEN], address[INET6_ADDRSTRLEN + 2], holder[80];
	snprintf(address, sizeof address, port->host.family == AF_INET6 ? "[%s]" : "%s", ip_text(&port->host, text));
	if (code == EADDRNOTAVAIL)
		return error_set(err, 0, "cannot publish on %s:%u/%s: the host has no address %s", address, port->host_port,
			protocol_name(port->protocol), address);
	if (code != EADDRINUSE)
		return error_set(err, code, "bind %s:%u/%s", address, port->host_port, protocol_name(port->protocol));
	holder_describe(port, holder, sizeof holder);
	return error_set(err, 0, "Bind for %s:%u/%s failed: port is already allocated%s", address, port->host_port,
		protocol_name(port->protocol), holder);
}

/* A TCP port is bound with SO_REUSEADDR, since connections of an earlier listener may still be in TIME_WAIT; without it from
 * then on, so that nobody else can listen there. It never listens itself: packets for it go to the container by the table. */
static int bind_port(const struct port *port, struct error *err)
{
	int type = port->protocol == IPPROTO_UDP ? SOCK_DGRAM : SOCK_STREAM, on = 1, off = 0;
	struct sockaddr_storage address;
	socklen_t size = ip_socket(&port->host, port->host_port, &address);
	cleanup_close int fd = socket(port->host.family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, port->protocol);
	if (fd < 0)
		return error_set(err, errno, "socket for %s", protocol_name(port->protocol));
	if (type == SOCK_STREAM)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	/* Both families of a port are held apart. */
	if (port->host.family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
	if (bind(fd, (struct sockaddr *)&address, size) < 0)
		return refuse(port, errno, err);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &off, sizeof off);
	/* What reaches a UDP socket while somebody has flushed the table is nobody's: keep none of it. */
	if (type == SOCK_DGRAM)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &on, sizeof on);
	return steal_fd(&fd);
}

int holds_bind(struct holds *holds, const struct plan *plan, struct error *err)
{
	*holds = (struct holds){.fds = calloc(plan->port_count + 1, sizeof *holds->fds)};
	if (!holds->fds)
		return error_set(err, ENOMEM, "ports");
	for (size_t i = 0; i < plan->port_count; i++) {
		int fd = bind_port(&plan->ports[i], err);
		/* A kernel without SCTP sockets can still forward SCTP. */
		if (fd < 0 && plan->ports[i].protocol == IPPROTO_SCTP && err->code == EPROTONOSUPPORT)
			continue;
		if (fd < 0)
			return -1;
		holds->fds[holds->count++] = fd;
	}
	return 0;
}

static int send_some(int to, const int *fds, size_t count, struct error *err)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int) * FDS_PER_MESSAGE)];
		struct cmsghdr align;
	} control = {0};
	char byte = 0;
	struct iovec vector = {&byte, 1};
	struct msghdr message = {
		.msg_iov = &vector, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = CMSG_SPACE(sizeof(int) * count)};
	struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
	*rights = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(int) * count), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
	memcpy(CMSG_DATA(rights), fds, sizeof(int) * count);
	while (sendmsg(to, &message, MSG_NOSIGNAL) < 0)
		if (errno != EINTR)
			return error_set(err, errno, "hand over the host's ports");
	return 0;
}

int holds_send(const struct holds *holds, int to, struct error *err)
{
	for (size_t i = 0; i < holds->count; i += FDS_PER_MESSAGE) {
		size_t count = holds->count - i < FDS_PER_MESSAGE ? holds->count - i : FDS_PER_MESSAGE;
		if (send_some(to, holds->fds + i, count, err) < 0)
			return -1;
	}
	return 0;
}

void holds_finish(struct holds *holds)
{
	for (size_t i = 0; i < holds->count; i++)
		close(holds->fds[i]);
	free(holds->fds);
	*holds = (struct holds){0};
}
