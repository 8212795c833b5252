/* The caller's side of create and start. */
#include "create.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "state.h"
#include "sync.h"
#include "unit.h"
#include "util.h"
#include "verbs.h"

int create_read(struct container *c, struct error *err)
{
	char path[PATH_MAX];
	snprintf(path, sizeof path, "%s/config.json", c->bundle);
	c->config = read_file_at(AT_FDCWD, c->config_path ? c->config_path : path, SPEC_LIMIT, &c->config_size, err);
	if (!c->config || spec_parse(&c->spec, c->config, c->config_size, err) < 0)
		return -1;
	if (!c->spec.has_process || c->process->args.count == 0)
		return error_set(err, 0, "config: process.args is missing");
	return descriptors_listen(c, err);
}

static int open_root(struct container *c, struct error *err)
{
	return state_open_root(c->options->root, &c->root_dir, err);
}

static int make_sync(struct container *c, struct error *err)
{
	return sync_open(&c->sync_parent, &c->sync_child, err);
}

static int make_process(struct container *c, struct error *err)
{
	if (c->launch.rootless && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return error_set(err, errno, "become undumpable");
	if (namespaces_clone(c, init_main, err) < 0)
		return -1;
	/* The child's ends: as long as we held them, their ends could not be seen. */
	close(steal_fd(&c->sync_child));
	close(steal_fd(&c->start_fd));
	close(steal_fd(&c->started_fd));
	return 0;
}

static int set_oom_score(struct container *c, struct error *err)
{
	char path[64], text[16];
	snprintf(path, sizeof path, "/proc/%d/oom_score_adj", (int)c->pid);
	snprintf(text, sizeof text, "%d", (int)c->process->oom_score_adj.value);
	return write_file_at(AT_FDCWD, path, text) < 0 ? error_set(err, errno, "set process.oomScoreAdj to %s", text) : 0;
}

static bool has_oom_score(const struct container *c)
{
	return c->process->oom_score_adj.set;
}

static int run_outer_hooks(struct container *c, struct error *err)
{
	if (hooks_run(c, HOOK_PRESTART, "created", err) < 0 || hooks_run(c, HOOK_CREATE_RUNTIME, "creating", err) < 0)
		return -1;
	return sync_send(c->sync_parent, SYNC_GO, 0, err);
}

static int wait_until_ready(struct container *c, struct error *err)
{
	if (c->spec.hooks[HOOK_PRESTART].count || c->spec.hooks[HOOK_CREATE_RUNTIME].count)
		if (sync_expect(c->sync_parent, SYNC_HOOKS, NULL, err) < 0 || run_outer_hooks(c, err) < 0)
			return -1;
	if (namespaces_answer_stdio(c, err) < 0)
		return -1;
	int number;
	if (c->filter.listens && (sync_expect(c->sync_parent, SYNC_LISTENER, &number, err) < 0 || listener_pass(c, number, err) < 0))
		return -1;
	return sync_expect(c->sync_parent, SYNC_READY, NULL, err);
}

static int set_rlimits(struct container *c, struct error *err)
{
	return process_rlimits(c, c->pid, err);
}

/* Written beside and renamed: a reader that waits for the file never sees half of it. */
int write_pid_file(const char *path, pid_t pid, struct error *err)
{
	char text[16];
	int size = snprintf(text, sizeof text, "%d", (int)pid);
	return replace_file_at(AT_FDCWD, path, text, (size_t)size, 0644, false, err);
}

static int write_pid(struct container *c, struct error *err)
{
	return write_pid_file(c->launch.pid_file, c->pid, err);
}

static bool has_pid_file(const struct container *c)
{
	return c->launch.pid_file;
}

/* All that can be found wrong is found before anything is made on the host. */
static const struct step checks[] = {
	{"namespaces", namespaces_open, NULL},
	{"security label", lsm_check, NULL},
	{"sysctl", sysctl_check, NULL},
	{"state", open_root, NULL},
	{"seccomp", filter_prepare, NULL},
	{"cgroup", cgroups_find, NULL},
	{"console", terminal_connect, NULL},
	{"seccomp", listener_connect, NULL},
	{"state", state_claim, NULL},
	{0},
};
static const struct step makes[] = {
	{"state", state_make_fifos, NULL},
	{"state", state_write, NULL},
	{"root file system", rootfs_open, NULL},
	{"cgroup", cgroups_make, NULL},
	{"mounts", mounts_open, NULL},
	{"devices", devices_open, NULL},
	{"process", make_sync, NULL},
	{"process", make_process, NULL},
	{"user namespace", namespaces_write_maps, namespaces_has_new_user},
	{"time namespace", namespaces_write_offsets, namespaces_has_offsets},
	{"limits", set_oom_score, has_oom_score},
	{"state", state_write, NULL},
	{"container", wait_until_ready, NULL},
	{"cgroup", cgroups_let_go, cgroups_are_held},
	{"limits", set_rlimits, namespaces_has_new_user},
	{"pid file", write_pid, has_pid_file},
	{0},
};

static void undo(struct container *c)
{
	struct error ignored;
	if (c->pid > 0) {
		pidfd_send_signal(c->pidfd, SIGKILL, NULL, 0);
		waitpid(c->pid, NULL, 0);
	}
	if (cgroups_are_held(c))
		cgroups_let_go(c, &ignored);
	cgroup_kill(&c->cgroup, &ignored);
	if (c->has_scope)
		unit_stop(c->options, c->cgroup.unit, &ignored);
	cgroup_remove(&c->cgroup, c->root_dir, &ignored);
	state_remove(c->root_dir, c->id);
}

int create_container(struct container *c, struct error *err)
{
	if (rootless_enter(c, err) < 0 || plan_walk(checks, c, err) < 0)
		return -1;
	if (plan_walk(makes, c, err) == 0)
		return 0;
	undo(c);
	return -1;
}

/* The end of the fifo comes when the program's execve() closed the other end; before that only an error does. */
static int wait_until_started(int started, struct error *err)
{
	struct sync_frame frame;
	struct pollfd event = {.fd = started, .events = POLLIN};
	while (poll(&event, 1, -1) < 0 && errno == EINTR)
		;
	int got = sync_receive(started, &frame, err);
	if (got > 0 && frame.type == SYNC_ERROR) {
		error_set(err, 0, "%s", frame.text);
		err->code = frame.code;
		return -1;
	}
	return got < 0 ? -1 : 0;
}

static int poststart_hooks(const struct options *options, const struct state *state, struct error *err)
{
	struct container c;
	container_init(&c, options);
	size_t size;
	c.id = state->id;
	c.bundle = state->bundle;
	c.pid = state->pid;
	c.config = read_file_at(state->dir, "config.json", SPEC_LIMIT, &size, err);
	int result = c.config && spec_parse(&c.spec, c.config, size, err) == 0 ? hooks_run(&c, HOOK_POSTSTART, "running", err) : -1;
	container_finish(&c);
	return result;
}

static bool mentions_poststart(const struct state *state)
{
	cleanup_free char *text = read_file_at(state->dir, "config.json", SPEC_LIMIT, NULL, NULL);
	return text && strstr(text, "\"poststart\"");
}

int start_container(const struct options *options, const char *id, struct error *err)
{
	cleanup_close int root = -1;
	if (state_open_root(options->root, &root, err) < 0)
		return -1;
	cleanup_state struct state state = {.dir = -1};
	if (state_load(&state, root, id, err) < 0)
		return -1;
	const char *status = state_status(&state);
	if (strcmp(status, "created") != 0)
		return error_set(err, 0, "container %s is %s, and only a created one can be started", id, status);
	cleanup_close int started = openat(state.dir, FIFO_STARTED, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
	cleanup_close int start = openat(state.dir, FIFO_START, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
	if (started < 0 || start < 0)
		return error_set(err, errno, "start container %s", id);
	/* Of two starts at once, the one that takes the name away is the one. */
	if (unlinkat(state.dir, FIFO_START, 0) < 0)
		return error_set(err, 0, "container %s was started by somebody else", id);
	unlinkat(state.dir, FIFO_STARTED, 0);
	if (write(start, "1", 1) != 1)
		return error_set(err, errno, "start container %s", id);
	close(steal_fd(&start));
	if (wait_until_started(started, err) < 0)
		return -1;
	if (!mentions_poststart(&state) || poststart_hooks(options, &state, err) == 0)
		return 0;
	/* The specification wants it stopped and taken down. */
	struct error ignored;
	delete_container(options, id, true, &ignored);
	return -1;
}
