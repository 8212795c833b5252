#include "forward.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>

#include "clock.h"
#include "loop.h"
#include "util.h"

#define HEAD_ROOM 8192
#define ADDRESS_ROOM 128

static int connect_unix(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof address.sun_path)
		return -1;
	strcpy(address.sun_path, path);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/* ADDRESS:PORT, an IPv6 address between brackets. */
static int connect_udp(const char *text)
{
	char host[ADDRESS_ROOM];
	const char *colon = strrchr(text, ':');
	uint64_t port;
	if (!colon || colon - text >= ADDRESS_ROOM || !parse_u64(colon + 1, 65535, &port))
		return -1;
	bool brackets = text[0] == '[' && colon[-1] == ']';
	snprintf(host, sizeof host, "%.*s", (int)(colon - text) - 2 * brackets, text + brackets);
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
	bool is_v4 = inet_pton(AF_INET, host, &v4.sin_addr) == 1;
	if (!is_v4 && inet_pton(AF_INET6, host, &v6.sin6_addr) != 1)
		return -1;
	int fd = socket(is_v4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && connect(fd, is_v4 ? (struct sockaddr *)&v4 : (struct sockaddr *)&v6, is_v4 ? sizeof v4 : sizeof v6) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/* At most once a second: the daemon may be restarting. */
static bool is_connected(struct forward *forward)
{
	if (forward->fd >= 0 || (forward->tried && monotonic_ns() - forward->tried < SECOND))
		return forward->fd >= 0;
	const char *address = forward->plan->forward;
	forward->tried = monotonic_ns();
	forward->fd = strncmp(address, "udp:", 4) == 0 ? connect_udp(address + 4) : connect_unix(address);
	return forward->fd >= 0;
}

static size_t put_time(const char *form, char *out, size_t room)
{
	int64_t now = wall_ns();
	time_t second = now / SECOND;
	char stamp[STAMP_SIZE];
	struct tm tm;
	if (strcmp(form, "stamp") == 0)
		return strftime(out, room, "%b %e %H:%M:%S", localtime_r(&second, &tm));
	/* To the second or to the microsecond, in UTC. */
	format_time(stamp, now);
	size_t kept = strcmp(form, "micro") == 0 ? 26 : 19;
	return (size_t)snprintf(out, room, "%.*sZ", (int)kept, stamp);
}

/* The head of the plan, with the time in the place of %T. */
static size_t put_syslog_head(const struct plan *plan, int stream, char head[HEAD_ROOM])
{
	const char *text = stream == 2 ? plan->forward_err : plan->forward_out, *at = strstr(text, "%T");
	if (!at)
		return (size_t)snprintf(head, HEAD_ROOM, "%.*s", HEAD_ROOM / 2, text);
	size_t used = (size_t)snprintf(head, HEAD_ROOM / 2, "%.*s", (int)(at - text), text);
	used += put_time(plan->forward_time, head + used, 64);
	return used + (size_t)snprintf(head + used, HEAD_ROOM / 4, "%s", at + 2);
}

/* The journal's own protocol: KEY=VALUE lines, then the message with its size before it, as it may hold anything. */
static size_t put_journal_head(const struct plan *plan, int stream, size_t size, bool partial, char head[HEAD_ROOM])
{
	uint64_t little = size;
	size_t used = (size_t)snprintf(
		head, HEAD_ROOM, "PRIORITY=%d\n%s", stream == 2 ? 3 : 6, partial ? "CONTAINER_PARTIAL_MESSAGE=true\n" : "");
	for (const char **field = plan->forward_fields; field && *field; field++) {
		size_t length = strlen(*field);
		if (used + length + 32 > HEAD_ROOM)
			break;
		memcpy(head + used, *field, length);
		head[used + length] = '\n';
		used += length + 1;
	}
	memcpy(head + used, "MESSAGE\n", 8);
	memcpy(head + used + 8, &little, sizeof little);
	return used + 8 + sizeof little;
}

void forward_init(struct forward *forward, const struct plan *plan)
{
	*forward = (struct forward){.plan = plan, .fd = -1};
}

void forward_line(struct forward *forward, int stream, const char *data, size_t size, bool partial)
{
	const struct plan *plan = forward->plan;
	char head[HEAD_ROOM];
	if (!plan || !plan->forward)
		return;
	size_t used = plan->forward_fields ? put_journal_head(plan, stream, size, partial, head) : put_syslog_head(plan, stream, head);
	struct iovec parts[] = {{head, used}, {(void *)(uintptr_t)data, size}, {(char[]){'\n'}, 1}};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = 3};
	if (is_connected(forward) && sendmsg(forward->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
		return;
	forward->dropped++;
	if (forward->fd >= 0 && errno != EAGAIN && errno != EMSGSIZE) {
		close(forward->fd);
		forward->fd = -1;
	}
}
