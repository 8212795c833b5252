/* A container's cgroups at its creation: where they are, who may have none, and what is written into them. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "container.h"
#include "unit.h"
#include "util.h"

/* The folder beside our own, which a session manager has given to the user; "" where that is not so. */
static const char *delegated(struct container *c)
{
	cleanup_free char *text = read_file_at(AT_FDCWD, "/proc/self/cgroup", 65536, NULL, NULL);
	const char *line = text ? strstr(text, "0::/") : NULL;
	char path[PATH_MAX];
	if (!line)
		return "";
	snprintf(path, sizeof path, "%.*s", (int)strcspn(line + 3, "\n"), line + 3);
	char *slash = strrchr(path, '/');
	*slash = 0;
	return arena_print(&c->spec.arena, "%s", path);
}

int cgroups_find(struct container *c, struct error *err)
{
	const char *path = c->spec.cgroup_path;
	if (c->options->manager == MANAGER_SYSTEMD)
		return unit_name(c, err);
	if (c->options->manager == MANAGER_NONE) {
		c->cgroup.arena = &c->spec.arena;
		return 0;
	}
	if (!path || !*path)
		path = c->id;
	if (c->launch.rootless && *path != '/')
		path = arena_print(&c->spec.arena, "%s/%s", delegated(c), path);
	return cgroup_find(&c->cgroup, &c->spec.arena, path, err);
}

static bool asks_for_limits(const struct resources *r)
{
	return r->memory.limit.set || r->memory.swap.set || r->memory.reservation.set || r->cpu.shares.set || r->cpu.quota.set ||
	       r->cpu.cpus || r->cpu.mems || r->pids.set || r->block.weight.set || r->huge_count || r->unified.count;
}

static bool is_refused(int code)
{
	return code == EACCES || code == EPERM || code == EROFS;
}

int cgroups_make(struct container *c, struct error *err)
{
	if (c->cgroup.unit && unit_start(c, err) < 0)
		return -1;
	if (cgroup_create(&c->cgroup, c->root_dir, err) < 0) {
		/* An ordinary user to whom nothing was delegated goes without, unless there is something to be limited. */
		if (!c->launch.rootless || !is_refused(err->code) || asks_for_limits(&c->spec.resources))
			return -1;
		cgroup_finish(&c->cgroup);
		return 0;
	}
	if (c->cgroup.count == 0)
		return asks_for_limits(&c->spec.resources)
			       ? error_set(err, 0, "linux.resources: limits need a cgroup, and the manager is disabled")
			       : 0;
	/* In a user namespace no node can be made, and those that are there are the caller's own: devices need no filter. */
	if (!c->launch.rootless && cgroup_apply_devices(&c->cgroup, &c->spec, err) < 0)
		return -1;
	if (cgroup_apply(&c->cgroup, &c->spec.resources, err) < 0)
		return -1;
	/* v2 is entered by the clone itself. */
	return c->cgroup.pure ? 0 : cgroup_open(&c->cgroup, err);
}

bool cgroups_are_held(const struct container *c)
{
	return c->holder > 0;
}

int cgroups_let_go(struct container *c, struct error *err)
{
	(void)err;
	kill(c->holder, SIGKILL);
	waitpid(c->holder, NULL, 0);
	c->holder = 0;
	return 0;
}
