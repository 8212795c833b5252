/* What exec and update read: a process, and resources. */
#include <stdlib.h>

#include "../runtime/spec.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err = {0};
	struct arena arena = {0};
	struct reader r = {.arena = &arena, .err = &err};
	struct process process = {0};
	struct resources resources = {0};
	char *text = fuzz_text(data, size);
	json_t *json = json_parse(text, size, "fuzz", &err);
	if (json) {
		spec_read_process(&r, json, "process", &process);
		spec_read_user_annotations(&r, read_object(&r, json, "process", "annotations"), &process);
		r.failed = false;
		spec_read_resources(&r, json, "resources", &resources);
	}
	json_decref(json);
	free(text);
	arena_finish(&arena);
	return 0;
}
