#include "cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "util.h"

#define PARENTS ".cgroup-parents"

/* Notes a parent folder that we made. A double line does no harm, but is not written twice. */
static void note_parent(int root, const char *path)
{
	cleanup_free char *text = read_file_at(root, PARENTS, 1 << 20, NULL, NULL);
	char line[PATH_MAX + 2];
	int size = snprintf(line, sizeof line, "%s\n", path);
	for (char *at = text; at && (at = strstr(at, line)); at++)
		if (at == text || at[-1] == '\n')
			return;
	cleanup_close int fd = openat(root, PARENTS, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd >= 0 && write_all(fd, line, (size_t)size) < 0)
		errno = 0; /* At worst an empty cgroup stays. */
}

static bool is_noted_parent(const char *text, const char *path, size_t length)
{
	for (const char *at = text; at && *at;) {
		size_t line = strcspn(at, "\n");
		if (line == length && strncmp(at, path, length) == 0)
			return true;
		at += line + (at[line] == '\n');
	}
	return false;
}

static bool is_blank(const char *text)
{
	return !text[strspn(text, " \n")];
}

/* A v1 cpuset is born empty and would take no process: each level gets what its parent has. A parent that another command has made and
 * not filled yet is filled here. */
static int fill_cpuset(const char *path, const char *file, struct error *err)
{
	char own[PATH_MAX], above[PATH_MAX], parent[PATH_MAX];
	snprintf(own, sizeof own, "%s/%s", path, file);
	snprintf(above, sizeof above, "%.*s", (int)(strrchr(path, '/') - path), path);
	snprintf(parent, sizeof parent, "%.*s/%s", (int)(strrchr(path, '/') - path), path, file);
	cleanup_free char *text = read_file_at(AT_FDCWD, parent, 65536, NULL, err);
	if (text && is_blank(text)) {
		if (fill_cpuset(above, file, err) < 0)
			return -1;
		free(text);
		text = read_file_at(AT_FDCWD, parent, 65536, NULL, err);
	}
	if (!text)
		return -1;
	return write_file_at(AT_FDCWD, own, text) < 0 ? error_set(err, errno, "write %s", own) : 0;
}

/* Makes one level. 1: made, 0: was there. */
static int make_level(const struct hierarchy *hierarchy, const char *path, struct error *err)
{
	if (mkdir(path, 0755) < 0)
		return errno == EEXIST ? 0 : error_set(err, errno, "make cgroup %s", path);
	if (strstr(hierarchy->controllers, "cpuset") &&
		(fill_cpuset(path, "cpuset.cpus", err) < 0 || fill_cpuset(path, "cpuset.mems", err) < 0))
		return -1;
	return 1;
}

static int make_path(struct hierarchy *hierarchy, int root, struct error *err)
{
	char part[PATH_MAX];
	/* The usual case: the parents are there. */
	int made = make_level(hierarchy, hierarchy->path, err);
	if (made >= 0 || err->code != ENOENT)
		return made;
	for (const char *at = hierarchy->path + strlen(hierarchy->point) + 1;; at++) {
		at = strchrnul(at, '/');
		snprintf(part, sizeof part, "%.*s", (int)(at - hierarchy->path), hierarchy->path);
		made = make_level(hierarchy, part, err);
		if (made < 0 || !*at)
			return made;
		if (made)
			note_parent(root, part);
	}
}

static int make_hierarchy(struct hierarchy *hierarchy, int root, struct error *err)
{
	int made = -1;
	/* Another container's removal may take an emptied parent away between two of our steps. */
	for (int tries = 0; tries < 16; tries++) {
		made = make_path(hierarchy, root, err);
		if (made >= 0 || err->code != ENOENT)
			break;
	}
	if (made < 0)
		return -1;
	if (hierarchy->unified && cgroup2_enable(hierarchy->point, hierarchy->path, err) < 0)
		return -1;
	hierarchy->fd = open(hierarchy->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return hierarchy->fd < 0 ? error_set(err, errno, "open cgroup %s", hierarchy->path) : 0;
}

int cgroup_create(struct cgroup *cgroup, int root, struct error *err)
{
	for (size_t i = 0; i < cgroup->count; i++)
		if (make_hierarchy(&cgroup->list[i], root, err) < 0)
			return -1;
	return 0;
}

int cgroup_apply(struct cgroup *cgroup, const struct resources *resources, struct error *err)
{
	return cgroup->pure ? cgroup2_apply(cgroup, resources, err) : cgroup1_apply(cgroup, resources, err);
}

int cgroup_open(struct cgroup *cgroup, struct error *err)
{
	for (size_t i = 0; i < cgroup->count; i++) {
		struct hierarchy *hierarchy = &cgroup->list[i];
		char path[PATH_MAX];
		snprintf(path, sizeof path, "%s/%s", hierarchy->path, hierarchy->unified ? "cgroup.procs" : "tasks");
		hierarchy->tasks = open(path, O_WRONLY | O_CLOEXEC);
		if (hierarchy->tasks < 0)
			return error_set(err, errno, "open %s", path);
	}
	return 0;
}

int cgroup_enter(struct cgroup *cgroup, struct error *err)
{
	for (size_t i = 0; i < cgroup->count; i++) {
		struct hierarchy *hierarchy = &cgroup->list[i];
		if (hierarchy->tasks < 0)
			continue;
		/* "0" is the writer. In v1 "tasks" moves one thread without the lock that waits for an RCU period. */
		if (write(hierarchy->tasks, "0", 1) != 1)
			return error_set(err, errno, "enter cgroup %s", hierarchy->path);
		close(steal_fd(&hierarchy->tasks));
	}
	return 0;
}

int cgroup_clone_fd(const struct cgroup *cgroup)
{
	for (size_t i = 0; i < cgroup->count; i++)
		if (cgroup->list[i].unified)
			return cgroup->list[i].fd;
	return -1;
}

/* Processes of the container may have made cgroups of their own below. */
static int remove_tree(int parent, const char *name, int depth)
{
	if (unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	if (depth > 64)
		return -1;
	int code = errno;
	cleanup_close int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	cleanup_dir DIR *dir = fd < 0 ? NULL : fdopendir(dup(fd));
	struct dirent *entry;
	bool found = false;
	while (dir && (entry = readdir(dir)))
		if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
			found |= remove_tree(fd, entry->d_name, depth + 1) == 0;
	errno = code;
	return found && (unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT) ? 0 : -1;
}

static void remove_parents(const struct hierarchy *hierarchy, const char *noted)
{
	char part[PATH_MAX];
	snprintf(part, sizeof part, "%s", hierarchy->path);
	for (;;) {
		char *slash = strrchr(part, '/');
		if (!slash || (size_t)(slash - part) <= strlen(hierarchy->point))
			return;
		*slash = 0;
		if (!is_noted_parent(noted, part, strlen(part)) || rmdir(part) < 0)
			return;
	}
}

int cgroup_remove(struct cgroup *cgroup, int root, struct error *err)
{
	cleanup_free char *noted = read_file_at(root, PARENTS, 1 << 20, NULL, NULL);
	int result = 0;
	for (size_t i = 0; i < cgroup->count; i++) {
		const struct hierarchy *hierarchy = &cgroup->list[i];
		/* A process that has ended leaves its cgroup a moment later than its parent hears of it. */
		int64_t end = monotonic_ns() + 5000000000, pause = 200000;
		int removed;
		while ((removed = remove_tree(AT_FDCWD, hierarchy->path, 0)) < 0 && errno == EBUSY && monotonic_ns() < end) {
			nanosleep(&(struct timespec){.tv_nsec = pause}, NULL);
			pause = pause < 20000000 ? pause * 2 : pause;
		}
		if (removed < 0)
			result = error_set(err, errno, "remove cgroup %s", hierarchy->path);
		else
			remove_parents(hierarchy, noted);
	}
	return result;
}

void cgroup_finish(struct cgroup *cgroup)
{
	for (size_t i = 0; i < cgroup->count; i++) {
		if (cgroup->list[i].fd >= 0)
			close(steal_fd(&cgroup->list[i].fd));
		if (cgroup->list[i].tasks >= 0)
			close(steal_fd(&cgroup->list[i].tasks));
	}
	cgroup->count = 0;
}

static bool has_word(const char *list, const char *word)
{
	size_t length = strlen(word);
	for (const char *at = list; (at = strstr(at, word)); at++)
		if ((at == list || at[-1] == ',') && (at[length] == ',' || !at[length]))
			return true;
	return false;
}

struct hierarchy *cgroup_with(struct cgroup *cgroup, const char *controller)
{
	for (size_t i = 0; i < cgroup->count; i++)
		if (cgroup->pure || has_word(cgroup->list[i].controllers, controller))
			return &cgroup->list[i];
	return NULL;
}

int cgroup_check_memory(struct cgroup *cgroup, const struct resources *resources, struct error *err)
{
	struct hierarchy *hierarchy = cgroup_with(cgroup, "memory");
	uint64_t used;
	if (!resources->memory.check_before_update || resources->memory.limit.value <= 0 || !hierarchy)
		return 0;
	char path[PATH_MAX];
	snprintf(path, sizeof path, "%s/%s", hierarchy->path, cgroup->pure ? "memory.current" : "memory.usage_in_bytes");
	cleanup_free char *text = read_file_at(AT_FDCWD, path, 64, NULL, err);
	if (!text)
		return -1;
	text[strcspn(text, "\n")] = 0;
	if (parse_u64(text, UINT64_MAX, &used) && used > (uint64_t)resources->memory.limit.value)
		return error_set(err, 0, "linux.resources.memory.limit %lld is below what is in use (%llu): checkBeforeUpdate forbids it",
			(long long)resources->memory.limit.value, (unsigned long long)used);
	return 0;
}

int cgroup_write(struct hierarchy *hierarchy, const char *file, struct error *err, const char *format, ...)
{
	char text[4096];
	va_list args;
	va_start(args, format);
	int n = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= sizeof text)
		return error_set(err, E2BIG, "write %s of cgroup %s", file, hierarchy->path);
	char path[PATH_MAX];
	snprintf(path, sizeof path, "%s/%s", hierarchy->path, file);
	if (write_file_at(AT_FDCWD, path, text) == 0)
		return 0;
	if (errno == ENOENT || errno == ENOTDIR)
		return error_set(err, errno, "this kernel has no %s for cgroup %s", file, hierarchy->path);
	return error_set(err, errno, "write '%s' to %s of cgroup %s", text, file, hierarchy->path);
}
