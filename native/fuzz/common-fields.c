/* Plans, statuses and requests: lines of a key and a value. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "fields.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err = {0};
	struct fields fields = {0};
	size_t at = 0;
	if (fields_parse(&fields, fuzz_text(data, size), size, &err) == 0)
		while (fields_next(&fields, "key", &at))
			;
	fields_finish(&fields);
	return 0;
}
