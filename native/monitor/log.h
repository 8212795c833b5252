/* The log: Docker's json-file lines, rotated by rename. Never an obstacle: what a full disk refuses is dropped and counted. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "forward.h"
#include "plan.h"
#include "rotation.h"

/* A longer line is cut into records of this size; all but the last lack the newline, as Docker's do. */
#define LOG_LINE 16384

/* The beginning of a line whose end has not come yet. */
struct log_carry {
	char *data;
	size_t used, room;
};

struct log {
	int fd;
	const char *path, *attributes;
	uint64_t size, max_size;
	uint64_t dropped; /* lines */
	struct log_carry carry[2];
	struct rotation rotation;
	struct forward forward;
};

/* Appends to what is there. Without a path in the plan everything is a no-op. */
int log_open(struct log *log, const struct plan *plan, struct error *err);
/* `stream` is 1 or 2. */
void log_write(struct log *log, int stream, const char *data, size_t size);
/* End of output: unfinished lines go out as they are. */
void log_finish(struct log *log);
void log_close(struct log *log);
/* Gives memory back that the next quiet second does not need. */
void log_trim(struct log *log);
