/* The overlay of an image's layers and a container's writable one, as a mount that is attached nowhere on the host. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "container.h"
#include "fuse.h"
#include "rights.h"
#include "target.h"
#include "util.h"

#define LOWER_LIMIT 500

struct overlay {
	int lower[LOWER_LIMIT], count;
	int upper, work;
	int idmap; /* user namespace whose mapping the layers get, -1: none */
	int place; /* a folder to attach their mounts to, -1: they stay detached */
	uint64_t attributes;
};
#define OVERLAY_INIT                                                                                                                       \
	{                                                                                                                                  \
		.upper = -1, .work = -1, .idmap = -1, .place = -1                                                                          \
	}

static void finish(struct overlay *overlay)
{
	for (int i = 0; i < overlay->count; i++)
		close(overlay->lower[i]);
	if (overlay->upper >= 0)
		close(overlay->upper);
	if (overlay->work >= 0)
		close(overlay->work);
	if (overlay->idmap >= 0)
		close(overlay->idmap);
}

/* With a mapping: as a mount of its own that has it. The files keep their ids on the disk, and nothing is copied. */
static int open_mapped(const struct overlay *overlay, const char *path)
{
	int fd = open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	struct mount_attr private = {.propagation = MS_PRIVATE};
	if (fd >= 0 && (mount_setattr(fd, "", AT_EMPTY_PATH, &private, sizeof private) < 0 || idmap_set(fd, overlay->idmap, false) < 0 ||
			       (overlay->place >= 0 && target_mount(fd, overlay->place) < 0)))
		close(steal_fd(&fd));
	return fd;
}

static int open_folder(const struct overlay *overlay, const char *path, size_t length, struct error *err)
{
	char text[4096];
	if (length >= sizeof text)
		return error_set(err, ENAMETOOLONG, "open an overlay folder");
	snprintf(text, sizeof text, "%.*s", (int)length, path);
	int fd = overlay->idmap >= 0 ? open_mapped(overlay, text) : open(text, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? error_set(err, errno, "open the overlay folder %s%s", text,
				overlay->idmap >= 0 ? " with an id mapping (its file system may not be able to)" : "")
		      : fd;
}

/* overlayfs wants both in one mount: that of the folder that holds them. */
static int open_writable(struct overlay *overlay, const char *upper, const char *work, struct error *err)
{
	const char *name = strrchr(upper, '/'), *work_name = strrchr(work, '/');
	if (!name || !work_name || name - upper != work_name - work || strncmp(upper, work, (size_t)(name - upper)) != 0)
		return error_set(err, 0, "io.hawser.rootfs.upper and io.hawser.rootfs.work must lie in the same folder");
	cleanup_close int folder = open_folder(overlay, upper, (size_t)(name - upper), err);
	if (folder < 0)
		return -1;
	overlay->upper = openat(folder, name + 1, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	overlay->work = openat(folder, work_name + 1, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return overlay->upper < 0 || overlay->work < 0 ? error_set(err, errno, "open the writable layer %s", upper) : 0;
}

static int open_folders(struct container *c, struct overlay *overlay, const char *lower, struct error *err)
{
	const char *upper = spec_annotation(&c->spec, "io.hawser.rootfs.upper"), *work = spec_annotation(&c->spec, "io.hawser.rootfs.work");
	if (!upper != !work)
		return error_set(err, 0, "annotations io.hawser.rootfs.upper and io.hawser.rootfs.work go together");
	for (const char *at = lower;; at++) {
		size_t length = strcspn(at, ":");
		if (overlay->count == LOWER_LIMIT)
			return error_set(err, 0, "io.hawser.rootfs.lower names more than %d layers", LOWER_LIMIT);
		int fd = open_folder(overlay, at, length, err);
		if (fd < 0)
			return -1;
		overlay->lower[overlay->count++] = fd;
		at += length;
		if (!*at)
			break;
	}
	if (!upper)
		return 0;
	return open_writable(overlay, upper, work, err);
}

static int set_folder(int fs, const char *key, int fd)
{
	char path[32];
	/* A descriptor is what newer kernels take; before that its name in procfs, which is short whatever the path is. */
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	return fsconfig(fs, FSCONFIG_SET_STRING, key, path, 0);
}

/* Nothing in a layer may speak for overlayfs itself: no copied metadata, no redirects but those that were there. */
static int set_rules(int fs)
{
	/* Kernels built without one of them refuse the word; what is not built in is not in force either. */
	static const char *const rules[][2] = {{"metacopy", "off"}, {"redirect_dir", "nofollow"}, {"index", "off"}};
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
		if (fsconfig(fs, FSCONFIG_SET_STRING, rules[i][0], rules[i][1], 0) < 0)
			return -1;
	return 0;
}

/* lowerdir+ takes one layer at a time (Linux 6.8). -1 with EINVAL where it is not known. */
static int make_by_parts(struct overlay *overlay)
{
	cleanup_close int fs = fsopen("overlay", FSOPEN_CLOEXEC);
	if (fs < 0)
		return -1;
	for (int i = 0; i < overlay->count; i++)
		if (set_folder(fs, "lowerdir+", overlay->lower[i]) < 0)
			return -1;
	if (overlay->upper >= 0 && (set_folder(fs, "upperdir", overlay->upper) < 0 || set_folder(fs, "workdir", overlay->work) < 0))
		return -1;
	if (set_rules(fs) < 0 || fsconfig(fs, FSCONFIG_SET_STRING, "source", "hawser", 0) < 0 ||
		fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -1;
	return fsmount(fs, FSMOUNT_CLOEXEC, (unsigned)overlay->attributes);
}

static unsigned long old_flags(uint64_t attributes)
{
	return (attributes & MOUNT_ATTR_NODEV ? MS_NODEV : 0) | (attributes & MOUNT_ATTR_RDONLY ? MS_RDONLY : 0);
}

/* mount(2) takes its options in one page: with procfs's list of descriptors as working folder a layer's name is its number. */
static int mount_by_page(struct overlay *overlay, int place)
{
	char data[4096];
	int used = snprintf(data, sizeof data, "metacopy=off,redirect_dir=nofollow,index=off,lowerdir=");
	for (int i = 0; i < overlay->count && used < (int)sizeof data; i++)
		used += snprintf(data + used, sizeof data - (size_t)used, "%s%d", i ? ":" : "", overlay->lower[i]);
	if (overlay->upper >= 0 && used < (int)sizeof data)
		used += snprintf(data + used, sizeof data - (size_t)used, ",upperdir=%d,workdir=%d", overlay->upper, overlay->work);
	if (used >= (int)sizeof data) {
		errno = E2BIG;
		return -1;
	}
	char target[32];
	snprintf(target, sizeof target, "/proc/self/fd/%d", place);
	if (chdir("/proc/self/fd") < 0 || mount("hawser", target, "overlay", old_flags(overlay->attributes), data) < 0)
		return -1;
	return 0;
}

/* In a mount namespace of its own, which ends with this process, so that the host never has the mount. overlayfs takes only
 * folders of mounts of its caller's namespace, so they are opened again here. */
static int older_child(struct container *c, const char *lower, const struct overlay *like, int socket)
{
	struct overlay overlay = OVERLAY_INIT;
	overlay.attributes = like->attributes;
	overlay.idmap = like->idmap;
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_PRIVATE | MS_REC, NULL) < 0)
		return errno;
	int place = open(c->spec.root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	overlay.place = place;
	if (place < 0 || open_folders(c, &overlay, lower, NULL) < 0 || mount_by_page(&overlay, place) < 0)
		return errno;
	int fd = open_tree(AT_FDCWD, c->spec.root, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	return fd < 0 || rights_send(socket, fd, "", 1) < 0 ? errno : 0;
}

static int make_by_page(struct container *c, const char *lower, const struct overlay *like)
{
	int pair[2], status = 0;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return -1;
	pid_t pid = fork();
	if (pid == 0)
		_exit(older_child(c, lower, like, pair[1]));
	close(pair[1]);
	char byte;
	size_t size = 1;
	int fd = pid < 0 ? -1 : rights_receive(pair[0], &byte, &size, 0);
	close(pair[0]);
	if (pid > 0)
		waitpid(pid, &status, 0);
	if (fd < 0)
		errno = WIFEXITED(status) && WEXITSTATUS(status) ? WEXITSTATUS(status) : EIO;
	return fd;
}

static const char *hint(int code)
{
	if (code == ENODEV)
		return " (this kernel has no overlay file system)";
	if (code == EINVAL)
		return " (is the writable layer itself on an overlay?)";
	return "";
}

static uint32_t outside_of_root(const struct id_maps *maps)
{
	for (size_t i = 0; i < maps->count; i++)
		if (maps->list[i].inside == 0)
			return maps->list[i].outside;
	return 0;
}

/* overlayfs makes its own folders and copies files up as whoever mounted it, and host's root is nobody on a mapped mount:
 * that has to be the container's root, with the rights of the host's. */
static int mount_as(uint32_t uid, uint32_t gid)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[2];
	setfsgid(gid);
	setfsuid(uid);
	if (syscall(SYS_capget, &header, data) < 0)
		return -1;
	for (int half = 0; half < 2; half++)
		data[half].effective = data[half].permitted;
	return (int)syscall(SYS_capset, &header, data);
}

static int overlay_make(struct container *c, const char *lower, struct overlay *overlay, struct error *err)
{
	bool mapped = overlay->idmap >= 0;
	if (mapped && mount_as(outside_of_root(&c->spec.uids), outside_of_root(&c->spec.gids)) < 0)
		return error_set(err, errno, "take the container's ids for its overlay");
	c->rootfs = make_by_parts(overlay);
	if (c->rootfs < 0 && errno == EINVAL)
		c->rootfs = make_by_page(c, lower, overlay);
	int code = errno;
	if (mapped && mount_as(geteuid(), getegid()) < 0)
		return error_set(err, errno, "take our own ids back");
	errno = code;
	return c->rootfs < 0 ? error_set(err, errno, "mount the overlay of %d layers%s", overlay->count, hint(errno)) : 0;
}

static void print_maps(FILE *out, const char *key, const struct id_maps *maps)
{
	for (size_t i = 0; i < maps->count; i++)
		fprintf(out, "%s%u:%u:%u", i ? ":" : key, maps->list[i].inside, maps->list[i].outside, maps->list[i].size);
}

/* fuse-overlayfs takes all folders by name; ids it maps itself. */
static int overlay_serve(struct container *c, const char *program, const char *lower, uint64_t attributes, struct error *err)
{
	const char *upper = spec_annotation(&c->spec, "io.hawser.rootfs.upper"), *work = spec_annotation(&c->spec, "io.hawser.rootfs.work");
	cleanup_free char *options = NULL;
	size_t size;
	FILE *out = open_memstream(&options, &size);
	if (!out)
		return error_set(err, ENOMEM, "name the layers");
	fprintf(out, "lowerdir=%s", lower);
	if (upper && work)
		fprintf(out, ",upperdir=%s,workdir=%s", upper, work);
	if (spec_annotation(&c->spec, "io.hawser.rootfs.idmap")) {
		print_maps(out, ",uidmapping=", &c->spec.uids);
		print_maps(out, ",gidmapping=", &c->spec.gids);
	}
	if (fclose(out) != 0)
		return error_set(err, ENOMEM, "name the layers");
	c->rootfs = fuse_overlay(program, options, attributes, err);
	return c->rootfs < 0 ? error_wrap(err, "mount the overlay") : 0;
}

/* Layers hold the ids that the image gave; in a user namespace these are those of its own range. */
static int set_mapping(const struct container *c, struct overlay *overlay, struct error *err)
{
	if (!spec_annotation(&c->spec, "io.hawser.rootfs.idmap"))
		return 0;
	if (!c->spec.uids.count || !c->spec.gids.count)
		return error_set(err, 0, "io.hawser.rootfs.idmap needs linux.uidMappings and linux.gidMappings");
	overlay->idmap = idmap_open(&c->spec.uids, &c->spec.gids, err);
	return overlay->idmap < 0 ? -1 : 0;
}

int overlay_open(struct container *c, const char *lower, struct error *err)
{
	struct overlay overlay = OVERLAY_INIT;
	/* The devices come from a tmpfs of ours. Only a container that may make nodes can use those that lie in its files. */
	if (!(c->spec.process.caps[CAPS_BOUNDING] & (UINT64_C(1) << CAP_MKNOD)))
		overlay.attributes |= MOUNT_ATTR_NODEV;
	const char *program = spec_annotation(&c->spec, "io.hawser.rootfs.fuse");
	if (program)
		return overlay_serve(c, program, lower, overlay.attributes, err);
	int result = set_mapping(c, &overlay, err);
	if (result == 0)
		result = open_folders(c, &overlay, lower, err);
	if (result == 0)
		result = overlay_make(c, lower, &overlay, err);
	finish(&overlay);
	return result;
}
