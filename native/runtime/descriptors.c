/* Whatever a step still holds of the host is closed before the container could look at the process that holds it. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "container.h"

static int by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

int descriptors_keep(const struct container *c, struct error *err)
{
	int keep[] = {c->sync_child, c->start_fd, c->started_fd, c->rootfs, c->proc_fd, c->terminal_fd, c->cwd_fd, c->console_fd, c->pidfd};
	const size_t count = sizeof keep / sizeof *keep;
	int from = 3 + c->launch.preserve_fds;
	qsort(keep, count, sizeof *keep, by_number);
	for (size_t i = 0; i < count; i++) {
		if (keep[i] < from)
			continue;
		if (keep[i] > from && close_range((unsigned)from, (unsigned)keep[i] - 1, 0) < 0)
			return error_set(err, errno, "close the descriptors");
		from = keep[i] + 1;
	}
	return close_range((unsigned)from, ~0u, 0) < 0 ? error_set(err, errno, "close the descriptors") : 0;
}
