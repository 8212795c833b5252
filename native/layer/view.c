#include "view.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "fuse.h"
#include "sandbox.h"
#include "util.h"

static int clone_tree(const char *path, unsigned flags)
{
	return open_tree(AT_FDCWD, path, flags | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
}

static int add_mount(struct view *view, char *text, struct error *err)
{
	char *colon = strchr(text, ':');
	if (!colon || view->mount_count == VIEW_MOUNT_LIMIT)
		return error_set(err, 0, "--mount %s: not SOURCE:TARGET, or more than %d of them", text, VIEW_MOUNT_LIMIT);
	*colon = 0;
	view->mounts[view->mount_count++] = (struct view_mount){text, colon + 1};
	return 0;
}

int view_option(struct view *view, int option, char *text, struct error *err)
{
	switch (option) {
	case 's':
		view->source = text;
		return 0;
	case 'l':
		if (view->lower_count == VIEW_LOWER_LIMIT)
			return error_set(err, 0, "more than %d layers", VIEW_LOWER_LIMIT);
		view->lower[view->lower_count++] = text;
		return 0;
	case 'u':
		view->upper = text;
		return 0;
	case 'w':
		view->work = text;
		return 0;
	case 'F':
		view->fuse = text;
		return 0;
	case 'P':
		view->process = text;
		return 0;
	case 'M':
		return add_mount(view, text, err);
	case 'B':
		view->bare = true;
		return 0;
	default:
		return 1;
	}
}

static int set_text(int fs, const char *key, const char *value)
{
	return fsconfig(fs, FSCONFIG_SET_STRING, key, value, 0);
}

static int set_folder(int fs, const char *key, const char *path)
{
	char name[32];
	cleanup_close int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	/* A descriptor's name in procfs is short, whatever the path is. */
	snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
	return fd < 0 ? -1 : set_text(fs, key, name);
}

/* lowerdir+ takes one layer at a time (Linux 6.8); -1 with EINVAL where it is not known. */
static int overlay_by_parts(const struct view *view)
{
	cleanup_close int fs = fsopen("overlay", FSOPEN_CLOEXEC);
	if (fs < 0)
		return -1;
	for (size_t i = 0; i < view->lower_count; i++)
		if (set_folder(fs, "lowerdir+", view->lower[i]) < 0)
			return -1;
	if (view->work && (set_folder(fs, "upperdir", view->upper) < 0 || set_folder(fs, "workdir", view->work) < 0))
		return -1;
	if (set_text(fs, "metacopy", "off") < 0 || set_text(fs, "redirect_dir", "nofollow") < 0 || set_text(fs, "index", "off") < 0 ||
		fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -1;
	return fsmount(fs, FSMOUNT_CLOEXEC, 0);
}

/* mount(2) takes its options in one page: with procfs's list of descriptors as working folder a layer's name is its number. It is mounted
 * on the topmost layer, of which nobody else sees that, and taken from there. */
static int overlay_by_page(const struct view *view)
{
	char data[4096], target[32];
	int used = snprintf(data, sizeof data, "metacopy=off,redirect_dir=nofollow,index=off,lowerdir=");
	int place = open(view->lower[0], O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < view->lower_count && used < (int)sizeof data; i++) {
		int fd = open(view->lower[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0)
			return -1;
		used += snprintf(data + used, sizeof data - (size_t)used, "%s%d", i ? ":" : "", fd);
	}
	if (view->work && used < (int)sizeof data) {
		int upper = open(view->upper, O_PATH | O_DIRECTORY | O_CLOEXEC), work = open(view->work, O_PATH | O_DIRECTORY | O_CLOEXEC);
		used += snprintf(data + used, sizeof data - (size_t)used, ",upperdir=%d,workdir=%d", upper, work);
	}
	if (used >= (int)sizeof data) {
		errno = E2BIG;
		return -1;
	}
	snprintf(target, sizeof target, "/proc/self/fd/%d", place);
	if (chdir("/proc/self/fd") < 0 || mount("hawser", target, "overlay", 0, data) < 0)
		return -1;
	return clone_tree(view->lower[0], 0);
}

static int append(char **options, const char *key, const char *value)
{
	char *longer;
	if (asprintf(&longer, "%s%s%s", *options ? *options : "", key, value) < 0)
		return -1;
	free(*options);
	*options = longer;
	return 0;
}

static int overlay_by_fuse(const struct view *view, struct error *err)
{
	cleanup_free char *options = NULL;
	for (size_t i = 0; i < view->lower_count; i++)
		if (append(&options, i ? ":" : "lowerdir=", view->lower[i]) < 0)
			return error_set(err, ENOMEM, "name the layers");
	if (view->work && (append(&options, ",upperdir=", view->upper) < 0 || append(&options, ",workdir=", view->work) < 0))
		return error_set(err, ENOMEM, "name the layers");
	return fuse_overlay(view->fuse, options, 0, err);
}

/* Without `work` nothing is written: the writable layer is then the topmost of those that are only read. */
static int open_layers(const struct view *view, struct error *err)
{
	struct view read_only = *view;
	if (view->upper && !view->work) {
		memmove(read_only.lower + 1, view->lower, (VIEW_LOWER_LIMIT - 1) * sizeof *view->lower);
		read_only.lower[0] = view->upper;
		read_only.lower_count++;
	}
	const struct view *layers = view->work ? view : &read_only;
	if (view->fuse)
		return overlay_by_fuse(layers, err);
	/* overlayfs wants two. */
	int fd = layers->lower_count == 1 && !view->work ? clone_tree(layers->lower[0], 0) : overlay_by_parts(layers);
	if (fd < 0 && errno == EINVAL)
		fd = overlay_by_page(layers);
	return fd < 0 ? error_set(err, errno, "mount the %zu layers", layers->lower_count) : fd;
}

/* The user namespace that the process is in, when it is not ours; else -1. */
static int open_users(pid_t pid)
{
	char path[64];
	struct stat theirs, ours;
	snprintf(path, sizeof path, "/proc/%d/ns/user", pid);
	cleanup_close int users = open(path, O_RDONLY | O_CLOEXEC);
	if (users < 0 || fstat(users, &theirs) < 0 || stat("/proc/self/ns/user", &ours) < 0 || theirs.st_ino == ours.st_ino)
		return -1;
	return steal_fd(&users);
}

/* From here on owners are those that the container knows. */
static int enter_users(int users, struct error *err)
{
	if (setns(users, CLONE_NEWUSER) < 0 || setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
		return error_set(err, errno, "enter the container's user namespace");
	return 0;
}

/* The namespace's own "/", not the process's: that one the container may have moved. */
static int open_process(const struct view *view, struct error *err)
{
	static const char *const hidden[] = {"/proc", "/sys", "/dev"};
	char path[64], *colon = strchr(view->process, ':');
	pid_t pid = (pid_t)strtol(view->process, NULL, 10);
	snprintf(path, sizeof path, "/proc/%d/ns/mnt", pid);
	cleanup_close int space = open(path, O_RDONLY | O_CLOEXEC);
	if (space < 0 || !colon || process_start_time(pid) != strtoull(colon + 1, NULL, 10))
		return error_set(err, 0, "the container has just stopped");
	cleanup_close int users = open_users(pid);
	/* First: mounts that one takes along from another's user namespace are locked. */
	if (users >= 0 && enter_users(users, err) < 0)
		return -1;
	if (setns(space, CLONE_NEWNS) < 0 || unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return error_set(err, errno, "enter the container's mounts");
	/* They are the kernel's words, not files. */
	for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
		umount2(hidden[i], MNT_DETACH | UMOUNT_NOFOLLOW);
	int fd = clone_tree("/", view->bare ? 0 : AT_RECURSIVE);
	return fd < 0 ? error_set(err, errno, "open the container's root") : fd;
}

static int open_source(const struct view *view, struct error *err)
{
	int fd = clone_tree(view->source, view->bare ? 0 : AT_RECURSIVE);
	return fd < 0 ? error_set(err, errno, "open %s", view->source) : fd;
}

/* Puts it over the old root, and lets go of that one. */
static int make_root(int tree, struct error *err)
{
	if (move_mount(tree, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0 || fchdir(tree) < 0)
		return error_set(err, errno, "enter the files");
	if (syscall(SYS_pivot_root, ".", ".") == 0)
		return umount2(".", MNT_DETACH) < 0 || chdir("/") < 0 ? error_set(err, errno, "leave the old root") : 0;
	/* The first root of a machine (an initramfs) cannot be pivoted away from. */
	return chroot(".") < 0 || chdir("/") < 0 ? error_set(err, errno, "make the files the root") : 0;
}

static int make_target(const char *target, bool is_folder)
{
	char path[4096];
	snprintf(path, sizeof path, "%s", target);
	for (char *at = strchr(path + 1, '/'); at; at = strchr(at + 1, '/')) {
		*at = 0;
		mkdir(path, 0755);
		*at = '/';
	}
	if (is_folder)
		return mkdir(path, 0755);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	return fd < 0 ? -1 : close(fd);
}

/* "/" is the container's by now: whatever links its path holds lead nowhere else. */
static int attach(const struct view *view, const int *mounts, struct error *err)
{
	struct stat st;
	for (size_t i = 0; i < view->mount_count; i++) {
		const char *target = view->mounts[i].target;
		if (fstat(mounts[i], &st) < 0)
			return error_set(err, errno, "look up %s", view->mounts[i].source);
		int place = open_in_root(AT_FDCWD, target, O_PATH | O_CLOEXEC, 0);
		if (place < 0 && (view->work || view->source) && make_target(target, S_ISDIR(st.st_mode)) == 0)
			place = open_in_root(AT_FDCWD, target, O_PATH | O_CLOEXEC, 0);
		/* Nothing is there that it could be seen at. */
		if (place < 0)
			continue;
		int result = move_mount(mounts[i], "", place, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
		close(place);
		if (result < 0)
			return error_set(err, errno, "mount on %s", target);
	}
	return 0;
}

static int open_mounts(const struct view *view, int *mounts, struct error *err)
{
	for (size_t i = 0; i < view->mount_count; i++)
		if ((mounts[i] = clone_tree(view->mounts[i].source, AT_RECURSIVE)) < 0)
			return error_set(err, errno, "open %s", view->mounts[i].source);
	return 0;
}

static int restrict_mounts(const struct view *view, struct error *err)
{
	struct mount_attr attributes = {
		.attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOATIME |
			    (view->writable ? 0 : MOUNT_ATTR_RDONLY),
		.attr_clr = MOUNT_ATTR__ATIME,
	};
	return mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &attributes, sizeof attributes) < 0 ? error_set(err, errno, "restrict the mounts")
											      : 0;
}

int view_enter(const struct view *view, struct error *err)
{
	static int mounts[VIEW_MOUNT_LIMIT];
	bool is_served = view->fuse && !view->process && !view->source;
	/* Before: a server inside would keep the namespace, and with it the mount that it ends with. */
	int tree = is_served ? open_layers(view, err) : -1;
	if (is_served && tree < 0)
		return -1;
	if (!view->process && (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0))
		return error_set(err, errno, "make a mount namespace");
	if (!is_served)
		tree = view->process ? open_process(view, err) : view->source ? open_source(view, err) : open_layers(view, err);
	if (tree < 0 || open_mounts(view, mounts, err) < 0 || make_root(tree, err) < 0 || attach(view, mounts, err) < 0 ||
		restrict_mounts(view, err) < 0)
		return -1;
	return sandbox_seal(err);
}
