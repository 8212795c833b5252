#include "cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "util.h"

#define ROOT "/sys/fs/cgroup"

/* On v1: so that the login's limits are not ours (memory, pids), and systemd does not take us for part of the login. */
static const char *const hierarchies[] = {"memory", "pids", "systemd"};
#define HIERARCHIES (sizeof hierarchies / sizeof *hierarchies)

bool cgroup_is_unified(void)
{
	static int known = -1;
	struct statfs fs;
	if (known < 0)
		known = statfs(ROOT, &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC;
	return known;
}

void cgroup_file(char out[PATH_MAX], const char *controller, const char *path, const char *file)
{
	if (cgroup_is_unified())
		snprintf(out, PATH_MAX, ROOT "%s/%s", path, file);
	else
		snprintf(out, PATH_MAX, ROOT "/%s%s/%s", controller, path, file);
}

/* mkdir of each part below the hierarchy's own folder, which must exist. */
static bool make_folders(char *path, size_t from)
{
	for (char *at = path + from; (at = strchr(at, '/')); at++) {
		*at = 0;
		int result = mkdir(path, 0755);
		int code = errno;
		*at = '/';
		if (result < 0 && code != EEXIST)
			return false;
	}
	return true;
}

static void move_into(const char *file, pid_t other)
{
	char number[16];
	snprintf(number, sizeof number, "%d", (int)other);
	if (other)
		write_file_at(AT_FDCWD, file, number);
	write_file_at(AT_FDCWD, file, "0");
}

static void enter_one(const char *controller, const char *path, pid_t other)
{
	char base[PATH_MAX], file[PATH_MAX];
	cgroup_file(base, controller, "/", "");
	cgroup_file(file, controller, path, "cgroup.procs");
	struct stat st;
	if (stat(base, &st) == 0 && make_folders(file, strlen(base)))
		move_into(file, other);
}

void cgroup_enter(const char *path, pid_t other)
{
	for (unsigned i = 0; i < (cgroup_is_unified() ? 1 : HIERARCHIES); i++)
		enter_one(hierarchies[i], path, other);
}

void cgroup_leave(const char *path, pid_t other)
{
	char file[PATH_MAX];
	for (unsigned i = 0; i < (cgroup_is_unified() ? 1 : HIERARCHIES); i++) {
		cgroup_file(file, hierarchies[i], "", "cgroup.procs");
		move_into(file, other);
		cgroup_file(file, hierarchies[i], path, "");
		rmdir(file);
	}
}
