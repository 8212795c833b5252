/* A ring of buffers between one thread that fills and two that read all of it: the hash and the tree. It keeps both cores busy on
 * one layer, and holds memory down: the one that fills waits for the slower reader. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

enum { RING_SLOTS = 8, RING_SLOT = 512 * 1024, RING_READERS = 2 };

struct ring {
	pthread_mutex_t lock;
	pthread_cond_t moved;
	uint8_t *memory;
	size_t used[RING_SLOTS];
	uint64_t filled, taken[RING_READERS];
	bool ended, failed, aborted;
	struct error error;
};

int ring_init(struct ring *ring, struct error *err);
void ring_finish(struct ring *ring);

/* For the one that fills: memory for RING_SLOT bytes, or NULL when a reader gave up. Then publish it with how much is in it;
 * all slots but the last are full. At the end ring_end(), with the error that ended it or NULL. */
uint8_t *ring_slot(struct ring *ring);
void ring_publish(struct ring *ring, size_t used);
void ring_end(struct ring *ring, const struct error *failure);

/* For reader number `reader`: 1 with the next bytes, 0 at the end, -1 when the filling failed. ring_release() gives them back. */
int ring_take(struct ring *ring, int reader, const uint8_t **data, size_t *size, struct error *err);
void ring_release(struct ring *ring, int reader);

/* A reader that reads nothing: nobody waits for it. */
void ring_retire(struct ring *ring, int reader);

/* A reader gives up: the one that fills stops, and the other reader too. */
void ring_abort(struct ring *ring);
