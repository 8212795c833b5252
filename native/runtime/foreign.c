/* A mount of another container's. The kernel copies mounts of one's own namespace only, so somebody has to go there. */
#include "foreign.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util.h"

struct visit {
	int space, root, fd, error;
	const char *path;
};

/* Shares memory and descriptors with the caller, but has root and working directory of its own: those the visit changes. */
static int visit(void *argument)
{
	struct visit *v = argument;
	if (setns(v->space, CLONE_NEWNS) < 0) {
		v->error = errno;
		return 1;
	}
	int place = open_in_root(v->root, v->path, O_PATH | O_DIRECTORY, 0);
	v->fd = place < 0 ? -1 : open_tree(place, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	v->error = errno;
	if (place >= 0)
		close(place);
	return v->fd < 0;
}

int foreign_mount(pid_t pid, const char *path, struct error *err)
{
	char name[64];
	snprintf(name, sizeof name, "/proc/%d/ns/mnt", (int)pid);
	cleanup_close int space = open(name, O_RDONLY | O_CLOEXEC);
	snprintf(name, sizeof name, "/proc/%d/root", (int)pid);
	cleanup_close int root = open(name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (space < 0 || root < 0)
		return error_set(err, errno, "open the mounts of process %d", (int)pid);
	static char stack[64 * 1024] __attribute__((aligned(16)));
	struct visit v = {space, root, -1, 0, path};
	pid_t child = clone(visit, stack + sizeof stack, CLONE_VM | CLONE_VFORK | CLONE_FILES | SIGCHLD, &v);
	if (child < 0)
		return error_set(err, errno, "clone");
	waitpid(child, NULL, 0);
	return v.fd < 0 ? error_set(err, v.error, "take over %s of process %d", path, (int)pid) : v.fd;
}
