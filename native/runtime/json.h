/* Strict reading of JSON: every getter checks the type and names the place of what is wrong. The first failure sticks,
 * so a reader asks for all it wants and looks once. `null` counts as absent, as it does for Go programs. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "error.h"

struct reader {
	struct arena *arena;
	struct error *err;
	bool failed;
};

struct number {
	bool set;
	int64_t value;
};

struct strings {
	const char **list; /* NULL at its end, so that it serves as argv */
	size_t count;
};

/* A number of 64 bits without a sign. */
struct amount {
	bool set;
	uint64_t value;
};

/* Parses `size` bytes: one object and nothing after it, no double keys, no NUL. NULL on error. */
json_t *json_parse(const char *text, size_t size, const char *name, struct error *err);

void read_fail(struct reader *r, const char *where, const char *key, const char *what);

/* All of these give the empty value when the key is absent. Strings live as long as the JSON document. */
const char *read_string(struct reader *r, const json_t *object, const char *where, const char *key);
const char *read_required(struct reader *r, const json_t *object, const char *where, const char *key);
bool read_bool(struct reader *r, const json_t *object, const char *where, const char *key);
struct number read_number(struct reader *r, const json_t *object, const char *where, const char *key, int64_t min, int64_t max);
/* `all_ones`: -1 is taken too and means the highest number, as writers of limits have it. */
struct amount read_amount(struct reader *r, const json_t *object, const char *where, const char *key, bool all_ones);
const json_t *read_object(struct reader *r, const json_t *object, const char *where, const char *key);
const json_t *read_array(struct reader *r, const json_t *object, const char *where, const char *key);
/* The place of a word in `words`, which ends with NULL. */
struct number read_word(struct reader *r, const json_t *object, const char *where, const char *key, const char *const *words);
struct strings read_strings(struct reader *r, const json_t *object, const char *where, const char *key);

/* Element `index` of an array of objects, and its place ("mounts[3]"). */
const json_t *read_element(struct reader *r, const json_t *array, size_t index, const char *where, const char **place);
/* The place of a child: "linux" + "resources" gives "linux.resources". */
const char *read_place(struct reader *r, const char *where, const char *key);
