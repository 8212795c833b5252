/* Which hierarchies are mounted, and where a container's folder is in each. */
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>

#include "cgroup.h"
#include "util.h"

#define MOUNTINFO_LIMIT (8u << 20)

static bool is_controller_list(const char *word)
{
	static const char *const known[] = {"cpu", "cpuacct", "cpuset", "memory", "devices", "freezer", "blkio", "pids", "hugetlb",
		"net_cls", "net_prio", "perf_event", "rdma", "misc"};
	if (strncmp(word, "name=", 5) == 0)
		return true;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strcmp(known[i], word) == 0)
			return true;
	return false;
}

/* Super options of a v1 mount: "rw,cpu,cpuacct". */
static const char *controllers_of(struct arena *arena, char *options)
{
	char *result = arena_print(arena, "%s", ""), *save = NULL;
	for (char *word = strtok_r(options, ",", &save); word; word = strtok_r(NULL, ",", &save))
		if (is_controller_list(word))
			result = arena_print(arena, "%s%s%s", result, *result ? "," : "", word);
	return result;
}

static void add_hierarchy(struct cgroup *cgroup, const char *controllers, const char *point, const char *path, bool unified)
{
	for (size_t i = 0; i < cgroup->count; i++)
		if (strcmp(cgroup->list[i].controllers, controllers) == 0)
			return;
	if (cgroup->count == CGROUP_HIERARCHIES)
		return;
	cgroup->list[cgroup->count++] = (struct hierarchy){
		.controllers = controllers,
		.point = point,
		.path = arena_print(cgroup->arena, "%s%s%s", point, *path == '/' ? "" : "/", path),
		.unified = unified,
		.fd = -1,
		.tasks = -1,
	};
}

/* One line of mountinfo: "… root point options … - type source super-options". */
static void take_line(struct cgroup *cgroup, char *line, const char *path)
{
	char *tail = strstr(line, " - cgroup");
	if (!tail)
		return;
	char point[PATH_MAX], type[32], super[1024];
	if (sscanf(line, "%*s %*s %*s %*s %4095s", point) != 1 || sscanf(tail, " - %31s %*s %1023s", type, super) != 2)
		return;
	if (strcmp(type, "cgroup2") == 0) {
		if (cgroup->pure || cgroup->unit)
			add_hierarchy(cgroup, "", arena_print(cgroup->arena, "%s", point), path, true);
	} else if (strcmp(type, "cgroup") == 0) {
		const char *controllers = controllers_of(cgroup->arena, super);
		if (*controllers)
			add_hierarchy(cgroup, controllers, arena_print(cgroup->arena, "%s", point), path, false);
	}
}

int cgroup_find(struct cgroup *cgroup, struct arena *arena, const char *path, struct error *err)
{
	*cgroup = (struct cgroup){.arena = arena, .unit = cgroup->unit};
	struct statfs fs;
	if (statfs("/sys/fs/cgroup", &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC) {
		cgroup->pure = true;
		add_hierarchy(cgroup, "", "/sys/fs/cgroup", path, true);
		return 0;
	}
	cleanup_free char *text = read_file_at(AT_FDCWD, "/proc/self/mountinfo", MOUNTINFO_LIMIT, NULL, err);
	if (!text)
		return -1;
	cgroup->pure = !strstr(text, " - cgroup ");
	char *save = NULL;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		take_line(cgroup, line, path);
	if (cgroup->count == 0)
		return error_set(err, 0, "no cgroup hierarchy is mounted; mount cgroup2 on /sys/fs/cgroup");
	return 0;
}
