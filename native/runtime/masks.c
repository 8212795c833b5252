/* Read-only and masked paths, by descriptor: what is checked is what is covered. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "container.h"
#include "target.h"
#include "util.h"

/* A path that this kernel does not have needs no cover. Anything else that keeps us from it is an error. */
static int open_covered(struct container *c, const char *path, struct error *err)
{
	int fd = open_in_root(c->rootfs, path, O_PATH, 0);
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return -2;
	return fd < 0 ? error_set(err, errno, "open %s", path) : fd;
}

static int protect(struct container *c, const char *path, struct error *err)
{
	cleanup_close int target = open_covered(c, path, err);
	if (target < 0)
		return target == -2 ? 0 : -1;
	cleanup_close int fd = open_tree(target, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY};
	if (fd < 0 || mount_setattr(fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof attr) < 0 || target_mount(fd, target) < 0)
		return error_set(err, errno, "make %s read-only", path);
	return 0;
}

static int empty_folder(struct error *err)
{
	cleanup_close int fs = fsopen("tmpfs", FSOPEN_CLOEXEC);
	if (fs < 0 || fsconfig(fs, FSCONFIG_SET_STRING, "nr_inodes", "2", 0) < 0 ||
		fsconfig(fs, FSCONFIG_SET_STRING, "source", "tmpfs", 0) < 0 || fsconfig(fs, FSCONFIG_SET_STRING, "mode", "0555", 0) < 0 ||
		fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return error_set(err, errno, "make an empty folder for masks");
	int fd = fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	return fd < 0 ? error_set(err, errno, "make an empty folder for masks") : fd;
}

/* Covers `target`; the first time with the mount itself, later with copies of it. */
static int cover(int *first, bool *used, int target)
{
	if (!*used) {
		*used = true;
		return target_mount(*first, target);
	}
	cleanup_close int copy = open_tree(*first, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	return copy < 0 ? -1 : target_mount(copy, target);
}

int masks_apply(struct container *c, struct error *err)
{
	cleanup_close int empty = -1;
	bool empty_used = false, null_used = false;
	for (size_t i = 0; i < c->spec.read_only.count; i++)
		if (protect(c, c->spec.read_only.list[i], err) < 0)
			return -1;
	for (size_t i = 0; i < c->spec.masked.count; i++) {
		const char *path = c->spec.masked.list[i];
		cleanup_close int target = open_covered(c, path, err);
		struct stat st;
		if (target == -2)
			continue;
		if (target < 0 || fstat(target, &st) < 0)
			return -1;
		if (S_ISDIR(st.st_mode) && empty < 0 && (empty = empty_folder(err)) < 0)
			return -1;
		if ((S_ISDIR(st.st_mode) ? cover(&empty, &empty_used, target) : cover(&c->null_fd, &null_used, target)) < 0)
			return error_set(err, errno, "mask %s", path);
	}
	return 0;
}
