/* Where a tar goes that is being made: two threads read it from the ring; one hashes it as it is, the other compresses it, hashes what
 * comes out and writes it. */
#pragma once

#include <isa-l/igzip_lib.h>
#include <pthread.h>
#include <zstd.h>

#include "hash.h"
#include "ring.h"

enum sink_form { SINK_PLAIN, SINK_GZIP, SINK_ZSTD };

struct sink {
	struct ring *ring;
	int fd;
	enum sink_form form;
	struct hash tar, blob;
	uint64_t size; /* of what was written */
	pthread_t hasher, writer;
	struct error error;
	bool failed;
	uint8_t *buffer, *level;
	struct isal_zstream gzip;
	ZSTD_CCtx *zstd;
};

/* Everything that is allocated: before the sandbox's door closes. */
int sink_init(struct sink *sink, struct ring *ring, int fd, enum sink_form form, struct error *err);
int sink_start(struct sink *sink, struct error *err);
/* Waits until all of the ring is written. */
int sink_finish(struct sink *sink, struct error *err);
