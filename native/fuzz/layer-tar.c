/* A layer's tar. */
#include "../layer/tar.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

static void fill(struct ring *ring, const uint8_t *data, size_t size)
{
	for (size_t done = 0; done < size;) {
		uint8_t *slot = ring_slot(ring);
		size_t part = size - done < RING_SLOT ? size - done : RING_SLOT;
		if (!slot)
			break;
		memcpy(slot, data + done, part);
		ring_publish(ring, part);
		done += part;
	}
	ring_end(ring, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err = {0};
	struct ring ring;
	struct tar tar;
	struct tar_entry *entry = malloc(sizeof *entry);
	const uint8_t *part;
	size_t length;
	/* All fits into the ring, so that no second thread is wanted. */
	if (!entry || size > (size_t)RING_SLOT * (RING_SLOTS - 1) || ring_init(&ring, &err) < 0) {
		free(entry);
		return 0;
	}
	ring_retire(&ring, 1);
	fill(&ring, data, size);
	if (tar_init(&tar, &ring, 0, 1 << 30, &err) == 0) {
		while (tar_next(&tar, entry, &err) > 0)
			while (tar_data(&tar, &part, &length, &err) > 0)
				;
		tar_finish(&tar);
	}
	ring_finish(&ring);
	free(entry);
	return 0;
}
