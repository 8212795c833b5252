/* Whatever a step still holds of the host is closed before the container could look at the process that holds it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "container.h"
#include "util.h"

static int by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* Sockets that systemd, or who acts like it, has opened for the service: the program finds them from 3 on. */
int descriptors_listen(struct container *c, struct error *err)
{
	const char *fds = getenv("LISTEN_FDS"), *pid = getenv("LISTEN_PID");
	uint64_t count, meant = 0;
	if (!fds || !*fds || (pid && (!parse_u64(pid, INT32_MAX, &meant) || (pid_t)meant != getpid())))
		return 0;
	if (!parse_u64(fds, 1024, &count))
		return error_set(err, 0, "LISTEN_FDS must be a number up to 1024, not '%s'", fds);
	c->launch.preserve_fds += (int)count;
	struct strings *env = &c->process->env;
	const char **list = arena_alloc(&c->spec.arena, (env->count + 3) * sizeof *list);
	memcpy(list, env->list, env->count * sizeof *list);
	list[env->count++] = arena_print(&c->spec.arena, "LISTEN_FDS=%d", (int)count);
	if (!c->launch.joins)
		list[env->count++] = "LISTEN_PID=1";
	env->list = list;
	return 0;
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
	/* Those that are kept end with this program image. Said here, since a filter may forbid it by then. */
	if (close_range((unsigned)from, ~0u, 0) < 0 || close_range(3 + (unsigned)c->launch.preserve_fds, ~0u, CLOSE_RANGE_CLOEXEC) < 0)
		return error_set(err, errno, "close the descriptors");
	return 0;
}
