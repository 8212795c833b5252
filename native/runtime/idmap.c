/* Id-mapped mounts: the kernel wants the mapping as a user namespace, so one is made that no process stays in. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "container.h"
#include "maps.h"
#include "util.h"

/* A process that does nothing but be in a new user namespace. */
static pid_t hold_namespace(void)
{
	pid_t pid = (pid_t)syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		for (;;)
			pause();
	}
	return pid;
}

int idmap_open(const struct id_maps *uids, const struct id_maps *gids, struct error *err)
{
	pid_t pid = hold_namespace();
	if (pid < 0)
		return error_set(err, errno, "make a user namespace for an id mapping");
	char path[64];
	snprintf(path, sizeof path, "/proc/%d/ns/user", (int)pid);
	int fd = maps_write(pid, uids, gids, err);
	if (fd == 0 && (fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
		error_set(err, errno, "open %s", path);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return fd;
}

int idmap_set(int fd, int namespace, bool recursive)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t) namespace};
	return mount_setattr(fd, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &attr, sizeof attr);
}

int idmap_apply(const struct container *c, const struct mount *mount, int fd, struct error *err)
{
	if (!mount->idmap && !mount->uids.count && !mount->gids.count)
		return 0;
	/* The word without a mapping means the container's own. */
	const struct id_maps *uids = mount->uids.count ? &mount->uids : &c->spec.uids,
			     *gids = mount->gids.count ? &mount->gids : &c->spec.gids;
	if (!uids->count || !gids->count)
		return error_set(err, 0, "mount %s is to be id-mapped, but neither it nor the container has a mapping", mount->target);
	cleanup_close int namespace = idmap_open(uids, gids, err);
	if (namespace < 0)
		return error_wrap(err, "mount %s", mount->target);
	if (idmap_set(fd, namespace, mount->idmap_recursive) < 0)
		return error_set(err, errno, "id-map mount %s (its file system may not be able to)", mount->target);
	return 0;
}
