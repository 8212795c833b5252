/* The files that a log has filled: json.log becomes json.log.1, that one json.log.2, and so on; the oldest goes. With a filter they are
 * made smaller, one at a time and beside the log: json.log.1 becomes json.log.1.gz. */
#pragma once

#include <stdint.h>

#include "job.h"

struct rotation {
	const char *path;
	uint64_t max_files;
	const char *const *compress; /* argv, or NULL */
	struct job job;
	uint64_t compressing; /* the number of the file that the job is at, or 0 */
};

/* Takes up what an earlier monitor has left plain. */
void rotation_init(struct rotation *rotation, const char *path, uint64_t max_files, const char *const *compress);
/* The newest file gets its number. */
void rotation_shift(struct rotation *rotation);
/* The next plain file, if the job is free. */
void rotation_compress(struct rotation *rotation);
