/* The records of a pax header. */
#include <stdlib.h>

#include "../layer/tar.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct tar_extra extra;
	struct error err = {0};
	char *text = fuzz_text(data, size);
	extra = (struct tar_extra){0};
	pax_parse(&extra, text, size, &err);
	free(text);
	text = fuzz_text(data, size);
	pax_check_global(text, size, &err);
	free(text);
	return 0;
}
