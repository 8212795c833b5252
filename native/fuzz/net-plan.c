/* The plan of a network. */
#include "../net/plan.h"

#include <stdio.h>
#include <unistd.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err = {0};
	struct plan plan = {0};
	char path[32];
	int fd = fuzz_file(data, size);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	plan_read(&plan, path, &err);
	plan_finish(&plan);
	close(fd);
	return 0;
}
