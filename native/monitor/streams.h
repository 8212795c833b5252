/* The streams of one process: a terminal or pipes. What it prints goes to the log, to a replay buffer and to every
 * client that joined; what clients type goes to it. */
#pragma once

#include "log.h"
#include "loop.h"

struct client;

struct channel {
	struct watch watch;
	struct streams *streams;
	uint8_t stream;
};

/* The last bytes of a terminal, for whoever joins later. */
struct replay {
	char *data;
	size_t room, start, used;
};

/* The first bytes that a process prints, on either stream. */
struct head {
	char *data;
	size_t room, used;
	bool cut; /* there were more */
};

struct streams {
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
	struct head *head;	/* or NULL */
	struct client *clients; /* joined, by next_joined */
	void (*drained)(struct streams *streams);
};

void streams_init(struct streams *streams, struct log *log, bool replays, void (*drained)(struct streams *streams));
/* Makes the pipes; `child` gets the three ends for the process, to be closed by the caller. Without `input` stdin is /dev/null.
 * Nothing is read before streams_update(): until the process runs, stderr has the runtime's words. */
int streams_open_pipes(struct streams *streams, bool input, int child[3], struct error *err);
/* Takes the master side of a terminal over. */
int streams_open_tty(struct streams *streams, int master, unsigned rows, unsigned cols, struct error *err);
/* Takes over what a predecessor had open; -1 where there is nothing. */
void streams_adopt(struct streams *streams, const struct streams *old, bool tty);
/* No output is to come any more: all ends are closed. */
bool streams_is_drained(const struct streams *streams);
/* Whether a client that must not lose anything keeps us from reading. */
bool streams_is_held(const struct streams *streams);
void streams_close(struct streams *streams);

void streams_write(struct streams *streams, const char *data, size_t size);
/* Closes stdin once all that is pending is written; a terminal has no such end. */
void streams_end_input(struct streams *streams);
void streams_resize(struct streams *streams, unsigned rows, unsigned cols);
/* Reads from the process, or leaves it waiting, as its clients allow. */
void streams_update(struct streams *streams);
/* What a failed start left on stderr; for messages only. */
void streams_read_rest(struct streams *streams, char *text, size_t size);
/* Gives the shared buffer back once nothing was read since the last call; true when it did. */
bool streams_trim(void);
