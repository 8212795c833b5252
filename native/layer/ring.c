#include "ring.h"

#include <errno.h>
#include <stdlib.h>

int ring_init(struct ring *ring, struct error *err)
{
	*ring = (struct ring){.lock = PTHREAD_MUTEX_INITIALIZER, .moved = PTHREAD_COND_INITIALIZER};
	ring->memory = malloc((size_t)RING_SLOTS * RING_SLOT);
	return ring->memory ? 0 : error_set(err, ENOMEM, "buffers");
}

void ring_finish(struct ring *ring)
{
	free(ring->memory);
	ring->memory = NULL;
}

static bool ring_is_full(const struct ring *ring)
{
	for (int reader = 0; reader < RING_READERS; reader++)
		if (ring->filled >= ring->taken[reader] + RING_SLOTS)
			return true;
	return false;
}

uint8_t *ring_slot(struct ring *ring)
{
	pthread_mutex_lock(&ring->lock);
	while (!ring->aborted && ring_is_full(ring))
		pthread_cond_wait(&ring->moved, &ring->lock);
	uint8_t *slot = ring->aborted ? NULL : ring->memory + (ring->filled % RING_SLOTS) * RING_SLOT;
	pthread_mutex_unlock(&ring->lock);
	return slot;
}

void ring_publish(struct ring *ring, size_t used)
{
	pthread_mutex_lock(&ring->lock);
	ring->used[ring->filled % RING_SLOTS] = used;
	ring->filled++;
	pthread_cond_broadcast(&ring->moved);
	pthread_mutex_unlock(&ring->lock);
}

void ring_end(struct ring *ring, const struct error *failure)
{
	pthread_mutex_lock(&ring->lock);
	ring->ended = true;
	if (failure) {
		ring->failed = true;
		ring->error = *failure;
	}
	pthread_cond_broadcast(&ring->moved);
	pthread_mutex_unlock(&ring->lock);
}

int ring_take(struct ring *ring, int reader, const uint8_t **data, size_t *size, struct error *err)
{
	pthread_mutex_lock(&ring->lock);
	while (!ring->aborted && !ring->ended && ring->taken[reader] == ring->filled)
		pthread_cond_wait(&ring->moved, &ring->lock);
	int result = 0;
	if (ring->aborted) {
		result = error_set(err, 0, "the other reader gave up");
	} else if (ring->taken[reader] < ring->filled) {
		size_t slot = ring->taken[reader] % RING_SLOTS;
		*data = ring->memory + slot * RING_SLOT;
		*size = ring->used[slot];
		result = 1;
	} else if (ring->failed) {
		*err = ring->error;
		result = -1;
	}
	pthread_mutex_unlock(&ring->lock);
	return result;
}

void ring_release(struct ring *ring, int reader)
{
	pthread_mutex_lock(&ring->lock);
	ring->taken[reader]++;
	pthread_cond_broadcast(&ring->moved);
	pthread_mutex_unlock(&ring->lock);
}

void ring_retire(struct ring *ring, int reader)
{
	pthread_mutex_lock(&ring->lock);
	ring->taken[reader] = UINT64_MAX / 2;
	pthread_mutex_unlock(&ring->lock);
}

void ring_abort(struct ring *ring)
{
	pthread_mutex_lock(&ring->lock);
	ring->aborted = true;
	pthread_cond_broadcast(&ring->moved);
	pthread_mutex_unlock(&ring->lock);
}
