/* config.json, as any client or image tool may write it; and the seccomp part, down to the filter. */
#include <stdlib.h>

#include "../runtime/seccomp_compile.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err = {0};
	struct spec spec = {0};
	struct filter filter = {0};
	char *text = fuzz_text(data, size);
	if (spec_parse(&spec, text, size, &err) == 0 && spec.seccomp && filter_flags(spec.seccomp, &spec.arena, &filter, &err) == 0)
		filter_compile(spec.seccomp, &spec.arena, &filter, &err);
	free(filter.code);
	free(text);
	spec_finish(&spec);
	return 0;
}
