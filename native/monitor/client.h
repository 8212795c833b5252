/* One connection to monitor.sock: its frames in, its bounded queue of frames out (docs/formats.md, "monitor.sock"). */
#pragma once

#include <stdint.h>

#include "fields.h"
#include "loop.h"

struct streams;

enum frame_type { FRAME_REQUEST = 1, FRAME_OK, FRAME_ERROR, FRAME_OUTPUT, FRAME_EXIT, FRAME_INPUT, FRAME_RESIZE, FRAME_LOST, FRAME_BLOB };

#define FRAME_HEAD 8
#define FRAME_LIMIT 65536
/* A process has an environment and arguments, which may be long. */
#define BLOB_LIMIT (1024 * 1024)
#define OUTPUT_LIMIT 32768

struct chunk;

/* What a client waits to hear. */
enum awaiting { AWAIT_NOTHING, AWAIT_START, AWAIT_RESTART, AWAIT_PAUSE, AWAIT_UNPAUSE, AWAIT_EXEC };

struct client {
	struct watch watch;
	struct client *next, *next_joined;
	struct streams *streams; /* joined, or NULL */
	enum awaiting awaiting;
	bool requested, input, lossless, removes;
	bool wants_exit; /* EXIT when the container has ended for good */
	bool wants_end;	 /* EXIT when it ends next */
	bool input_waits, holds, got_exit, owns_input;
	bool closing;  /* when all is sent */
	bool said_all; /* it is: the peer has only to hang up */
	/* The request, kept until its BLOB has come. */
	struct fields request;
	/* The frame that is coming in. */
	uint8_t head[FRAME_HEAD];
	size_t have;
	char *payload;
	/* Frames that the socket did not take yet; `sent` bytes of the first are gone. */
	struct chunk *first, *last;
	size_t queued, sent;
	uint64_t lost;
};

/* What the rest of the monitor does with requests and departures. `payload` of on_blob is NUL-terminated. */
struct client_handlers {
	void (*on_request)(struct client *client);
	void (*on_blob)(struct client *client, const char *payload, size_t size);
	void (*on_gone)(struct client *client);
};

/* Opens monitor.sock in the current folder. */
int clients_listen(const struct client_handlers *handlers, struct error *err);
/* Takes the socket's name away; connected clients stay. */
void clients_unlisten(void);

/* Queues a frame, and sends what the socket takes now. */
void client_send(struct client *client, enum frame_type type, uint8_t stream, const void *data, size_t size);
void client_send_fields(struct client *client, enum frame_type type, const struct fields_writer *writer);
/* OK without fields. */
void client_ok(struct client *client);
/* `kind`: not-found, conflict, invalid, unavailable or internal. The connection closes once it is sent. */
void client_fail(struct client *client, int code, const char *kind, const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Hangs up when all that is queued has been sent; what the peer still sends is thrown away, lest it get an error in place of our
 * last words. */
void client_finish(struct client *client);
void client_join(struct client *client, struct streams *streams);

/* The clients in turn: start with NULL. One may be finished meanwhile, but not closed. */
struct client *clients_next(struct client *client);
bool clients_none(void);
/* Of those joined to `streams`. */
void clients_output(struct streams *streams, uint8_t stream, const char *data, size_t size);
void clients_allow_input(struct streams *streams, bool allow);
bool clients_hold(const struct streams *streams);
/* Whether something is still on its way to somebody; `patient` counts only readers that must not lose anything. */
bool clients_pending(bool patient);
void clients_close_all(void);
/* These streams go: nobody is joined to them any more. */
void clients_leave(struct streams *streams);
