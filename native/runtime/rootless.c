/* An ordinary user may do none of what makes a container, but may do all of it inside a user namespace of its own. So the
 * runtime itself goes there first, and from then on everything is as it is for root, but for what the host's root alone may. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>

#include "container.h"
#include "maps.h"
#include "util.h"

static int open_user_namespace(struct container *c, struct error *err)
{
	struct namespace *user = &c->spec.namespaces[NS_USER];
	if (!user->wanted)
		return error_set(err, 0, "an ordinary user's container needs a user namespace: add one to linux.namespaces");
	if (user->path) {
		int fd = open(user->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
		return fd < 0 ? error_set(err, errno, "open the user namespace %s", user->path) : fd;
	}
	if (!c->spec.uids.count)
		maps_default(&c->spec.arena, &c->spec.uids, &c->spec.gids);
	return idmap_open(&c->spec.uids, &c->spec.gids, err);
}

bool rootless_is(void)
{
	return geteuid() != 0;
}

int rootless_enter(struct container *c, struct error *err)
{
	if (!rootless_is())
		return 0;
	/* In procfs what is undumpable is root's, our own descriptors too. Until the container is there nobody else looks into us. */
	if (prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0)
		return error_set(err, errno, "become dumpable");
	cleanup_close int fd = open_user_namespace(c, err);
	if (fd < 0)
		return -1;
	if (setns(fd, CLONE_NEWUSER) < 0)
		return error_set(err, errno, "enter the user namespace (is it yours?)");
	if (unshare(CLONE_NEWNS) < 0)
		return error_set(err, errno, "make a mount namespace");
	/* The change of ids took it back. */
	if (prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0)
		return error_set(err, errno, "become dumpable");
	c->launch.inside = c->launch.rootless = true;
	return 0;
}

int rootless_join(struct container *c, struct error *err)
{
	if (!rootless_is() || !c->spec.namespaces[NS_USER].wanted)
		return 0;
	if (setns(c->pidfd, CLONE_NEWUSER) < 0)
		return error_set(err, errno, "enter the user namespace of container %s", c->id);
	c->launch.inside = c->launch.rootless = true;
	return 0;
}
