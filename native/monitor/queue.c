/* The frames on their way to a client: sent at once where the socket takes them, else queued, within bounds. */
#include "queue.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "streams.h"
#include "util.h"

#define QUEUE_LIMIT (1024 * 1024)
/* A lossless reader stops the program at HOLD queued bytes and lets it go on at RELEASE. */
#define HOLD (256 * 1024)
#define RELEASE (64 * 1024)

/* A frame, head and all. Small pieces of output join the one before while it waits. */
struct chunk {
	struct chunk *next;
	size_t size, room;
	bool output;
	uint8_t data[];
};
#define CHUNK_ROOM 4000

/* What we want to hear of: input unless its reader is behind, and room to send when there is something to send. EPOLLPRI
 * never comes: it keeps the hang-up in our ears. */
void client_update_events(struct client *client)
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
	client_update_events(client);
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
	client_update_events(client);
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
static bool send_chunks(struct client *client)
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
		/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): without a word about loss there is a chunk. */
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

bool queue_send(struct client *client)
{
	bool alive = send_chunks(client);
	update_hold(client);
	return alive;
}

void queue_drop(struct client *client)
{
	for (struct chunk *chunk = client->first; chunk;) {
		struct chunk *next = chunk->next;
		free(chunk);
		chunk = next;
	}
	client->first = client->last = NULL;
	client->queued = client->sent = 0;
}
