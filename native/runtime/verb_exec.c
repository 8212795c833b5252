/* exec: one more process in a running container. */
#include <errno.h>
#include <fcntl.h>

#include <limits.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "create.h"
#include "exec_request.h"
#include "foreground.h"
#include "state.h"
#include "sync.h"
#include "util.h"
#include "verbs.h"

/* The child's side. */

static int enter_cgroup(struct container *c, struct error *err)
{
	if (cgroup_enter(&c->cgroup, err) < 0)
		return -1;
	return scheduling_set_processors(c->process->affinity_final, err);
}

static int close_the_rest(struct container *c, struct error *err)
{
	return descriptors_keep(c, err);
}

static unsigned join_flags(const struct container *c)
{
	static const unsigned all[NS_KINDS] = {[NS_MOUNT] = CLONE_NEWNS,
		[NS_CGROUP] = CLONE_NEWCGROUP,
		[NS_UTS] = CLONE_NEWUTS,
		[NS_IPC] = CLONE_NEWIPC,
		[NS_USER] = CLONE_NEWUSER,
		[NS_NET] = CLONE_NEWNET,
		[NS_TIME] = 0x80};
	unsigned joined = 0;
	for (int kind = 0; kind < NS_KINDS; kind++)
		if (c->spec.namespaces[kind].wanted && !(kind == NS_USER && c->launch.inside))
			joined |= all[kind];
	return joined;
}

/* In a mount namespace that was joined the container's root is that of its first process alone. */
static int open_own_root(const struct container *c, int *root, struct error *err)
{
	char path[64];
	if (!namespaces_has_old_mount(c))
		return 0;
	snprintf(path, sizeof path, "/proc/%d/root", (int)c->init);
	*root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return *root < 0 ? error_set(err, errno, "open the root of container %s", c->id) : 0;
}

static int join(struct container *c, struct error *err)
{
	cleanup_close int root = -1;
	if (open_own_root(c, &root, err) < 0)
		return -1;
	if (setns(c->pidfd, (int)join_flags(c)) < 0)
		return error_set(err, errno, "join the namespaces of container %s", c->id);
	close(steal_fd(&c->pidfd));
	if (root >= 0 && (fchdir(root) < 0 || chroot(".") < 0))
		return error_set(err, errno, "change to the root of container %s", c->id);
	/* The kernel put us at the root of the container's mount namespace. */
	c->rootfs = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (c->rootfs < 0)
		return error_set(err, errno, "open the root of container %s", c->id);
	if (!c->spec.namespaces[NS_USER].wanted)
		return 0;
	if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return error_set(err, errno, "become root in the user namespace");
	return 0;
}

static bool in_user_namespace(const struct container *c)
{
	return c->spec.namespaces[NS_USER].wanted;
}

static bool in_our_user_namespace(const struct container *c)
{
	return !in_user_namespace(c);
}

/* Inside a user namespace no limit can be raised any more, so there they come first. */
static const struct step child_steps[] = {
	{"session keyring", process_keyring, NULL},
	{"cgroup", enter_cgroup, NULL},
	{"limits", process_limits, in_user_namespace},
	{"descriptors", close_the_rest, NULL},
	{"namespaces", join, NULL},
	{"procfs", procfs_open, procfs_is_needed},
	{"user", user_resolve, user_is_wanted},
	{"terminal", terminal_make, NULL},
	{"stdio", process_stdio, NULL},
	{"working folder", process_cwd, NULL},
	{"limits", process_limits, in_our_user_namespace},
	{"security label", lsm_apply, NULL},
	{"session", terminal_take, NULL},
	{"identity", process_identity, NULL},
	{"program", process_exec, NULL},
	{0},
};

static int exec_child(struct container *c)
{
	struct error err = {0};
	close(steal_fd(&c->sync_parent));
	plan_walk(child_steps, c, &err);
	sync_send_error(c->sync_child, &err);
	return 1;
}

/* The caller's side. */

static int open_cgroups(struct container *c, struct error *err)
{
	if (!c->cgroup.pure)
		return cgroup_open(&c->cgroup, err);
	struct hierarchy *hierarchy = &c->cgroup.list[0];
	hierarchy->fd = open(hierarchy->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return hierarchy->fd < 0 ? error_set(err, errno, "open cgroup %s", hierarchy->path) : 0;
}

/* A container with cgroups of its own keeps its processes in those, and the folder above takes none: then the new one
 * goes where the first process is. */
static int use_init_cgroup(struct container *c, pid_t init, struct error *err)
{
	char path[PATH_MAX];
	snprintf(path, sizeof path, "/proc/%d/cgroup", (int)init);
	cleanup_free char *text = read_file_at(AT_FDCWD, path, 65536, NULL, err);
	const char *line = text ? strstr(text, "0::/") : NULL;
	struct hierarchy *hierarchy = &c->cgroup.list[0];
	if (!line)
		return error_set(err, 0, "find the cgroup of container %s", c->id);
	snprintf(path, sizeof path, "%s%.*s", hierarchy->point, (int)strcspn(line + 3, "\n"), line + 3);
	if (strncmp(path, hierarchy->path, strlen(hierarchy->path)) != 0)
		return error_set(err, 0, "container %s is not in its cgroup", c->id);
	close(steal_fd(&hierarchy->fd));
	hierarchy->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return hierarchy->fd < 0 ? error_set(err, errno, "open cgroup %s", path) : 0;
}

/* "PATH", or "CONTROLLERS:PATH" for some v1 hierarchies only: folders below the container's own, which must be there. */
static int use_sub_cgroup(struct container *c, const char *text, struct error *err)
{
	const char *colon = strchr(text, ':'), *path = colon ? colon + 1 : text;
	for (const char *at = path; *at; at += strcspn(at, "/") + (at[strcspn(at, "/")] == '/'))
		if (*at == '.' && (at[1] == '/' || !at[1] || (at[1] == '.' && (at[2] == '/' || !at[2]))))
			return error_set(err, 0, "exec: --cgroup must not hold '.' or '..', as '%s' does", text);
	bool found = false;
	for (size_t i = 0; i < c->cgroup.count; i++) {
		struct hierarchy *hierarchy = &c->cgroup.list[i];
		if (colon && strncmp(hierarchy->controllers, text, (size_t)(colon - text)) != 0)
			continue;
		hierarchy->path = arena_print(&c->spec.arena, "%s/%s", hierarchy->path, path + strspn(path, "/"));
		found = true;
	}
	return found ? 0 : error_set(err, 0, "exec: --cgroup %s: no such hierarchy", text);
}

static pid_t clone_into(const struct container *c)
{
	int into = c->cgroup.pure ? cgroup_clone_fd(&c->cgroup) : -1;
	struct clone_args args = {
		.flags = into >= 0 ? CLONE_INTO_CGROUP : 0, .exit_signal = SIGCHLD, .cgroup = into >= 0 ? (uint64_t)into : 0};
	return (pid_t)syscall(SYS_clone3, &args, sizeof args);
}

static int make_child(struct container *c, pid_t init, struct error *err)
{
	/* For our children only: the new process is in the pid namespace from its first moment. */
	if (c->spec.namespaces[NS_PID].wanted && setns(c->pidfd, CLONE_NEWPID) < 0)
		return error_set(err, errno, "join the pid namespace of container %s", c->id);
	if (sync_open(&c->sync_parent, &c->sync_child, err) < 0)
		return -1;
	c->pid = clone_into(c);
	if (c->pid < 0 && errno == EBUSY && use_init_cgroup(c, init, err) == 0)
		c->pid = clone_into(c);
	if (c->pid == 0)
		_exit(exec_child(c));
	close(steal_fd(&c->sync_child));
	return c->pid < 0 ? error_set(err, errno, "clone") : 0;
}

/* The socket's end, without an error before it, is the program's execve(). */
static int wait_for_exec(struct container *c, struct error *err)
{
	char path[64], text[16];
	snprintf(path, sizeof path, "/proc/%d/oom_score_adj", (int)c->pid);
	snprintf(text, sizeof text, "%d", (int)c->process->oom_score_adj.value);
	struct sync_frame frame;
	if (c->process->oom_score_adj.set && write_file_at(AT_FDCWD, path, text) < 0 && errno != ENOENT)
		return error_set(err, errno, "set the oom score of the process");
	if (namespaces_answer_stdio(c, err) < 0)
		return -1;
	int number;
	if (c->filter.listens && (sync_expect(c->sync_parent, SYNC_LISTENER, &number, err) < 0 || listener_pass(c, number, err) < 0))
		return -1;
	int got = sync_receive(c->sync_parent, &frame, err);
	if (got <= 0)
		return got;
	error_set(err, 0, "%s", frame.text);
	err->code = frame.code;
	return -1;
}

static int launch(
	struct container *c, struct state *state, const struct exec_request *request, struct foreground *foreground, struct error *err)
{
	if (!request->detach && foreground_open(foreground, c, err) < 0)
		return -1;
	if (lsm_check(c, err) < 0 || filter_prepare(c, err) < 0 || terminal_connect(c, err) < 0 || listener_connect(c, err) < 0 ||
		open_cgroups(c, err) < 0)
		return -1;
	/* Ours until the end of this short life; the child has it from its first moment. */
	if (scheduling_set_processors(c->process->affinity_initial, err) < 0 || make_child(c, state->pid, err) < 0)
		return -1;
	if (wait_for_exec(c, err) < 0 || (c->launch.pid_file && write_pid_file(c->launch.pid_file, c->pid, err) < 0)) {
		kill(c->pid, SIGKILL);
		waitpid(c->pid, NULL, 0);
		return -1;
	}
	return 0;
}

static int prepare(struct container *c, struct state *state, const struct exec_request *request, int argc, char **argv, struct error *err)
{
	const char *status = state_status(state);
	if (strcmp(status, "running") != 0)
		return error_set(err, 0, "container %s is %s, and exec needs a running one", state->id, status);
	c->pidfd = state_pidfd(state, err);
	c->config = c->pidfd < 0 ? NULL : read_file_at(state->dir, "config.json", SPEC_LIMIT, &c->config_size, err);
	if (!c->config || spec_parse(&c->spec, c->config, c->config_size, err) < 0)
		return -1;
	if (rootless_join(c, err) < 0)
		return -1;
	c->cgroup = state->cgroup;
	c->bundle = state->bundle;
	c->init = state->pid;
	if (exec_build_process(c, request, argc, argv, err) < 0 || descriptors_listen(c, err) < 0)
		return -1;
	return request->cgroup ? use_sub_cgroup(c, request->cgroup, err) : 0;
}

int verb_exec(const struct options *options, int argc, char **argv, struct error *err)
{
	struct container c;
	struct exec_request request = {0};
	cleanup_close int root = -1;
	cleanup_state struct state state = {.dir = -1};
	container_init(&c, options);
	c.launch.joins = true;
	if (exec_take_flags(&c, &request, argc, argv, err) < 0)
		return -1;
	if (one_id(argc, argv, err) < 0 || load(options, argv[optind], &root, &state, err) < 0)
		return -1;
	c.id = argv[optind++];
	struct foreground foreground = FOREGROUND_INIT;
	int result = prepare(&c, &state, &request, argc - optind, argv + optind, err);
	if (result == 0)
		result = launch(&c, &state, &request, &foreground, err);
	if (result == 0 && !request.detach)
		result = foreground_wait(&foreground, c.pid);
	state.cgroup.count = 0; /* its descriptors were handed to the container */
	foreground_finish(&foreground);
	container_finish(&c);
	return result;
}
