/* Where a mount goes: which places are allowed, and their descriptors. */
#include "mount_place.h"

#include <errno.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "target.h"
#include "util.h"

/* Files below /proc that another file may stand for, as lxcfs does; anything else there would hide what protects the host. */
static bool is_allowed_in_proc(const char *path)
{
	static const char *const files[] = {"/proc/cpuinfo", "/proc/diskstats", "/proc/meminfo", "/proc/stat", "/proc/swaps",
		"/proc/uptime", "/proc/loadavg", "/proc/slabinfo", "/proc/net/dev", "/proc/sys/kernel/ns_last_pid"};
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		if (strcmp(files[i], path) == 0)
			return true;
	return false;
}

static bool has_magic(int fd, long magic)
{
	struct statfs fs;
	return fstatfs(fd, &fs) == 0 && fs.f_type == magic;
}

/* Which of the three places that carry the rest a target is, however it is spelled: NULL for others. */
const char *mount_plain_place(const char *target)
{
	static const char *const places[] = {"/dev", "/proc", "/sys"};
	char path[PATH_MAX] = "";
	for (const char *at = target; *at; at += strcspn(at, "/")) {
		at += strspn(at, "/");
		size_t length = strcspn(at, "/");
		if (length && !(length == 1 && *at == '.'))
			snprintf(path + strlen(path), sizeof path - strlen(path), "/%.*s", (int)length, at);
	}
	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		if (strcmp(places[i], path) == 0)
			return places[i];
	return NULL;
}

static int check_place(const struct mount *mount, int fd, int target, const char *resolved, struct error *err)
{
	if (strcmp(resolved, "/") == 0)
		return error_set(err, 0, "mount %s would cover the whole root file system", mount->target);
	if (strcmp(resolved, "/proc") == 0 && !has_magic(fd, PROC_SUPER_MAGIC))
		return error_set(err, 0, "mount %s: only procfs may be mounted on /proc", mount->target);
	if (strcmp(resolved, "/sys") == 0 && !has_magic(fd, SYSFS_MAGIC))
		return error_set(err, 0, "mount %s: only sysfs may be mounted on /sys", mount->target);
	if (strcmp(resolved, "/proc") != 0 && has_magic(target, PROC_SUPER_MAGIC) && !is_allowed_in_proc(resolved))
		return error_set(err, 0, "mount %s: nothing may be mounted on %s", mount->target, resolved);
	return 0;
}

int mount_open_place(struct container *c, const struct mount *mount, int fd, struct error *err)
{
	const char *plain = mount_plain_place(mount->target);
	char resolved[PATH_MAX];
	struct stat st;
	if (fstat(fd, &st) < 0)
		return error_set(err, errno, "mount %s", mount->target);
	bool folder = S_ISDIR(st.st_mode);
	int target =
		plain ? target_open_plain(c->rootfs, plain, err)
		      : target_open(c->rootfs, mount->target, folder ? TARGET_DIRECTORY : TARGET_FILE, folder ? 0755 : 0644, resolved, err);
	if (target < 0)
		return error_wrap(err, "mount %s", mount->target);
	if (check_place(mount, fd, target, plain ? plain : resolved, err) < 0) {
		close(target);
		return -1;
	}
	return target;
}
