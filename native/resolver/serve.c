/* The askers: datagrams, and a few clients of TCP at a time. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "resolver.h"
#include "util.h"

/* A batch of datagrams at a time, so that TCP gets its turn. */
#define BURST 32
#define PATIENCE_NS 10000000000LL

/* One question at a time: what comes after it waits in the socket. */
static struct client {
	int fd;
	int64_t deadline;
	uint8_t *in, *out;
	size_t in_used, out_used, out_size;
	bool busy;
} clients[CLIENTS];

static struct answer answer;

static void drop_client(struct client *client)
{
	if (client->busy)
		ask_forget((int)(client - clients));
	close(client->fd);
	free(client->in);
	free(client->out);
	*client = (struct client){0};
}

static void flush_client(struct client *client)
{
	while (client->out_used < client->out_size) {
		ssize_t n = send(client->fd, client->out + client->out_used, client->out_size - client->out_used, MSG_NOSIGNAL);
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0) {
			drop_client(client);
			return;
		}
		client->out_used += (size_t)n;
	}
	free(client->out);
	client->out = NULL;
	client->out_used = client->out_size = 0;
}

static void reply_client(struct client *client, const uint8_t *data, size_t size)
{
	client->busy = false;
	client->out = malloc(size + 2);
	if (!client->out) {
		drop_client(client);
		return;
	}
	client->out[0] = (uint8_t)(size >> 8);
	client->out[1] = (uint8_t)size;
	memcpy(client->out + 2, data, size);
	client->out_size = size + 2;
	flush_client(client);
}

void serve_reply(const struct asker *asker, const uint8_t *data, size_t size)
{
	if (asker->client < 0)
		sendto(FD_UDP, data, size, MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr *)&asker->address, asker->address_size);
	else if (clients[asker->client].busy)
		reply_client(&clients[asker->client], data, size);
}

static size_t room_for(const struct query *query, const struct asker *asker)
{
	return asker->client < 0 ? query->udp_size : MESSAGE_SIZE;
}

void serve_refusal(const uint8_t *data, const struct query *query, int rcode, const struct asker *asker)
{
	answer_begin(&answer, data, query, rcode, room_for(query, asker));
	answer_end(&answer, query);
	serve_reply(asker, answer.data, answer.used);
}

/* Containers of one name take turns at being the first. */
static void put_addresses(uint16_t type, const struct address *list, size_t count)
{
	static unsigned turn;
	size_t size = type == TYPE_A ? 4 : 16, start = count ? turn++ % count : 0;
	int family = type == TYPE_A ? AF_INET : AF_INET6;
	for (size_t i = 0; i < count; i++) {
		const struct address *address = &list[(start + i) % count];
		if (address->family == family && !answer_address(&answer, type, address->bytes, size))
			return;
	}
}

/* Whether the book knows; an address that is not ours is others' to name. */
static bool answer_from_book(const uint8_t *data, const struct query *query, const struct asker *asker)
{
	static struct address list[2048];
	char name[NAME_WIRE + 1];
	uint8_t bytes[16];
	bool known = false;
	size_t count = 0, size = query->type == TYPE_PTR ? parse_reverse(query->name, bytes) : 0;
	book_refresh(&book);
	if (size)
		known = book_name(&book, bytes, size, name, sizeof name);
	else if (*query->name)
		count = book_find(&book, query->name, list, sizeof list / sizeof *list, &known);
	if (!known)
		return false;
	answer_begin(&answer, data, query, RCODE_OK, room_for(query, asker));
	if (size)
		answer_pointer(&answer, name);
	else if (query->type == TYPE_A || query->type == TYPE_AAAA)
		put_addresses(query->type, list, count);
	answer_end(&answer, query);
	serve_reply(asker, answer.data, answer.used);
	return true;
}

void serve_query(const uint8_t *data, size_t size, const struct asker *asker)
{
	struct query query;
	int rcode = packet_read(data, size, &query);
	if (rcode < 0)
		return;
	if (rcode != RCODE_OK)
		serve_refusal(data, &query, rcode, asker);
	else if (!answer_from_book(data, &query, asker))
		ask_servers(data, size, &query, asker);
}

static void read_datagrams(void)
{
	static uint8_t data[UDP_MOST];
	for (int i = 0; i < BURST; i++) {
		struct asker asker = {.client = -1, .address_size = sizeof asker.address};
		ssize_t n = recvfrom(
			FD_UDP, data, sizeof data, MSG_DONTWAIT | MSG_TRUNC, (struct sockaddr *)&asker.address, &asker.address_size);
		if (n < 0)
			return;
		if ((size_t)n <= sizeof data)
			serve_query(data, (size_t)n, &asker);
	}
}

/* The longest silent one makes room for a new one. */
static struct client *free_client(void)
{
	struct client *oldest = clients;
	for (int i = 0; i < CLIENTS; i++) {
		if (!clients[i].fd)
			return &clients[i];
		if (clients[i].deadline < oldest->deadline)
			oldest = &clients[i];
	}
	drop_client(oldest);
	return oldest;
}

static void accept_client(int64_t now)
{
	int fd = accept4(FD_TCP, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return;
	struct client *client = free_client();
	*client = (struct client){.fd = fd, .deadline = now + PATIENCE_NS, .in = malloc(MESSAGE_SIZE + 2)};
	if (!client->in)
		drop_client(client);
}

static void read_client(struct client *client, int64_t now)
{
	size_t wanted = client->in_used < 2 ? 2 : 2u + (size_t)(client->in[0] << 8 | client->in[1]);
	ssize_t n = recv(client->fd, client->in + client->in_used, wanted - client->in_used, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		drop_client(client);
		return;
	}
	client->in_used += (size_t)n;
	client->deadline = now + PATIENCE_NS;
	if (client->in_used < 2 || client->in_used < 2u + (size_t)(client->in[0] << 8 | client->in[1]))
		return;
	struct asker asker = {.client = (int)(client - clients)};
	size_t size = client->in_used - 2;
	client->in_used = 0;
	client->busy = true;
	serve_query(client->in + 2, size, &asker);
}

size_t serve_polls(struct pollfd *polls, int64_t *deadline)
{
	polls[0] = (struct pollfd){.fd = FD_UDP, .events = POLLIN};
	polls[1] = (struct pollfd){.fd = FD_TCP, .events = POLLIN};
	for (int i = 0; i < CLIENTS; i++) {
		const struct client *client = &clients[i];
		short events = client->out ? POLLOUT : client->busy ? 0 : POLLIN;
		polls[i + 2] = (struct pollfd){.fd = client->fd ? client->fd : -1, .events = events};
		if (client->fd && client->deadline < *deadline)
			*deadline = client->deadline;
	}
	return CLIENTS + 2;
}

void serve_ready(const struct pollfd *polls, int64_t now)
{
	for (int i = 0; i < CLIENTS; i++) {
		struct client *client = &clients[i];
		short events = polls[i + 2].revents;
		if (!client->fd || polls[i + 2].fd != client->fd)
			continue;
		if (events & POLLOUT)
			flush_client(client);
		else if (events & POLLIN)
			read_client(client, now);
		else if (events & (POLLERR | POLLHUP) || client->deadline <= now)
			drop_client(client);
	}
	if (polls[0].revents)
		read_datagrams();
	if (polls[1].revents)
		accept_client(now);
}
