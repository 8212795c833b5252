/* The child's side: from a clone of the runtime to the program, step by step. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "container.h"
#include "sync.h"
#include "util.h"

static bool in_user_namespace(const struct container *c)
{
	return c->spec.namespaces[NS_USER].wanted;
}

static bool has_outer_hooks(const struct container *c)
{
	return c->spec.hooks[HOOK_PRESTART].count || c->spec.hooks[HOOK_CREATE_RUNTIME].count;
}

/* A new user namespace has no ids until the caller, who may, has written the maps. */
static int become_root(struct container *c, struct error *err)
{
	if (namespaces_has_new_user(c) && sync_expect(c->sync_child, SYNC_GO, NULL, err) < 0)
		return -1;
	if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
		return error_set(err, errno, "become root in the user namespace (does a mapping hold id 0?)");
	/* Changing ids made us dumpable by the new user's processes, and took the tie to our parent. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return error_set(err, errno, "become undumpable");
	return 0;
}

static int enter_cgroup(struct container *c, struct error *err)
{
	return cgroup_enter(&c->cgroup, err);
}

static int outer_hooks(struct container *c, struct error *err)
{
	if (sync_send(c->sync_child, SYNC_HOOKS, 0, err) < 0)
		return -1;
	return sync_expect(c->sync_child, SYNC_GO, NULL, err);
}

static int create_container_hooks(struct container *c, struct error *err)
{
	return hooks_run(c, HOOK_CREATE_CONTAINER, "creating", err);
}

static int find_program(struct container *c, struct error *err)
{
	const char *path;
	return process_find(c, &path, err);
}

static int close_the_rest(struct container *c, struct error *err)
{
	return descriptors_keep(c, err);
}

static const struct step steps[] = {
	{"user namespace", become_root, in_user_namespace},
	{"time namespace", namespaces_make_time, namespaces_has_offsets},
	{"session keyring", process_keyring, NULL},
	{"cgroup", enter_cgroup, NULL},
	{"namespaces", namespaces_join, NULL},
	{"network", namespaces_loopback, NULL},
	{"host name", namespaces_names, NULL},
	{"procfs", procfs_open, procfs_is_needed},
	{"file systems", mounts_make, NULL},
	{"devices", devices_take, devices_are_ours},
	{"root file system", rootfs_attach, NULL},
	/* The root is filled after the pivot, when nothing of the host's is left. */
	{"mounts", mounts_attach, mounts_come_early},
	{"devices", devices_make, mounts_come_early},
	{"hooks", outer_hooks, has_outer_hooks},
	{"createContainer hooks", create_container_hooks, NULL},
	{"pivot", rootfs_pivot, NULL},
	{"mounts", mounts_attach, mounts_come_late},
	{"devices", devices_make, mounts_come_late},
	{"sysctl", sysctl_apply, NULL},
	{"user", user_resolve, user_is_wanted},
	{"terminal", terminal_make, NULL},
	{"stdio", process_stdio, NULL},
	{"working folder", process_cwd, NULL},
	{"masks", masks_apply, NULL},
	{"mounts", mounts_finish, NULL},
	{"root file system", rootfs_finish, NULL},
	{"console", terminal_place, NULL},
	{"descriptors", close_the_rest, NULL},
	{"limits", process_limits, NULL},
	{"security label", lsm_apply, NULL},
	{"session", terminal_take, NULL},
	{"identity", process_identity, NULL},
	{"program", find_program, NULL},
	{0},
};

/* The caller's process made us and may end now: only `start` lets us go on. read() and write() alone are used from here
 * on, because the container's own filter may be in force. */
static int wait_for_start(struct container *c, struct error *err)
{
	char byte;
	ssize_t n;
	prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0);
	if (sync_send(c->sync_child, SYNC_READY, 0, err) < 0)
		return -1;
	close(steal_fd(&c->sync_child));
	do
		n = read(c->start_fd, &byte, 1);
	while (n < 0 && errno == EINTR);
	return n == 1 ? 0 : error_set(err, n < 0 ? errno : 0, "wait for start");
}

static int run_program(struct container *c)
{
	struct error err = {0};
	if (hooks_run(c, HOOK_START_CONTAINER, "created", &err) == 0)
		process_exec(c, &err);
	sync_send_error(c->started_fd, &err);
	return 1;
}

int init_main(struct container *c)
{
	struct error err = {0};
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (c->sync_parent >= 0)
		close(steal_fd(&c->sync_parent));
	umask(0);
	if (plan_walk(steps, c, &err) < 0 || wait_for_start(c, &err) < 0) {
		if (c->sync_child >= 0)
			sync_send_error(c->sync_child, &err);
		return 1;
	}
	return run_program(c);
}
