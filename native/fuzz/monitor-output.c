/* What a container prints, on its way into the log. */
#include <stdlib.h>
#include <string.h>

#include "../monitor/json.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), *out = malloc(size * JSON_GROWTH + 1);
	size_t unfinished = utf8_unfinished(text, size);
	if (!out || unfinished > 3 || unfinished > size)
		abort();
	char *end = json_escape(out, text, size);
	for (char *at = out; at < end; at++)
		if ((unsigned char)*at < 0x20 || (*at == '"' && (at == out || at[-1] != '\\')))
			abort();
	free(out);
	free(text);
	return 0;
}
