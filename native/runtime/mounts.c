/* The mounts of a configuration: sources are opened by the caller, file systems made in the child's namespaces while the
 * host's root is still there, and all are put in place, by descriptor, after the pivot. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "container.h"
#include "copy.h"
#include "foreign.h"
#include "mount_place.h"
#include "target.h"
#include "util.h"

static bool is_type(const struct mount *mount, const char *type)
{
	return !mount->bind && mount->type && strcmp(mount->type, type) == 0;
}

static bool is_cgroup(const struct mount *mount)
{
	return is_type(mount, "cgroup") || is_type(mount, "cgroup2");
}

static int set_attributes(int fd, const struct mount *mount, bool recursive, struct error *err)
{
	struct mount_attr attr = {
		.attr_set = recursive ? mount->recursive_set : mount->set, .attr_clr = recursive ? mount->recursive_clear : mount->clear};
	if ((attr.attr_set || attr.attr_clr) &&
		mount_setattr(fd, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &attr, sizeof attr) < 0)
		return error_set(err, errno, "set the options of mount %s", mount->target);
	return 0;
}

static int set_propagation(int fd, const struct mount *mount, struct error *err)
{
	/* Without a word: private, so that nothing leaks either way. */
	struct mount_attr attr = {.propagation = mount->propagation ? mount->propagation : MS_PRIVATE};
	bool recursive = mount->propagation ? mount->propagation_recursive : true;
	if (mount_setattr(fd, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &attr, sizeof attr) < 0)
		return error_set(err, errno, "set the propagation of mount %s", mount->target);
	return 0;
}

/* The shared memory of the container whose ipc namespace is joined (io.hawser.shm-of: a process of it). */
static int open_shared_memory(const char *process, struct error *err)
{
	uint64_t pid;
	if (!parse_u64(process, INT32_MAX, &pid) || pid < 2)
		return error_set(err, 0, "annotations: io.hawser.shm-of must be a process id");
	return foreign_mount((pid_t)pid, "/dev/shm", err);
}

/* Links in it lead nowhere but into the source. */
static int open_subdir(const char *path, const struct mount *mount, unsigned flags, struct error *err)
{
	cleanup_close int source = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	cleanup_close int part = source < 0 ? -1 : open_in_root(source, mount->subdir, O_PATH | O_CLOEXEC, 0);
	int fd = part < 0 ? -1 : open_tree(part, "", AT_EMPTY_PATH | flags);
	return fd < 0 ? error_set(err, errno, "cannot access path %s/%s of mount %s", path, mount->subdir, mount->target) : fd;
}

static int open_source(const struct container *c, const struct mount *mount, struct error *err)
{
	char path[PATH_MAX];
	if (snprintf(path, sizeof path, "%s%s%s", *mount->source == '/' ? "" : c->bundle, *mount->source == '/' ? "" : "/",
		    mount->source) >= PATH_MAX)
		return error_set(err, ENAMETOOLONG, "open the source of mount %s", mount->target);
	const char *donor = strcmp(mount->target, "/dev/shm") == 0 ? spec_annotation(&c->spec, "io.hawser.shm-of") : NULL;
	if (donor)
		return open_shared_memory(donor, err);
	unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (mount->recursive ? AT_RECURSIVE : 0) |
			 (mount->source_link ? AT_SYMLINK_NOFOLLOW : 0);
	if (mount->subdir)
		return open_subdir(path, mount, flags, err);
	int fd = open_tree(AT_FDCWD, path, flags);
	return fd < 0 ? error_set(err, errno, "open the source %s of mount %s", path, mount->target) : fd;
}

static int open_bind(const struct container *c, const struct mount *mount, struct error *err)
{
	int fd = open_source(c, mount, err);
	if (fd < 0)
		return -1;
	/* One that is still to be filled becomes read-only in the end. */
	bool now = !mount->copy_up;
	if (idmap_apply(c, mount, fd, err) < 0 || set_propagation(fd, mount, err) < 0 ||
		(now && (set_attributes(fd, mount, true, err) < 0 || set_attributes(fd, mount, false, err) < 0))) {
		close(fd);
		return -1;
	}
	return fd;
}

/* The container's own part of each hierarchy is bound: the rest of the tree is not there to be reached. */
static int open_cgroups(struct container *c, struct error *err)
{
	c->cgroup_fds = arena_alloc(&c->spec.arena, c->cgroup.count * sizeof *c->cgroup_fds);
	for (size_t i = 0; i < c->cgroup.count; i++)
		c->cgroup_fds[i] = -1;
	for (size_t i = 0; i < c->cgroup.count; i++) {
		/* Beside v1 it is there for systemd alone. */
		if (c->cgroup.list[i].unified && !c->cgroup.pure)
			continue;
		c->cgroup_fds[i] = open_tree(c->cgroup.list[i].fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
		if (c->cgroup_fds[i] < 0)
			return error_set(err, errno, "open cgroup %s for mounting", c->cgroup.list[i].path);
	}
	return 0;
}

/* Masks come from a node that was looked at before anything of the image could be in its place. */
static int open_null(struct container *c, struct error *err)
{
	struct stat st;
	c->null_fd = open_tree(AT_FDCWD, "/dev/null", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (c->null_fd < 0 || fstat(c->null_fd, &st) < 0)
		return error_set(err, errno, "open /dev/null");
	if (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(1, 3))
		return error_set(err, 0, "the host's /dev/null is not the null device");
	return 0;
}

int mounts_open(struct container *c, struct error *err)
{
	c->mount_fds = arena_alloc(&c->spec.arena, (c->spec.mount_count + 1) * sizeof *c->mount_fds);
	for (size_t i = 0; i < c->spec.mount_count; i++)
		c->mount_fds[i] = -1;
	bool cgroups = false;
	for (size_t i = 0; i < c->spec.mount_count; i++) {
		const struct mount *mount = &c->spec.mounts[i];
		if (!mount->bind && (mount->idmap || mount->uids.count))
			return error_set(err, 0, "mounts[%zu] (%s): only bind mounts can be id-mapped", i, mount->target);
		if (mount->bind && (c->mount_fds[i] = open_bind(c, mount, err)) < 0)
			return -1;
		cgroups |= is_cgroup(mount);
	}
	if (cgroups && open_cgroups(c, err) < 0)
		return -1;
	return c->spec.masked.count ? open_null(c, err) : 0;
}

static int set_option(int fs, const char *option)
{
	const char *equals = strchr(option, '=');
	char key[256];
	if (!equals)
		return fsconfig(fs, FSCONFIG_SET_FLAG, option, NULL, 0);
	if ((size_t)(equals - option) >= sizeof key) {
		errno = EINVAL;
		return -1;
	}
	snprintf(key, sizeof key, "%.*s", (int)(equals - option), option);
	return fsconfig(fs, FSCONFIG_SET_STRING, key, equals + 1, 0);
}

static int make_file_system(const struct mount *mount, const char *type, struct error *err)
{
	cleanup_close int fs = fsopen(type, FSOPEN_CLOEXEC);
	if (fs < 0)
		return error_set(err, errno, "mount %s: file system %s", mount->target, type);
	for (size_t i = 0; i < mount->data.count; i++)
		if (set_option(fs, mount->data.list[i]) < 0)
			return error_set(err, errno, "mount %s: option %s of %s", mount->target, mount->data.list[i], type);
	if (mount->source && *mount->source && fsconfig(fs, FSCONFIG_SET_STRING, "source", mount->source, 0) < 0)
		return error_set(err, errno, "mount %s: source %s", mount->target, mount->source);
	if (fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return error_set(err, errno, "mount %s: make the file system %s", mount->target, type);
	/* A tmpfs becomes read-only in the end: until then other mounts need their places made in it. */
	uint64_t attributes = mount->set & ~(uint64_t)(strcmp(type, "tmpfs") == 0 ? MOUNT_ATTR_RDONLY : 0);
	int fd = fsmount(fs, FSMOUNT_CLOEXEC, (unsigned)attributes);
	return fd < 0 ? error_set(err, errno, "mount %s: %s", mount->target, type) : fd;
}

/* v1's hierarchies hang in a tmpfs; in v2 the one folder is the mount. */
static int make_cgroup(struct container *c, const struct mount *mount, struct error *err)
{
	if (c->cgroup.pure && c->cgroup.count == 0)
		return make_file_system(mount, "cgroup2", err);
	if (c->cgroup.pure) {
		int fd = steal_fd(&c->cgroup_fds[0]);
		return fd >= 0 && set_attributes(fd, mount, false, err) < 0 ? -1 : fd;
	}
	static const char *data[] = {"mode=755", "size=64k", NULL};
	struct mount folder = *mount;
	folder.data = (struct strings){data, 2};
	folder.source = "cgroup";
	return make_file_system(&folder, "tmpfs", err);
}

int mounts_make(struct container *c, struct error *err)
{
	for (size_t i = 0; i < c->spec.mount_count; i++) {
		const struct mount *mount = &c->spec.mounts[i];
		if (mount->bind)
			continue;
		c->mount_fds[i] = is_cgroup(mount) ? make_cgroup(c, mount, err) : make_file_system(mount, mount->type, err);
		if (c->mount_fds[i] < 0)
			return -1;
	}
	return 0;
}

static int attach_hierarchy(struct container *c, int folder, size_t i, const struct mount *mount, struct error *err)
{
	const char *controllers = c->cgroup.list[i].controllers, *name = controllers;
	if (strncmp(name, "name=", 5) == 0)
		name += 5;
	if (mkdirat(folder, name, 0755) < 0)
		return error_set(err, errno, "make %s/%s", mount->target, name);
	cleanup_close int target = openat(folder, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (target < 0 || set_attributes(c->cgroup_fds[i], mount, false, err) < 0 || target_mount(c->cgroup_fds[i], target) < 0)
		return error_set(err, errno, "mount cgroup %s on %s/%s", controllers, mount->target, name);
	close(steal_fd(&c->cgroup_fds[i]));
	/* "cpu,cpuacct" is also found as "cpu" and as "cpuacct". */
	if (!strchr(name, ','))
		return 0;
	char words[256], *save = NULL;
	snprintf(words, sizeof words, "%s", name);
	for (char *word = strtok_r(words, ",", &save); word; word = strtok_r(NULL, ",", &save))
		if (symlinkat(name, folder, word) < 0)
			return error_set(err, errno, "link %s/%s", mount->target, word);
	return 0;
}

static int attach_cgroups(struct container *c, int folder, const struct mount *mount, struct error *err)
{
	for (size_t i = 0; i < c->cgroup.count; i++)
		if (c->cgroup_fds[i] >= 0 && attach_hierarchy(c, folder, i, mount, err) < 0)
			return -1;
	return 0;
}

/* A volume that is new, or a tmpfs, begins with what the image has in its place; nothing when that is no folder. */
static int copy_up(struct container *c, const struct mount *mount, int fd, struct error *err)
{
	cleanup_close int from = open_in_root(c->rootfs, mount->target, O_RDONLY | O_DIRECTORY, 0);
	if (from < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : error_set(err, errno, "open the image's %s", mount->target);
	/* A detached mount's folder, opened for reading. */
	cleanup_close int to = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return to < 0 ? error_set(err, errno, "open mount %s", mount->target) : copy_first(from, to, mount->target, err);
}

static bool covers_root(const struct mount *mount)
{
	return mount->target[strspn(mount->target, "/")] == 0;
}

/* Two things want the root filled before the pivot: hooks, and a mount that takes its place. */
bool mounts_come_early(const struct container *c)
{
	for (size_t i = 0; i < c->spec.mount_count; i++)
		if (covers_root(&c->spec.mounts[i]))
			return true;
	return hooks_come_early(c);
}

bool mounts_come_late(const struct container *c)
{
	return !mounts_come_early(c);
}

static int replace_root(struct container *c, const struct mount *mount, int fd, struct error *err)
{
	if (target_mount(fd, c->rootfs) < 0)
		return error_set(err, errno, "mount %s", mount->target);
	close(c->rootfs);
	c->rootfs = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return c->rootfs < 0 ? error_set(err, errno, "mount %s", mount->target) : 0;
}

/* Without a word about it, a tmpfs is as open as the folder that it covers. */
static int take_mode(struct container *c, const struct mount *mount, int fd, struct error *err)
{
	for (size_t i = 0; i < mount->data.count; i++)
		if (strncmp(mount->data.list[i], "mode=", 5) == 0)
			return 0;
	struct stat st;
	cleanup_close int below = open_in_root(c->rootfs, mount->target, O_PATH | O_DIRECTORY, 0);
	if (below >= 0 && (fstat(below, &st) < 0 || fchmodat(fd, ".", st.st_mode & 07777, 0) < 0))
		return error_set(err, errno, "set the mode of mount %s", mount->target);
	return 0;
}

static int attach(struct container *c, size_t i, struct error *err)
{
	const struct mount *mount = &c->spec.mounts[i];
	int fd = c->mount_fds[i];
	if (covers_root(mount))
		return replace_root(c, mount, fd, err);
	if (is_type(mount, "tmpfs") && !mount->copy_up && take_mode(c, mount, fd, err) < 0)
		return -1;
	cleanup_close int target = mount_open_place(c, mount, fd, err);
	if (target < 0 || (mount->copy_up && copy_up(c, mount, fd, err) < 0))
		return -1;
	if (target_mount(fd, target) < 0)
		return error_set(err, errno, "mount %s", mount->target);
	const char *plain = mount_plain_place(mount->target);
	if (plain && strcmp(plain, "/dev") == 0 && is_type(mount, "tmpfs"))
		c->dev_fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (is_cgroup(mount) && !c->cgroup.pure)
		return attach_cgroups(c, fd, mount, err);
	if (!mount->bind && mount->propagation)
		return set_propagation(fd, mount, err);
	return 0;
}

int mounts_attach(struct container *c, struct error *err)
{
	for (size_t i = 0; i < c->spec.mount_count; i++)
		if (attach(c, i, err) < 0)
			return -1;
	return 0;
}

int mounts_finish(struct container *c, struct error *err)
{
	for (size_t i = 0; i < c->spec.mount_count; i++) {
		const struct mount *mount = &c->spec.mounts[i];
		bool late = !mount->bind && (mount->set & MOUNT_ATTR_RDONLY) && (is_type(mount, "tmpfs") || is_cgroup(mount));
		if ((late || mount->copy_up) && set_attributes(c->mount_fds[i], mount, false, err) < 0)
			return -1;
		if ((!mount->bind || mount->copy_up) && set_attributes(c->mount_fds[i], mount, true, err) < 0)
			return -1;
	}
	return 0;
}
