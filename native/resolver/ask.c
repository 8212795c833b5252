/* The servers that know the rest of the world: the question goes on as it came, with an id of ours. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "resolver.h"
#include "util.h"

#define PENDING 512
/* Two tries at each server, then the next. */
#define PATIENCE_NS 3000000000LL
#define DNS_PORT 53

enum way { UDP, TCP };

struct pending {
	bool used;
	uint16_t id;
	enum way way;
	int socket;
	size_t server;
	int64_t deadline;
	struct asker asker;
	struct query query;
	uint8_t *data;
	size_t size;
};

/* `users` questions are under way to `server` by it. Its port is another whenever it has been idle. */
struct udp {
	size_t server;
	unsigned users;
};

struct tcp {
	struct pending *user;
	bool connected;
	size_t sent, used;
	uint8_t *in;
};

static struct pending pending[PENDING];
static struct udp udps[UDP_POOL];
static struct tcp tcps[TCP_POOL];

static int udp_fd(int socket)
{
	return FD_POOL + socket;
}

static int tcp_fd(int socket)
{
	return FD_POOL + UDP_POOL + socket;
}

/* An address as the sockets of the pool have it: they are of IPv6 and take IPv4 as ::ffff:A.B.C.D, where the kernel has IPv6. */
static socklen_t server_address(const char *text, struct sockaddr_storage *address)
{
	static int family;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)address;
	struct sockaddr_in *four = (struct sockaddr_in *)address;
	socklen_t size = sizeof family;
	if (!family && getsockopt(FD_POOL, SOL_SOCKET, SO_DOMAIN, &family, &size) < 0)
		return 0;
	*address = (struct sockaddr_storage){0};
	if (family == AF_INET) {
		*four = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(DNS_PORT)};
		return inet_pton(AF_INET, text, &four->sin_addr) == 1 ? sizeof *four : 0;
	}
	*six = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(DNS_PORT)};
	if (inet_pton(AF_INET6, text, &six->sin6_addr) == 1)
		return sizeof *six;
	six->sin6_addr.s6_addr[10] = six->sin6_addr.s6_addr[11] = 0xff;
	return inet_pton(AF_INET, text, six->sin6_addr.s6_addr + 12) == 1 ? sizeof *six : 0;
}

static int connect_to(int fd, size_t server)
{
	struct sockaddr_storage address;
	const char *text = book_server(&book, server);
	socklen_t size = text ? server_address(text, &address) : 0;
	struct sockaddr none = {.sa_family = AF_UNSPEC};
	if (size == 0)
		return -1;
	(void)connect(fd, &none, sizeof none);
	return connect(fd, (struct sockaddr *)&address, size) < 0 && errno != EINPROGRESS ? -1 : 0;
}

static void release(struct pending *one)
{
	if (one->socket >= 0 && one->way == UDP)
		udps[one->socket].users--;
	if (one->socket >= 0 && one->way == TCP) {
		struct sockaddr none = {.sa_family = AF_UNSPEC};
		(void)connect(tcp_fd(one->socket), &none, sizeof none);
		free(tcps[one->socket].in);
		tcps[one->socket] = (struct tcp){0};
	}
	one->socket = -1;
}

static void finish(struct pending *one)
{
	release(one);
	free(one->data);
	*one = (struct pending){0};
}

static int pick_udp(size_t server)
{
	int best = -1;
	for (int i = 0; i < UDP_POOL; i++) {
		if (udps[i].users == 0)
			return i;
		if (udps[i].server == server && (best < 0 || udps[i].users < udps[best].users))
			best = i;
	}
	return best;
}

static int send_udp(struct pending *one)
{
	int socket = pick_udp(one->server);
	if (socket < 0)
		return -1;
	if (udps[socket].users == 0 && connect_to(udp_fd(socket), one->server) < 0)
		return -1;
	udps[socket].server = one->server;
	udps[socket].users++;
	one->socket = socket;
	return send(udp_fd(socket), one->data, one->size, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -1 : 0;
}

static int start_tcp(struct pending *one)
{
	for (int i = 0; i < TCP_POOL; i++)
		if (!tcps[i].user) {
			if (connect_to(tcp_fd(i), one->server) < 0)
				return -1;
			tcps[i] = (struct tcp){.user = one};
			one->socket = i;
			return 0;
		}
	return -1;
}

static void draw_id(struct pending *one)
{
	if (getrandom(&one->id, sizeof one->id, 0) != sizeof one->id)
		one->id ^= (uint16_t)monotonic_ns();
	one->data[0] = (uint8_t)(one->id >> 8);
	one->data[1] = (uint8_t)one->id;
}

/* To the server of its number, or the next that can be asked; when there is none, the asker is told. */
static void try_servers(struct pending *one)
{
	for (; book_server(&book, one->server); one->server++) {
		draw_id(one);
		one->deadline = monotonic_ns() + PATIENCE_NS;
		if ((one->way == TCP ? start_tcp(one) : send_udp(one)) == 0)
			return;
		release(one);
	}
	one->data[0] = (uint8_t)(one->query.id >> 8);
	one->data[1] = (uint8_t)one->query.id;
	serve_refusal(one->data, &one->query, RCODE_FAILURE, &one->asker);
	finish(one);
}

static void try_next(struct pending *one)
{
	release(one);
	one->server++;
	try_servers(one);
}

/* A network without a way out is not to talk to the world by asking for names, either: it has no servers. */
void ask_servers(const uint8_t *data, size_t size, const struct query *query, const struct asker *asker)
{
	struct pending *one = pending;
	while (one < pending + PENDING && one->used)
		one++;
	uint8_t *copy = one < pending + PENDING && book_server(&book, 0) ? malloc(size) : NULL;
	if (!copy) {
		serve_refusal(data, query, RCODE_FAILURE, asker);
		return;
	}
	memcpy(copy, data, size);
	*one = (struct pending){.used = true,
		.way = asker->client < 0 ? UDP : TCP,
		.socket = -1,
		.asker = *asker,
		.query = *query,
		.data = copy,
		.size = size};
	try_servers(one);
}

void ask_forget(int client)
{
	for (int i = 0; i < PENDING; i++)
		if (pending[i].used && pending[i].asker.client == client)
			finish(&pending[i]);
}

/* The answer to one of ours goes to its asker; a server that fails gives the turn to the next. */
static void take_answer(struct pending *one, uint8_t *data, size_t size)
{
	int rcode = packet_rcode(data);
	bool failed = rcode == RCODE_FAILURE || rcode == RCODE_REFUSED || rcode == RCODE_UNKNOWN;
	if (failed && book_server(&book, one->server + 1)) {
		try_next(one);
		return;
	}
	data[0] = (uint8_t)(one->query.id >> 8);
	data[1] = (uint8_t)one->query.id;
	serve_reply(&one->asker, data, size);
	finish(one);
}

static bool is_answer(const struct pending *one, const uint8_t *data, size_t size)
{
	return packet_answers(data, size, one->id, one->data + HEADER_SIZE, one->query.question_end - HEADER_SIZE);
}

static void read_udp(int socket)
{
	static uint8_t data[MESSAGE_SIZE];
	ssize_t n = recv(udp_fd(socket), data, sizeof data, MSG_DONTWAIT);
	bool refused = n < 0 && errno != EAGAIN && errno != EINTR;
	for (int i = 0; i < PENDING; i++) {
		struct pending *one = &pending[i];
		if (!one->used || one->way != UDP || one->socket != socket)
			continue;
		if (refused) {
			try_next(one);
		} else if (n > 0 && is_answer(one, data, (size_t)n)) {
			take_answer(one, data, (size_t)n);
			return;
		}
	}
}

static int send_tcp(struct tcp *tcp, int fd)
{
	const struct pending *one = tcp->user;
	uint8_t head[2] = {(uint8_t)(one->size >> 8), (uint8_t)one->size};
	struct iovec parts[2] = {{head, 2}, {one->data, one->size}};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
	/* A question is small: a socket that cannot take it at once is as good as closed. */
	if (sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)one->size + 2)
		return -1;
	tcp->connected = true;
	tcp->in = malloc(MESSAGE_SIZE + 2);
	return tcp->in ? 0 : -1;
}

/* Returns 1 when the answer is whole, 0 when more is to come, -1 when none is. */
static int read_tcp(struct tcp *tcp, int fd)
{
	size_t wanted = tcp->used < 2 ? 2 : 2u + (size_t)(tcp->in[0] << 8 | tcp->in[1]);
	ssize_t n = recv(fd, tcp->in + tcp->used, wanted - tcp->used, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0)
		return -1;
	tcp->used += (size_t)n;
	return tcp->used > 2 && tcp->used == 2u + (size_t)(tcp->in[0] << 8 | tcp->in[1]);
}

static void tcp_ready(struct tcp *tcp, int fd)
{
	struct pending *one = tcp->user;
	int result = tcp->connected ? read_tcp(tcp, fd) : send_tcp(tcp, fd);
	if (result < 0 || (result > 0 && !is_answer(one, tcp->in + 2, tcp->used - 2))) {
		try_next(one);
		return;
	}
	if (result == 0)
		return;
	uint8_t *data = tcp->in;
	size_t size = tcp->used - 2;
	tcp->in = NULL;
	take_answer(one, data + 2, size);
	free(data);
}

size_t ask_polls(struct pollfd *polls, int64_t *deadline)
{
	for (int i = 0; i < UDP_POOL; i++)
		polls[i] = (struct pollfd){.fd = udps[i].users ? udp_fd(i) : -1, .events = POLLIN};
	for (int i = 0; i < TCP_POOL; i++)
		polls[UDP_POOL + i] = (struct pollfd){.fd = tcps[i].user ? tcp_fd(i) : -1, .events = tcps[i].connected ? POLLIN : POLLOUT};
	for (int i = 0; i < PENDING; i++)
		if (pending[i].used && pending[i].deadline < *deadline)
			*deadline = pending[i].deadline;
	return UDP_POOL + TCP_POOL;
}

void ask_ready(const struct pollfd *polls, int64_t now)
{
	for (int i = 0; i < UDP_POOL; i++)
		if (polls[i].revents && udps[i].users)
			read_udp(i);
	for (int i = 0; i < TCP_POOL; i++)
		if (polls[UDP_POOL + i].revents && tcps[i].user)
			tcp_ready(&tcps[i], tcp_fd(i));
	for (int i = 0; i < PENDING; i++)
		if (pending[i].used && pending[i].deadline <= now)
			try_next(&pending[i]);
}
