/* The nodes of /dev, made in our own tmpfs; in a user namespace, which may not make nodes, the host's are bound. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "container.h"
#include "maps.h"
#include "target.h"
#include "util.h"

static const struct device standard[] = {
	{"/dev/null", 'c', 1, 3, 0666, 0, 0},
	{"/dev/zero", 'c', 1, 5, 0666, 0, 0},
	{"/dev/full", 'c', 1, 7, 0666, 0, 0},
	{"/dev/random", 'c', 1, 8, 0666, 0, 0},
	{"/dev/urandom", 'c', 1, 9, 0666, 0, 0},
	{"/dev/tty", 'c', 5, 0, 0666, 0, 0},
};
#define STANDARD (sizeof standard / sizeof *standard)

static const struct device *device_at(const struct container *c, size_t i)
{
	return i < STANDARD ? &standard[i] : &c->spec.devices[i - STANDARD];
}

static size_t device_count(const struct container *c)
{
	return STANDARD + c->spec.device_count;
}

static bool in_user_namespace(const struct container *c)
{
	return c->spec.namespaces[NS_USER].wanted;
}

static int make_node(const struct device *device, int folder, const char *name, struct error *err)
{
	mode_t type = device->type == 'b' ? S_IFBLK : device->type == 'p' ? S_IFIFO : S_IFCHR;
	if (mknodat(folder, name, type | device->mode, makedev(device->major, device->minor)) < 0 && errno != EEXIST)
		return error_set(err, errno, "make device %s", device->path);
	cleanup_close int fd = openat(folder, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) < 0)
		return error_set(err, errno, "open device %s", device->path);
	if ((st.st_mode & S_IFMT) != type || (device->type != 'p' && st.st_rdev != makedev(device->major, device->minor)))
		return error_set(err, 0, "device %s: something else is in its place", device->path);
	if (fchownat(fd, "", device->uid, device->gid, AT_EMPTY_PATH) < 0)
		return error_set(err, errno, "set the owner of device %s", device->path);
	return 0;
}

/* The host's node at the same path, by a mount of its own. */
static int open_host_node(struct container *c, size_t i, struct error *err)
{
	const struct device *device = device_at(c, i);
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC};
	struct stat st;
	int fd = c->device_fds[i] = open_tree(AT_FDCWD, device->path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return error_set(err, errno, "open the host's %s", device->path);
	if (device->type != 'p' && st.st_rdev != makedev(device->major, device->minor))
		return error_set(err, 0, "the host's %s is not device %u:%u", device->path, device->major, device->minor);
	if (mount_setattr(fd, "", AT_EMPTY_PATH, &attr, sizeof attr) < 0)
		return error_set(err, errno, "set the options of device %s", device->path);
	return 0;
}

/* Nodes with the owner and the mode that are asked for, which the child may not make: in a file system that nobody else
 * sees. 1: made; 0: we may not either. */
static int make_own_nodes(struct container *c, struct error *err)
{
	cleanup_close int fs = fsopen("tmpfs", FSOPEN_CLOEXEC);
	if (fs < 0 || fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0 ||
		(c->nodes_fd = fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC)) < 0)
		return error_set(err, errno, "make a file system for device nodes");
	umask(0); /* of ours, not of what is asked for */
	for (size_t i = STANDARD; i < device_count(c); i++) {
		struct device device = *device_at(c, i);
		char name[24];
		snprintf(name, sizeof name, "%zu", i);
		if (!maps_outside(&c->spec.uids, device.uid, &device.uid) || !maps_outside(&c->spec.gids, device.gid, &device.gid))
			return error_set(err, 0, "device %s: its owner has no mapping in the user namespace", device.path);
		if (make_node(&device, c->nodes_fd, name, err) == 0)
			continue;
		bool refused = err->code == EPERM && i == STANDARD;
		close(steal_fd(&c->nodes_fd));
		return refused ? 0 : -1;
	}
	umask(0022);
	return 1;
}

int devices_open(struct container *c, struct error *err)
{
	if (!in_user_namespace(c))
		return 0;
	c->device_fds = arena_alloc(&c->spec.arena, device_count(c) * sizeof *c->device_fds);
	for (size_t i = 0; i < device_count(c); i++)
		c->device_fds[i] = -1;
	int made = c->spec.device_count && namespaces_has_new_user(c) ? make_own_nodes(c, err) : 0;
	if (made < 0)
		return -1;
	for (size_t i = 0; i < (made ? STANDARD : device_count(c)); i++)
		if (open_host_node(c, i, err) < 0)
			return -1;
	return 0;
}

bool devices_are_ours(const struct container *c)
{
	return c->nodes_fd >= 0;
}

/* A node can be bound only out of a mount of our mount namespace: for a moment theirs lies on the working folder. */
int devices_take(struct container *c, struct error *err)
{
	cleanup_close int here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (here < 0 || target_mount(c->nodes_fd, here) < 0)
		return error_set(err, errno, "mount the device nodes");
	for (size_t i = STANDARD; i < device_count(c); i++) {
		char name[24];
		snprintf(name, sizeof name, "%zu", i);
		c->device_fds[i] = open_tree(c->nodes_fd, name, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
		if (c->device_fds[i] < 0)
			return error_set(err, errno, "open device %s", device_at(c, i)->path);
	}
	if (fchdir(c->nodes_fd) < 0 || umount2(".", MNT_DETACH) < 0 || fchdir(here) < 0)
		return error_set(err, errno, "unmount the device nodes");
	close(steal_fd(&c->nodes_fd));
	return 0;
}

static int bind_node(const struct container *c, size_t i, int folder, const char *name, struct error *err)
{
	cleanup_close int made = openat(folder, name, O_CREAT | O_NOFOLLOW | O_WRONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0644);
	cleanup_close int target = openat(folder, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (target < 0 || target_mount(c->device_fds[i], target) < 0)
		return error_set(err, errno, "bind device %s", device_at(c, i)->path);
	return 0;
}

static int place(struct container *c, size_t i, struct error *err)
{
	char path[PATH_MAX], folder_path[PATH_MAX];
	snprintf(path, sizeof path, "%s", device_at(c, i)->path);
	for (size_t end = strlen(path); end > 1 && path[end - 1] == '/';)
		path[--end] = 0;
	const char *name = strrchr(path, '/') + 1;
	snprintf(folder_path, sizeof folder_path, "%.*s", (int)(name - path), path);
	if (!*name || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return error_set(err, 0, "device %s has no name", path);
	bool top = strcmp(folder_path, "/dev/") == 0;
	cleanup_close int opened = top ? -1 : target_open(c->rootfs, folder_path, TARGET_DIRECTORY, 0755, NULL, err);
	if (!top && opened < 0)
		return -1;
	int folder = top ? c->dev_fd : opened;
	return in_user_namespace(c) ? bind_node(c, i, folder, name, err) : make_node(device_at(c, i), folder, name, err);
}

static int make_links(int dev, struct error *err)
{
	static const char *const links[][2] = {{"/proc/self/fd", "fd"}, {"/proc/self/fd/0", "stdin"}, {"/proc/self/fd/1", "stdout"},
		{"/proc/self/fd/2", "stderr"}, {"pts/ptmx", "ptmx"}, {"/proc/kcore", "core"}};
	for (size_t i = 0; i < sizeof links / sizeof *links; i++)
		if (symlinkat(links[i][0], dev, links[i][1]) < 0 && errno != EEXIST)
			return error_set(err, errno, "link /dev/%s", links[i][1]);
	return 0;
}

int devices_make(struct container *c, struct error *err)
{
	/* A /dev that was bound from elsewhere is its owner's. */
	if (c->dev_fd < 0)
		return 0;
	for (size_t i = 0; i < device_count(c); i++)
		if (place(c, i, err) < 0)
			return -1;
	return make_links(c->dev_fd, err);
}
