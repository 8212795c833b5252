/* Memory that lives as long as its owner and is freed in one go: the spec and the plan made from it. */
#pragma once

#include <stddef.h>

struct arena_block;
struct arena {
	struct arena_block *blocks;
};

/* Zeroed memory; ends the process when there is none left, since no step could go on without it. */
void *arena_alloc(struct arena *arena, size_t size);
char *arena_print(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
void arena_finish(struct arena *arena);
