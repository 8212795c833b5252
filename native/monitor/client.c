#include "client.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>

#include "streams.h"
#include "util.h"

#define QUEUE_LIMIT (1024 * 1024)
/* A lossless reader stops the program at HOLD queued bytes and lets it go on at RELEASE. */
#define HOLD (256 * 1024)
#define RELEASE (64 * 1024)
#define MAX_CLIENTS 256
#define SOCKET_NAME "monitor.sock"

/* A frame, head and all. Small pieces of output join the one before while it waits. */
struct chunk {
	struct chunk *next;
	size_t size, room;
	bool output;
	uint8_t data[];
};
#define CHUNK_ROOM 4000

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

static void drop_queue(struct client *client)
{
	for (struct chunk *chunk = client->first; chunk;) {
		struct chunk *next = chunk->next;
		free(chunk);
		chunk = next;
	}
	client->first = client->last = NULL;
	client->queued = client->sent = 0;
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
	drop_queue(client);
	fields_finish(&client->request);
	free(client->payload);
	free(client);
}

/* What we want to hear of: input unless its reader is behind, and room to send when there is something to send. EPOLLPRI
 * never comes: it keeps the hang-up in our ears. */
static void update_events(struct client *client)
{
	bool sends = client->first || client->lost || client->closing;
	bool hears = client->said_all || (!client->input_waits && !client->closing);
	watch_change(&client->watch, (hears ? EPOLLIN : EPOLLPRI) | (sends && !client->said_all ? EPOLLOUT : 0));
}

static void update_hold(struct client *client)
{
	bool holds = client->lossless && client->streams && client->queued > (client->holds ? RELEASE : HOLD);
	if (holds == client->holds)
		return;
	client->holds = holds;
	streams_update(client->streams);
}

static void write_head(uint8_t head[FRAME_HEAD], enum frame_type type, uint8_t stream, size_t size)
{
	for (int i = 0; i < 4; i++)
		head[i] = (uint8_t)(size >> (8 * i));
	head[4] = type;
	head[5] = stream;
	head[6] = head[7] = 0;
}

/* Bytes that the socket took at once; -1 when the peer is gone. */
static ssize_t send_now(int fd, const uint8_t *head, const void *data, size_t size)
{
	struct iovec parts[2] = {{(void *)(uintptr_t)head, FRAME_HEAD}, {(void *)(uintptr_t)data, size}};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
	ssize_t n;
	do
		n = sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n >= 0 ? n : errno == EAGAIN || errno == ENOBUFS ? 0 : -1;
}

static bool join_last(struct client *client, uint8_t stream, const void *data, size_t size)
{
	struct chunk *last = client->last;
	if (!last || !last->output || last->data[5] != stream || last->size + size > last->room || (last == client->first && client->sent))
		return false;
	memcpy(last->data + last->size, data, size);
	last->size += size;
	client->queued += size;
	write_head(last->data, FRAME_OUTPUT, stream, last->size - FRAME_HEAD);
	return true;
}

static bool enqueue(struct client *client, const uint8_t *head, const void *data, size_t size, bool output)
{
	size_t room = output && size < CHUNK_ROOM ? CHUNK_ROOM : FRAME_HEAD + size;
	struct chunk *chunk = malloc(sizeof *chunk + room);
	if (!chunk)
		return false;
	*chunk = (struct chunk){.size = FRAME_HEAD + size, .room = room, .output = output};
	memcpy(chunk->data, head, FRAME_HEAD);
	if (size)
		memcpy(chunk->data + FRAME_HEAD, data, size);
	if (client->last)
		client->last->next = chunk;
	else
		client->first = chunk;
	client->last = chunk;
	client->queued += chunk->size;
	return true;
}

/* Drops the oldest output until `size` more fit; a frame that is half sent must stay. */
static void make_room(struct client *client, size_t size)
{
	struct chunk *before = client->sent ? client->first : NULL;
	while (client->queued + size > QUEUE_LIMIT) {
		struct chunk **at = before ? &before->next : &client->first, *chunk = *at;
		if (!chunk)
			return;
		if (!chunk->output) {
			before = chunk;
			continue;
		}
		*at = chunk->next;
		if (client->last == chunk)
			client->last = before;
		client->queued -= chunk->size;
		client->lost += chunk->size - FRAME_HEAD;
		free(chunk);
	}
}

void client_send(struct client *client, enum frame_type type, uint8_t stream, const void *data, size_t size)
{
	uint8_t head[FRAME_HEAD];
	write_head(head, type, stream, size);
	size_t sent = 0;
	if (!client->first && !client->lost) {
		ssize_t n = send_now(client->watch.fd, head, data, size);
		/* A peer that is gone is noticed by the loop, where it is safe to take it away. */
		if (n < 0 || (size_t)n == FRAME_HEAD + size)
			return;
		sent = (size_t)n;
	} else if (type == FRAME_OUTPUT) {
		if (!client->lossless && client->queued + size > QUEUE_LIMIT)
			make_room(client, size);
		if (join_last(client, stream, data, size)) {
			update_hold(client);
			return;
		}
	}
	if (!enqueue(client, head, data, size, type == FRAME_OUTPUT))
		client->lost += size;
	else if (sent)
		client->sent = sent;
	update_hold(client);
	update_events(client);
}

void client_send_fields(struct client *client, enum frame_type type, const struct fields_writer *writer)
{
	client_send(client, type, 0, writer->data, writer->used);
}

void client_ok(struct client *client)
{
	client_send(client, FRAME_OK, 0, "", 0);
}

void client_fail(struct client *client, int code, const char *kind, const char *format, ...)
{
	char message[ERROR_TEXT], text[ERROR_TEXT + 128];
	va_list args;
	va_start(args, format);
	vsnprintf(message, sizeof message, format, args);
	va_end(args);
	struct fields_writer writer = {text, sizeof text, 0, false};
	fields_put(&writer, "code", "%d", code);
	fields_put(&writer, "kind", "%s", kind);
	fields_put(&writer, "message", "%s", message);
	client_send_fields(client, FRAME_ERROR, &writer);
	client_finish(client);
}

void client_finish(struct client *client)
{
	client->closing = true;
	client->awaiting = AWAIT_NOTHING;
	/* Even with nothing queued: the loop closes it, not whoever is walking the list now. */
	update_events(client);
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
	update_events(client);
}

/* The note about a gap comes where the gap is: before what is still queued. */
static bool send_lost(struct client *client)
{
	char text[64];
	struct fields_writer writer = {text, sizeof text, 0, false};
	fields_put(&writer, "bytes", "%llu", (unsigned long long)client->lost);
	uint8_t head[FRAME_HEAD];
	write_head(head, FRAME_LOST, 0, writer.used);
	ssize_t n = send_now(client->watch.fd, head, text, writer.used);
	if (n <= 0)
		return n == 0;
	client->lost = 0;
	/* A socket that has room at all has room for this little, but the kernel promises nothing. */
	return (size_t)n == FRAME_HEAD + writer.used;
}

/* false: the peer is gone. */
static bool send_queue(struct client *client)
{
	while (client->first || client->lost) {
		if (client->lost && !client->sent) {
			if (!send_lost(client))
				return false;
			if (client->lost)
				return true;
			continue;
		}
		struct chunk *chunk = client->first;
		ssize_t n = send(client->watch.fd, chunk->data + client->sent, chunk->size - client->sent, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0)
			return errno == EAGAIN || errno == EINTR || errno == ENOBUFS;
		client->sent += (size_t)n;
		if (client->sent < chunk->size)
			return true;
		client->first = chunk->next;
		if (!client->first)
			client->last = NULL;
		client->queued -= chunk->size;
		client->sent = 0;
		free(chunk);
	}
	return true;
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
	if (size > FRAME_LIMIT)
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
	return n < 0 && (errno == EAGAIN || errno == EINTR);
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
		alive = send_queue(client);
		update_hold(client);
	}
	if (client->closing && !client->first && !client->lost && !client->said_all) {
		client->said_all = true;
		shutdown(watch->fd, SHUT_WR);
	}
	bool cut = (events & (EPOLLHUP | EPOLLERR)) && !(events & EPOLLIN);
	if (!alive || cut)
		client_close(client);
	else
		update_events(client);
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
			update_events(client);
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

void clients_close_all(void)
{
	while (clients)
		client_close(clients);
}
