/* What is done to all processes of a cgroup at once: list, freeze, kill. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cgroup.h"
#include "util.h"

#define PROCS_LIMIT (16u << 20)

/* Only where there is one: a container may have no cgroup at all. */
static struct hierarchy *main_hierarchy(struct cgroup *cgroup)
{
	struct hierarchy *freezer = cgroup_with(cgroup, "freezer");
	return freezer ? freezer : &cgroup->list[0];
}

static int add_pids(int dir, const char *name, pid_t **pids, size_t *count, int depth)
{
	cleanup_close int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	cleanup_free char *text = read_file_at(fd, "cgroup.procs", PROCS_LIMIT, NULL, NULL);
	for (char *at = text, *end; at && *at; at = end + (*end == '\n')) {
		long pid = strtol(at, &end, 10);
		if (end == at)
			break;
		pid_t *grown = realloc(*pids, (*count + 1) * sizeof **pids);
		if (!grown)
			return -1;
		*pids = grown;
		(*pids)[(*count)++] = (pid_t)pid;
	}
	cleanup_dir DIR *folder = fdopendir(dup(fd));
	struct dirent *entry;
	while (depth < 64 && folder && (entry = readdir(folder)))
		if (entry->d_type == DT_DIR && entry->d_name[0] != '.' && add_pids(fd, entry->d_name, pids, count, depth + 1) < 0)
			return -1;
	return 0;
}

int cgroup_pids(struct cgroup *cgroup, pid_t **pids, size_t *count, struct error *err)
{
	*pids = NULL;
	*count = 0;
	if (cgroup->count == 0)
		return 0;
	const struct hierarchy *hierarchy = main_hierarchy(cgroup);
	return add_pids(AT_FDCWD, hierarchy->path, pids, count, 0) < 0
		       ? error_set(err, errno, "list the processes of cgroup %s", hierarchy->path)
		       : 0;
}

/* v2 says in cgroup.events when it is done, and rings by POLLPRI; v1 must be read again. */
static bool reached(struct cgroup *cgroup, struct hierarchy *hierarchy, bool frozen)
{
	char path[PATH_MAX], text[256];
	snprintf(path, sizeof path, "%s/%s", hierarchy->path, cgroup->pure ? "cgroup.events" : "freezer.state");
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read_full(fd, text, sizeof text - 1);
	if (n < 0)
		return false;
	text[n] = 0;
	if (cgroup->pure)
		return strstr(text, frozen ? "frozen 1" : "frozen 0");
	return strncmp(text, frozen ? "FROZEN" : "THAWED", 6) == 0;
}

bool cgroup_is_frozen(struct cgroup *cgroup)
{
	struct hierarchy *hierarchy = cgroup_with(cgroup, "freezer");
	return hierarchy && reached(cgroup, hierarchy, true);
}

static int write_frozen(struct cgroup *cgroup, struct hierarchy *hierarchy, bool frozen, struct error *err)
{
	if (cgroup->pure)
		return cgroup_write(hierarchy, "cgroup.freeze", err, "%d", frozen);
	return cgroup_write(hierarchy, "freezer.state", err, "%s", frozen ? "FROZEN" : "THAWED");
}

int cgroup_freeze(struct cgroup *cgroup, bool frozen, struct error *err)
{
	struct hierarchy *hierarchy = cgroup_with(cgroup, "freezer");
	if (!hierarchy)
		return error_set(err, 0, "this system has no freezer cgroup");
	int64_t end = monotonic_ns() + 10000000000;
	for (long pause = 100000;; pause = pause < 10000000 ? pause * 2 : pause) {
		/* v1 stays FREEZING when a process was forking: it wants to be told again. */
		if (write_frozen(cgroup, hierarchy, frozen, err) < 0)
			return -1;
		if (reached(cgroup, hierarchy, frozen))
			return 0;
		if (monotonic_ns() > end) {
			write_frozen(cgroup, hierarchy, !frozen, NULL);
			return error_set(err, ETIMEDOUT, "%s cgroup %s", frozen ? "freeze" : "thaw", hierarchy->path);
		}
		nanosleep(&(struct timespec){.tv_nsec = pause}, NULL);
	}
}

static bool cgroup_is_empty(struct cgroup *cgroup)
{
	cleanup_free pid_t *pids = NULL;
	size_t count = 1;
	return cgroup_pids(cgroup, &pids, &count, NULL) == 0 && count == 0;
}

static int kill_each(struct cgroup *cgroup, size_t *count, struct error *err)
{
	cleanup_free pid_t *pids = NULL;
	if (cgroup_pids(cgroup, &pids, count, err) < 0)
		return -1;
	for (size_t i = 0; i < *count; i++)
		if (pids[i] > 0)
			kill(pids[i], SIGKILL);
	return 0;
}

/* One round. Frozen, none of them can fork away from the list that we walk, and no pid in it can be used again. */
static int kill_round(struct cgroup *cgroup, struct hierarchy *hierarchy, size_t *count, struct error *err)
{
	if (cgroup->pure && cgroup_write(hierarchy, "cgroup.kill", NULL, "1") == 0)
		return kill_each(cgroup, count, err);
	bool freezes = cgroup_with(cgroup, "freezer") && write_frozen(cgroup, hierarchy, true, NULL) == 0;
	int result = kill_each(cgroup, count, err);
	if (freezes)
		write_frozen(cgroup, hierarchy, false, NULL);
	return result;
}

int cgroup_kill(struct cgroup *cgroup, struct error *err)
{
	struct hierarchy *hierarchy = main_hierarchy(cgroup);
	int64_t end = monotonic_ns() + 10000000000;
	size_t count = 0;
	/* The usual case: they have ended. A v1 cgroup that was left frozen must be thawed all the same, for them to end. */
	if (cgroup->count == 0 || (!cgroup_is_frozen(cgroup) && cgroup_is_empty(cgroup)))
		return 0;
	for (long pause = 200000;; pause = pause < 10000000 ? pause * 2 : pause) {
		if (kill_round(cgroup, hierarchy, &count, err) < 0)
			return -1;
		if (count == 0)
			return 0;
		if (monotonic_ns() > end)
			return error_set(err, ETIMEDOUT, "end the %zu processes of cgroup %s", count, hierarchy->path);
		nanosleep(&(struct timespec){.tv_nsec = pause}, NULL);
	}
}
