/* The one writer of tars: POSIX ustar, with pax records for what a header cannot hold. The same entries give the same bytes. */
#pragma once

#include "tar.h"

struct archive {
	struct ring *ring; /* filled here; who reads it hashes and writes */
	uint8_t *slot;
	size_t used;
	uint64_t bytes;
	bool is_refused; /* who reads the ring gave up, and has said why */
};

/* Header of an entry, whose data of `entry->size` bytes must follow by archive_data(). Times are cut to seconds. -1: a reader gave up. */
int archive_entry(struct archive *archive, const struct tar_entry *entry, struct error *err);
int archive_data(struct archive *archive, const void *data, size_t size, struct error *err);
int archive_zeros(struct archive *archive, uint64_t count, struct error *err);
/* What is missing to whole blocks after `size` bytes of data. */
int archive_pad(struct archive *archive, uint64_t size, struct error *err);
/* The end of the archive, and of the ring. */
int archive_end(struct archive *archive, struct error *err);
