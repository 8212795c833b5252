/* Fields: lines of "key value\n", the form of plans, statuses, records and requests (docs/formats.md, "Fields"). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

#define FIELDS_LIMIT 65536

struct field {
	const char *key;
	const char *value;
};

/* The pairs point into `text`, which the fields own. Free with fields_finish(). */
struct fields {
	char *text;
	struct field *list;
	size_t count;
};

/* Takes over `text` (malloc'd, `size` bytes and a NUL) and cuts it up. Malformed lines are an error. */
int fields_parse(struct fields *fields, char *text, size_t size, struct error *err);
int fields_read_file(struct fields *fields, int dirfd, const char *path, struct error *err);
void fields_finish(struct fields *fields);
#define cleanup_fields __attribute__((cleanup(fields_finish)))

/* The value of the first such key, or NULL. */
const char *fields_get(const struct fields *fields, const char *key);

/* The next value of a repeated key; start with *at = 0. NULL at the end. */
const char *fields_next(const struct fields *fields, const char *key, size_t *at);

/* A writer into a fixed buffer; `full` is set when something did not fit. */
struct fields_writer {
	char *data;
	size_t room, used;
	bool full;
};
/* Appends "key value\n"; newlines and NULs in the value become spaces. */
void fields_put(struct fields_writer *writer, const char *key, const char *format, ...) __attribute__((format(printf, 3, 4)));
