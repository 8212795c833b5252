/* The root file system: a detached mount made by the caller, put in place and pivoted to by the child. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "container.h"
#include "util.h"

static int bind_open(struct container *c, struct error *err)
{
	c->rootfs = open_tree(AT_FDCWD, c->spec.root, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
	if (c->rootfs < 0)
		return error_set(err, errno, "open root.path %s", c->spec.root);
	struct mount_attr attr = {.propagation = MS_PRIVATE};
	if (mount_setattr(c->rootfs, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof attr) < 0)
		return error_set(err, errno, "make the mounts of %s private", c->spec.root);
	if (!spec_annotation(&c->spec, "io.hawser.rootfs.idmap"))
		return 0;
	cleanup_close int namespace = idmap_open(&c->spec.uids, &c->spec.gids, err);
	if (namespace < 0)
		return -1;
	if (idmap_set(c->rootfs, namespace, false) < 0)
		return error_set(err, errno, "map the ids of %s (its file system may not be able to)", c->spec.root);
	return 0;
}

int rootfs_open(struct container *c, struct error *err)
{
	/* The child mounts on its working folder, which it inherits from here: it needs
	 * no rights on the path, and the kernel moves the folder into the child's mount namespace. */
	if (*c->spec.root != '/')
		c->spec.root = arena_print(&c->spec.arena, "%s/%s", c->bundle, c->spec.root);
	const char *lower = spec_annotation(&c->spec, "io.hawser.rootfs.lower");
	if ((lower ? overlay_open(c, lower, err) : bind_open(c, err)) < 0)
		return -1;
	if (chdir(c->spec.root) < 0)
		return error_set(err, errno, "open root.path %s", c->spec.root);
	return 0;
}

int rootfs_attach(struct container *c, struct error *err)
{
	/* From here on nothing that happens to our mounts reaches the host; the host's own still come in, until the pivot. */
	if (!namespaces_has_old_mount(c) && mount(NULL, "/", NULL, MS_SLAVE | MS_REC, NULL) < 0)
		return error_set(err, errno, "make the mount namespace a slave of the host's");
	if (move_mount(c->rootfs, "", AT_FDCWD, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return error_set(err, errno, "mount the root file system on %s", c->spec.root);
	return 0;
}

/* Others live in that namespace: its root stays, and only ours changes. */
static int change_root(struct container *c, struct error *err)
{
	if (fchdir(c->rootfs) < 0 || chroot(".") < 0 || chdir("/") < 0)
		return error_set(err, errno, "change to the root file system %s", c->spec.root);
	return 0;
}

int rootfs_pivot(struct container *c, struct error *err)
{
	if (namespaces_has_old_mount(c))
		return change_root(c, err);
	if (fchdir(c->rootfs) < 0 || syscall(SYS_pivot_root, ".", ".") < 0)
		return error_set(err, errno, "pivot to the root file system %s", c->spec.root);
	/* The old root now lies on top of "/": away with it, before anything of the image is looked at. */
	if (umount2(".", MNT_DETACH) < 0)
		return error_set(err, errno, "detach the host's root");
	if (chdir("/") < 0)
		return error_set(err, errno, "change to the root file system");
	return 0;
}

int rootfs_finish(struct container *c, struct error *err)
{
	uint64_t flags = c->spec.root_propagation;
	if (flags) {
		struct mount_attr attr = {.propagation = flags & ~(uint64_t)MS_REC};
		if (mount_setattr(c->rootfs, "", AT_EMPTY_PATH | (flags & MS_REC ? AT_RECURSIVE : 0), &attr, sizeof attr) < 0)
			return error_set(err, errno, "set the propagation of the root file system");
	}
	if (!c->spec.root_read_only)
		return 0;
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY};
	if (mount_setattr(c->rootfs, "", AT_EMPTY_PATH, &attr, sizeof attr) < 0)
		return error_set(err, errno, "make the root file system read-only");
	return 0;
}
