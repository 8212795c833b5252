/* The monitor's plan. */
#include "../monitor/plan.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "fuzz.h"
#include "util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int folder = -1;
	static char path[] = "/dev/shm/hawser-fuzz-XXXXXX";
	struct error err = {0};
	struct plan plan = {0};
	if (folder < 0 && (!mkdtemp(path) || (folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0))
		abort();
	cleanup_close int fd = openat(folder, "plan", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write_all(fd, data, size) < 0)
		abort();
	plan_read(&plan, folder, &err);
	fields_finish(&plan.fields);
	const char **const lists[] = {plan.runtime_args, plan.log_compress, plan.exit_command, plan.labels};
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		free(lists[i]);
	unlinkat(folder, "plan", 0);
	return 0;
}
