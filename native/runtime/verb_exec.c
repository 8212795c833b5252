/* exec: one more process in a running container. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
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

#include "caps.h"
#include "create.h"
#include "foreground.h"
#include "state.h"
#include "sync.h"
#include "util.h"
#include "verbs.h"

#define PROCESS_LIMIT (1u << 20)

enum { FLAG_CONSOLE = 256, FLAG_PID_FILE, FLAG_CWD, FLAG_PRESERVE, FLAG_NNP, FLAG_APPARMOR, FLAG_LABEL, FLAG_CGROUP, FLAG_IGNORED };
static const struct option flags[] = {
	{"process", required_argument, NULL, 'p'},
	{"tty", no_argument, NULL, 't'},
	{"detach", no_argument, NULL, 'd'},
	{"env", required_argument, NULL, 'e'},
	{"user", required_argument, NULL, 'u'},
	{"additional-gids", required_argument, NULL, 'g'},
	{"cap", required_argument, NULL, 'c'},
	{"cwd", required_argument, NULL, FLAG_CWD},
	{"console-socket", required_argument, NULL, FLAG_CONSOLE},
	{"pid-file", required_argument, NULL, FLAG_PID_FILE},
	{"preserve-fds", required_argument, NULL, FLAG_PRESERVE},
	{"no-new-privs", no_argument, NULL, FLAG_NNP},
	{"apparmor", required_argument, NULL, FLAG_APPARMOR},
	{"process-label", required_argument, NULL, FLAG_LABEL},
	{"no-subreaper", no_argument, NULL, FLAG_IGNORED},
	{"ignore-paused", no_argument, NULL, FLAG_IGNORED},
	{0},
};

/* What the flags say; laid over the container's own process once that is read. */
struct request {
	const char *process_file, *cwd, *user, *apparmor, *label;
	const char *env[256], *caps[64];
	size_t env_count, cap_count, gid_count;
	gid_t gids[64];
	bool terminal, detach, no_new_privileges;
};

static int take_number_flag(struct container *c, struct request *request, int flag, struct error *err)
{
	uint64_t value;
	if (!parse_u64(optarg, flag == FLAG_PRESERVE ? 1024 : UINT32_MAX - 1, &value))
		return error_set(err, 0, "exec: '%s' is not a number in range", optarg);
	if (flag == FLAG_PRESERVE)
		c->launch.preserve_fds = (int)value;
	else if (request->gid_count < 64)
		request->gids[request->gid_count++] = (gid_t)value;
	return 0;
}

static int take_flag(struct container *c, struct request *request, int flag, struct error *err)
{
	switch (flag) {
	case 'p':
		request->process_file = optarg;
		return 0;
	case 't':
		request->terminal = true;
		return 0;
	case 'd':
		request->detach = true;
		return 0;
	case 'u':
		request->user = optarg;
		return 0;
	case FLAG_CWD:
		request->cwd = optarg;
		return 0;
	case FLAG_CONSOLE:
		c->launch.console_socket = optarg;
		return 0;
	case FLAG_PID_FILE:
		c->launch.pid_file = optarg;
		return 0;
	case FLAG_NNP:
		request->no_new_privileges = true;
		return 0;
	case FLAG_APPARMOR:
		request->apparmor = optarg;
		return 0;
	case FLAG_LABEL:
		request->label = optarg;
		return 0;
	case FLAG_IGNORED:
		return 0;
	case 'g':
	case FLAG_PRESERVE:
		return take_number_flag(c, request, flag, err);
	case 'e':
		if (request->env_count == 256)
			return error_set(err, 0, "exec: more than 256 --env");
		request->env[request->env_count++] = optarg;
		return 0;
	case 'c':
		if (request->cap_count == 64)
			return error_set(err, 0, "exec: more than 64 --cap");
		request->caps[request->cap_count++] = optarg;
		return 0;
	default:
		return error_set(err, 0, "exec: unknown flag");
	}
}

static int read_process_file(struct container *c, const char *path, struct error *err)
{
	size_t size;
	cleanup_free char *text = read_file_at(AT_FDCWD, path, PROCESS_LIMIT, &size, err);
	json_t *json = text ? json_parse(text, size, path, err) : NULL;
	if (!json)
		return -1;
	struct reader r = {.arena = &c->spec.arena, .err = err};
	c->process = arena_alloc(&c->spec.arena, sizeof *c->process);
	spec_read_process(&r, json, "process", c->process);
	spec_read_user_annotations(&r, read_object(&r, json, "process", "annotations"), c->process);
	/* The document lives as long as the spec, because strings point into it. */
	json_object_set_new(c->spec.json, "io.hawser.exec", json);
	return r.failed ? -1 : 0;
}

/* "uid[:gid]", numbers only: names belong to the container's files, which are not read here. */
static int set_user(struct process *process, const char *user, struct error *err)
{
	char text[32];
	uint64_t uid, gid = 0;
	if (snprintf(text, sizeof text, "%s", user) >= (int)sizeof text)
		return error_set(err, 0, "exec: --user must be UID[:GID], not '%s'", user);
	char *colon = strchr(text, ':');
	if (colon)
		*colon = 0;
	if (!parse_u64(text, UINT32_MAX - 1, &uid) || (colon && !parse_u64(colon + 1, UINT32_MAX - 1, &gid)))
		return error_set(err, 0, "exec: --user must be UID[:GID], not '%s'", user);
	process->user_name = process->group_names = NULL;
	process->uid = (uid_t)uid;
	if (colon)
		process->gid = (gid_t)gid;
	return 0;
}

static int add_caps(struct process *process, const struct request *request, struct error *err)
{
	for (size_t i = 0; i < request->cap_count; i++) {
		int cap = caps_number(request->caps[i]);
		if (cap < 0)
			return error_set(err, 0, "exec: '%s' is not a capability", request->caps[i]);
		process->caps[CAPS_BOUNDING] |= UINT64_C(1) << cap;
		process->caps[CAPS_EFFECTIVE] |= UINT64_C(1) << cap;
		process->caps[CAPS_PERMITTED] |= UINT64_C(1) << cap;
	}
	return 0;
}

static void set_lists(struct container *c, const struct request *request, int argc, char **argv)
{
	struct process *process = c->process;
	struct strings env = {arena_alloc(&c->spec.arena, (process->env.count + request->env_count + 1) * sizeof(char *)), 0};
	for (size_t i = 0; i < process->env.count; i++)
		env.list[env.count++] = process->env.list[i];
	for (size_t i = 0; i < request->env_count; i++)
		env.list[env.count++] = request->env[i];
	process->env = env;
	process->args = (struct strings){(const char **)(uintptr_t)argv, (size_t)argc};
	if (request->gid_count) {
		process->groups = arena_alloc(&c->spec.arena, request->gid_count * sizeof *process->groups);
		memcpy(process->groups, request->gids, request->gid_count * sizeof *process->groups);
		process->group_count = request->gid_count;
	}
}

static int build_process(struct container *c, const struct request *request, int argc, char **argv, struct error *err)
{
	if (request->process_file)
		return read_process_file(c, request->process_file, err);
	if (argc == 0)
		return error_set(err, 0, "exec: the command is missing");
	struct process *process = c->process;
	process->terminal = request->terminal;
	process->no_new_privileges |= request->no_new_privileges;
	if (request->cwd)
		process->cwd = request->cwd;
	if (*process->cwd != '/')
		return error_set(err, 0, "exec: --cwd must be absolute, not '%s'", process->cwd);
	if (request->apparmor)
		process->apparmor = request->apparmor;
	if (request->label)
		process->selinux = request->label;
	set_lists(c, request, argc, argv);
	if (request->user && set_user(process, request->user, err) < 0)
		return -1;
	return add_caps(process, request, err);
}

/* The child's side. */

static int enter_cgroup(struct container *c, struct error *err)
{
	return cgroup_enter(&c->cgroup, err);
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
		if (c->spec.namespaces[kind].wanted)
			joined |= all[kind];
	return joined;
}

static int join(struct container *c, struct error *err)
{
	if (setns(c->pidfd, (int)join_flags(c)) < 0)
		return error_set(err, errno, "join the namespaces of container %s", c->id);
	close(steal_fd(&c->pidfd));
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

static const struct step child_steps[] = {
	{"session keyring", process_keyring, NULL},
	{"cgroup", enter_cgroup, NULL},
	{"namespaces", join, NULL},
	{"procfs", procfs_open, procfs_is_needed},
	{"user", user_resolve, user_is_named},
	{"terminal", terminal_make, NULL},
	{"working folder", process_cwd, NULL},
	{"limits", process_limits, NULL},
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
	int got = sync_receive(c->sync_parent, &frame, err);
	if (got <= 0)
		return got;
	error_set(err, 0, "%s", frame.text);
	err->code = frame.code;
	return -1;
}

static int launch(struct container *c, struct state *state, const struct request *request, struct foreground *foreground, struct error *err)
{
	if (!request->detach && foreground_open(foreground, c, err) < 0)
		return -1;
	if (lsm_check(c, err) < 0 || filter_prepare(c, err) < 0 || terminal_connect(c, err) < 0 || open_cgroups(c, err) < 0)
		return -1;
	if (make_child(c, state->pid, err) < 0)
		return -1;
	if (wait_for_exec(c, err) < 0 || (c->launch.pid_file && write_pid_file(c->launch.pid_file, c->pid, err) < 0)) {
		kill(c->pid, SIGKILL);
		waitpid(c->pid, NULL, 0);
		return -1;
	}
	return 0;
}

static int prepare(struct container *c, struct state *state, const struct request *request, int argc, char **argv, struct error *err)
{
	const char *status = state_status(state);
	if (strcmp(status, "running") != 0)
		return error_set(err, 0, "container %s is %s, and exec needs a running one", state->id, status);
	c->pidfd = state_pidfd(state, err);
	c->config = c->pidfd < 0 ? NULL : read_file_at(state->dir, "config.json", SPEC_LIMIT, &c->config_size, err);
	if (!c->config || spec_parse(&c->spec, c->config, c->config_size, err) < 0)
		return -1;
	c->cgroup = state->cgroup;
	return build_process(c, request, argc, argv, err);
}

int verb_exec(const struct options *options, int argc, char **argv, struct error *err)
{
	struct container c;
	struct request request = {0};
	cleanup_close int root = -1;
	cleanup_state struct state state = {.dir = -1};
	container_init(&c, options);
	c.launch.joins = true;
	for (int flag; (flag = getopt_long(argc, argv, "+p:tde:u:g:c:", flags, NULL)) != -1;)
		if (take_flag(&c, &request, flag, err) < 0)
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
