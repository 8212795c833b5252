/* The bytes of a blob: a part that came before, then the rest from a stream, kept in the part file as it comes; hashed all the way. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "error.h"
#include "hash.h"

#define SIZE_UNKNOWN UINT64_MAX

struct source {
	int file;   /* what is there already: `have` bytes of it are read first; -1 when nothing is */
	int stream; /* where the rest comes from; -1 when there is no rest */
	int save;   /* where the rest is kept as well; -1 when nowhere */
	pthread_mutex_t save_lock;
	int progress;
	uint64_t have;
	uint64_t size; /* what it must come to, or SIZE_UNKNOWN */
	uint64_t count;
	int64_t told;
	bool is_short; /* the stream broke off: what came is good */
	struct hash hash;
};

/* Up to `room` bytes; 0 at the end. Fewer or more bytes than `size` are an error. */
ssize_t source_read(struct source *source, void *data, size_t room, struct error *err);

/* What came is wrong, not just cut off: nobody shall go on from it. */
void source_spoil(struct source *source);

/* A line to the progress descriptor; a reader that went away does not matter. */
void progress_line(int fd, const char *format, ...) __attribute__((format(printf, 2, 3)));
