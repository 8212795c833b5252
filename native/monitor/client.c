/* Connections: they come, say what they want, and go. */
#include "client.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "queue.h"
#include "streams.h"
#include "util.h"

#define MAX_CLIENTS 256
#define SOCKET_NAME "monitor.sock"

static struct client *clients;
static unsigned client_count;
static struct watch listener = {.fd = -1};
static struct client_handlers handle;

static void client_ready(struct watch *watch, uint32_t events);

static void leave(struct client *client)
{
	struct streams *streams = client->streams;
	if (!streams)
		return;
	for (struct client **at = &streams->clients; *at; at = &(*at)->next_joined)
		if (*at == client) {
			*at = client->next_joined;
			break;
		}
	client->streams = NULL;
	client->holds = false;
	if (client->owns_input)
		streams_end_input(streams);
	streams_update(streams);
}

static void client_close(struct client *client)
{
	for (struct client **at = &clients; *at; at = &(*at)->next)
		if (*at == client) {
			*at = client->next;
			break;
		}
	client_count--;
	watch_close(&client->watch);
	leave(client);
	handle.on_gone(client);
	queue_drop(client);
	fields_finish(&client->request);
	free(client->payload);
	free(client);
}

void client_join(struct client *client, struct streams *streams)
{
	client->streams = streams;
	client->next_joined = streams->clients;
	streams->clients = client;
	client->input_waits = client->input && streams->pending;
	if (streams->replays && streams->replay.used) {
		const struct replay *replay = &streams->replay;
		for (size_t done = 0; done < replay->used;) {
			size_t at = (replay->start + done) % replay->room, part = replay->used - done;
			if (part > replay->room - at)
				part = replay->room - at;
			if (part > OUTPUT_LIMIT)
				part = OUTPUT_LIMIT;
			client_send(client, FRAME_OUTPUT, 1, replay->data + at, part);
			done += part;
		}
	}
	client_update_events(client);
}

static void take_input(struct client *client, size_t size)
{
	if (!client->streams || !client->input)
		return;
	if (size)
		streams_write(client->streams, client->payload, size);
	else if (client->owns_input)
		streams_end_input(client->streams);
}

static void take_resize(struct client *client, struct fields *fields)
{
	const char *rows = fields_get(fields, "rows"), *cols = fields_get(fields, "cols");
	uint64_t r, c;
	if (client->streams && rows && cols && parse_u64(rows, 65535, &r) && parse_u64(cols, 65535, &c))
		streams_resize(client->streams, (unsigned)r, (unsigned)c);
}

/* Hands the payload over to the fields. */
static bool payload_fields(struct client *client, struct fields *fields, size_t size)
{
	char *text = client->payload;
	client->payload = NULL;
	return fields_parse(fields, text, size, NULL) == 0;
}

/* false: this is not our protocol. */
static bool take_frame(struct client *client, enum frame_type type, size_t size)
{
	cleanup_fields struct fields fields = {0};
	switch (type) {
	case FRAME_REQUEST:
		if (client->requested || !payload_fields(client, &client->request, size))
			return false;
		client->requested = true;
		handle.on_request(client);
		return true;
	case FRAME_BLOB:
		if (client->awaiting != AWAIT_EXEC)
			return false;
		client->awaiting = AWAIT_NOTHING;
		handle.on_blob(client, client->payload, size);
		return true;
	case FRAME_INPUT:
		if (!client->requested || size > OUTPUT_LIMIT)
			return false;
		take_input(client, size);
		return true;
	case FRAME_RESIZE:
		if (!client->requested || !payload_fields(client, &fields, size))
			return false;
		take_resize(client, &fields);
		return true;
	default:
		return false;
	}
}

static size_t frame_size(const struct client *client)
{
	const uint8_t *head = client->head;
	return head[0] | (size_t)head[1] << 8 | (size_t)head[2] << 16 | (size_t)head[3] << 24;
}

/* Where the next bytes belong: the head, then the payload. */
static ssize_t receive(struct client *client)
{
	if (client->have < FRAME_HEAD)
		return recv(client->watch.fd, client->head + client->have, FRAME_HEAD - client->have, MSG_DONTWAIT);
	size_t size = frame_size(client), got = client->have - FRAME_HEAD;
	return recv(client->watch.fd, client->payload + got, size - got, MSG_DONTWAIT);
}

/* Once the head is there: room for the payload, which has its bound. */
static bool prepare_payload(struct client *client)
{
	if (client->have != FRAME_HEAD || client->payload)
		return true;
	size_t size = frame_size(client);
	if (size > (client->awaiting == AWAIT_EXEC && client->head[4] == FRAME_BLOB ? BLOB_LIMIT : FRAME_LIMIT))
		return false;
	client->payload = malloc(size + 1);
	if (client->payload)
		client->payload[size] = 0;
	return client->payload;
}

/* false: gone, or talks nonsense. */
static bool receive_frames(struct client *client)
{
	while (!client->input_waits && !client->closing) {
		ssize_t n = receive(client);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN;
		if (n == 0)
			return false;
		client->have += (size_t)n;
		if (client->have < FRAME_HEAD)
			continue;
		if (!prepare_payload(client))
			return false;
		size_t size = frame_size(client);
		if (client->have < FRAME_HEAD + size)
			continue;
		client->have = 0;
		bool good = take_frame(client, client->head[4], size);
		free(client->payload);
		client->payload = NULL;
		if (!good)
			return false;
	}
	return true;
}

/* false: the peer has hung up. */
static bool discard(struct client *client)
{
	char bin[1024];
	ssize_t n;
	do
		n = recv(client->watch.fd, bin, sizeof bin, MSG_DONTWAIT);
	while (n > 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	/* ECONNRESET: it left without reading our last words. */
	if (n < 0)
		client->got_exit = false;
	return false;
}

static void client_ready(struct watch *watch, uint32_t events)
{
	struct client *client = container_of(watch, struct client, watch);
	bool alive = true;
	if (client->said_all)
		alive = discard(client);
	else if ((events & EPOLLIN) && !client->closing)
		alive = receive_frames(client);
	if (alive && (client->first || client->lost)) {
		alive = queue_send(client);
	}
	if (client->closing && !client->first && !client->lost && !client->said_all) {
		client->said_all = true;
		shutdown(watch->fd, SHUT_WR);
	}
	bool cut = (events & (EPOLLHUP | EPOLLERR)) && !(events & EPOLLIN);
	if (!alive || cut)
		client_close(client);
	else
		client_update_events(client);
}

static bool peer_may(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof peer;
	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && (peer.uid == 0 || peer.uid == geteuid());
}

static void accept_ready(struct watch *watch, uint32_t events)
{
	(void)events;
	cleanup_close int fd = accept4(watch->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0 || !peer_may(fd) || client_count >= MAX_CLIENTS)
		return;
	struct client *client = calloc(1, sizeof *client);
	if (!client)
		return;
	client->watch = (struct watch){.fd = -1, .ready = client_ready};
	if (watch_add(&client->watch, fd, EPOLLIN, NULL) < 0) {
		free(client);
		return;
	}
	steal_fd(&fd);
	client->next = clients;
	clients = client;
	client_count++;
}

int clients_listen(const struct client_handlers *handlers, struct error *err)
{
	/* By a relative name: the folder's path may be longer than a socket's can be. */
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = SOCKET_NAME};
	handle = *handlers;
	cleanup_close int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	unlink(SOCKET_NAME);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || chmod(SOCKET_NAME, 0600) < 0 || listen(fd, 64) < 0)
		return error_set(err, errno, "listen on %s", SOCKET_NAME);
	listener.ready = accept_ready;
	if (watch_add(&listener, fd, EPOLLIN, err) < 0)
		return -1;
	steal_fd(&fd);
	return 0;
}

void clients_unlisten(void)
{
	if (listener.fd < 0)
		return;
	watch_close(&listener);
	unlink(SOCKET_NAME);
}

struct client *clients_next(struct client *client)
{
	return client ? client->next : clients;
}

bool clients_none(void)
{
	return !clients;
}

void clients_output(struct streams *streams, uint8_t stream, const char *data, size_t size)
{
	for (struct client *client = streams->clients; client; client = client->next_joined)
		if (!client->closing)
			client_send(client, FRAME_OUTPUT, stream, data, size);
}

void clients_allow_input(struct streams *streams, bool allow)
{
	for (struct client *client = streams->clients; client; client = client->next_joined)
		if (client->input) {
			client->input_waits = !allow;
			client_update_events(client);
		}
}

bool clients_hold(const struct streams *streams)
{
	for (const struct client *client = streams->clients; client; client = client->next_joined)
		if (client->holds)
			return true;
	return false;
}

bool clients_pending(bool patient)
{
	for (const struct client *client = clients; client; client = client->next)
		if ((client->first || client->lost) && (!patient || client->lossless))
			return true;
	return false;
}

void clients_leave(struct streams *streams)
{
	while (streams->clients) {
		struct client *client = streams->clients;
		streams->clients = client->next_joined;
		client->streams = NULL;
		client->holds = false;
	}
}

void clients_close_all(void)
{
	while (clients)
		client_close(clients);
}
