/* The streams of one process: a terminal or pipes. What it prints goes to the log, to a replay buffer and to every
 * client that joined; what clients type goes to it. */
#pragma once

#include "log.h"
#include "loop.h"

struct client;

struct channel {
	struct watch watch;
	struct stdio *stdio;
	uint8_t stream;
};

/* The last bytes of a terminal, for whoever joins later. */
struct replay {
	char *data;
	size_t room, start, used;
};

struct stdio {
	struct channel out[2];
	struct watch input;
	/* Input that the process has not taken yet. */
	char *pending;
	size_t pending_size, pending_at;
	bool input_ends;
	bool tty;
	bool replays;
	struct replay replay;
	struct log *log;	/* or NULL */
	struct client *clients; /* joined, by next_joined */
	void (*drained)(struct stdio *stdio);
};

void stdio_init(struct stdio *stdio, struct log *log, bool replays, void (*drained)(struct stdio *stdio));
/* Makes the pipes; `child` gets the three ends for the process, to be closed by the caller. Without `input` stdin is /dev/null.
 * Nothing is read before stdio_update(): until the process runs, stderr has the runtime's words. */
int stdio_open_pipes(struct stdio *stdio, bool input, int child[3], struct error *err);
/* Takes the master side of a terminal over. */
int stdio_open_tty(struct stdio *stdio, int master, unsigned rows, unsigned cols, struct error *err);
/* No output is to come any more: all ends are closed. */
bool stdio_is_drained(const struct stdio *stdio);
/* Whether a client that must not lose anything keeps us from reading. */
bool stdio_is_held(const struct stdio *stdio);
void stdio_close(struct stdio *stdio);

void stdio_write(struct stdio *stdio, const char *data, size_t size);
/* Closes stdin once all that is pending is written; a terminal has no such end. */
void stdio_end_input(struct stdio *stdio);
void stdio_resize(struct stdio *stdio, unsigned rows, unsigned cols);
/* Reads from the process, or leaves it waiting, as its clients allow. */
void stdio_update(struct stdio *stdio);
/* What a failed start left on stderr; for messages only. */
void stdio_read_rest(struct stdio *stdio, char *text, size_t size);
/* Gives the shared buffer back once nothing was read since the last call; true when it did. */
bool stdio_trim(void);
