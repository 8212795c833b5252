/* create, run, start, kill, delete, pause, resume: the verbs of a container's life. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "create.h"
#include "foreground.h"
#include "state.h"
#include "util.h"
#include "verbs.h"

int one_id(int argc, char **argv, struct error *err)
{
	if (optind >= argc)
		return error_set(err, 0, "%s: the container's id is missing", argv[0]);
	return 0;
}

int load(const struct options *options, const char *id, int *root, struct state *state, struct error *err)
{
	if (state_open_root(options->root, root, err) < 0)
		return -1;
	return state_load(state, *root, id, err);
}

enum { FLAG_CONSOLE = 256, FLAG_PID_FILE, FLAG_PRESERVE, FLAG_NO_PIVOT, FLAG_NO_KEYRING, FLAG_KEEP, FLAG_IGNORED };
static const struct option create_flags[] = {
	{"bundle", required_argument, NULL, 'b'},
	{"console-socket", required_argument, NULL, FLAG_CONSOLE},
	{"pid-file", required_argument, NULL, FLAG_PID_FILE},
	{"preserve-fds", required_argument, NULL, FLAG_PRESERVE},
	{"no-new-keyring", no_argument, NULL, FLAG_NO_KEYRING},
	{"no-pivot", no_argument, NULL, FLAG_NO_PIVOT},
	{"no-subreaper", no_argument, NULL, FLAG_IGNORED},
	{"detach", no_argument, NULL, 'd'},
	{"keep", no_argument, NULL, FLAG_KEEP},
	{0},
};

struct create_request {
	const char *bundle;
	bool detach, keep;
};

static int take_preserve(struct container *c, const char *text, struct error *err)
{
	uint64_t count;
	if (!parse_u64(text, 1024, &count))
		return error_set(err, 0, "--preserve-fds must be a number up to 1024, not '%s'", text);
	c->launch.preserve_fds = (int)count;
	for (int fd = 3; fd < 3 + c->launch.preserve_fds; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			return error_set(err, errno, "--preserve-fds %s: descriptor %d", text, fd);
	return 0;
}

static int take_create_flags(struct container *c, struct create_request *request, int argc, char **argv, struct error *err)
{
	int flag;
	while ((flag = getopt_long(argc, argv, "+b:d", create_flags, NULL)) != -1) {
		if (flag == 'b')
			request->bundle = optarg;
		else if (flag == 'd')
			request->detach = true;
		else if (flag == FLAG_KEEP)
			request->keep = true;
		else if (flag == FLAG_CONSOLE)
			c->launch.console_socket = optarg;
		else if (flag == FLAG_PID_FILE)
			c->launch.pid_file = optarg;
		else if (flag == FLAG_NO_KEYRING)
			c->launch.no_new_keyring = true;
		else if (flag == FLAG_PRESERVE && take_preserve(c, optarg, err) < 0)
			return -1;
		else if (flag == FLAG_NO_PIVOT)
			return error_set(err, 0, "--no-pivot is not supported: it would leave the host's root in reach");
		else if (flag == '?')
			return error_set(err, 0, "%s: unknown flag", argv[0]);
	}
	return one_id(argc, argv, err);
}

/* Everything is named absolutely from here on: the working folder changes on the way. */
static int set_paths(struct container *c, const struct create_request *request, struct error *err)
{
	char full[PATH_MAX];
	if (!realpath(request->bundle, full))
		return error_set(err, errno, "bundle %s", request->bundle);
	c->bundle = arena_print(&c->spec.arena, "%s", full);
	char here[PATH_MAX];
	if (!getcwd(here, sizeof here))
		return error_set(err, errno, "find the working folder");
	const char **const paths[] = {&c->launch.pid_file, &c->launch.console_socket};
	for (size_t i = 0; i < 2; i++)
		if (*paths[i] && **paths[i] != '/') {
			char *joined = NULL;
			if (asprintf(&joined, "%s/%s", here, *paths[i]) < 0)
				return error_set(err, ENOMEM, "paths");
			*paths[i] = joined;
		}
	return 0;
}

static int prepare(struct container *c, struct create_request *request, int argc, char **argv, struct error *err)
{
	request->bundle = ".";
	if (take_create_flags(c, request, argc, argv, err) < 0)
		return -1;
	c->id = argv[optind];
	if (!state_id_is_good(c->id))
		return error_set(err, 0, "'%s' is not a container id: use letters, digits and _+-. (at most 255)", c->id);
	return set_paths(c, request, err) < 0 ? -1 : create_read(c, err);
}

int verb_create(const struct options *options, int argc, char **argv, struct error *err)
{
	struct container c;
	struct create_request request = {0};
	container_init(&c, options);
	int result = prepare(&c, &request, argc, argv, err);
	if (result == 0)
		result = create_container(&c, err);
	container_finish(&c);
	return result;
}

int wait_code(pid_t pid)
{
	int status;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 1;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int start_or_delete(const struct options *options, struct container *c, struct error *err)
{
	if (start_container(options, c->id, err) == 0)
		return 0;
	struct error ignored;
	delete_container(options, c->id, true, &ignored);
	return -1;
}

static int run_foreground(const struct options *options, struct container *c, const struct create_request *request,
	struct foreground *foreground, struct error *err)
{
	if (start_or_delete(options, c, err) < 0)
		return -1;
	if (request->detach)
		return 0;
	int code = foreground_wait(foreground, c->pid);
	return !request->keep && delete_container(options, c->id, true, err) < 0 ? -1 : code;
}

int verb_run(const struct options *options, int argc, char **argv, struct error *err)
{
	struct container c;
	struct create_request request = {0};
	struct foreground foreground = FOREGROUND_INIT;
	container_init(&c, options);
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	int result = prepare(&c, &request, argc, argv, err);
	if (result == 0 && !request.detach)
		result = foreground_open(&foreground, &c, err);
	if (result == 0)
		result = create_container(&c, err);
	if (result == 0)
		result = run_foreground(options, &c, &request, &foreground, err);
	foreground_finish(&foreground);
	container_finish(&c);
	return result;
}

int verb_start(const struct options *options, int argc, char **argv, struct error *err)
{
	static const struct option flags[] = {{0}};
	if (getopt_long(argc, argv, "+", flags, NULL) != -1)
		return error_set(err, 0, "start: unknown flag");
	return one_id(argc, argv, err) < 0 ? -1 : start_container(options, argv[optind], err);
}

static int signal_number(const char *name)
{
	uint64_t number;
	if (parse_u64(name, 64, &number))
		return number ? (int)number : -1;
	if (strncasecmp(name, "SIG", 3) == 0)
		name += 3;
	for (int i = 1; i < 32; i++)
		if (sigabbrev_np(i) && strcasecmp(sigabbrev_np(i), name) == 0)
			return i;
	if (strncasecmp(name, "RTMIN+", 6) == 0 && parse_u64(name + 6, 30, &number))
		return SIGRTMIN + (int)number;
	if (strncasecmp(name, "RTMAX-", 6) == 0 && parse_u64(name + 6, 30, &number))
		return SIGRTMAX - (int)number;
	return strcasecmp(name, "RTMIN") == 0 ? SIGRTMIN : strcasecmp(name, "RTMAX") == 0 ? SIGRTMAX : -1;
}

static int signal_all(struct state *state, int number, struct error *err)
{
	cleanup_free pid_t *pids = NULL;
	size_t count;
	if (number == SIGKILL)
		return cgroup_kill(&state->cgroup, err);
	if (cgroup_pids(&state->cgroup, &pids, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		kill(pids[i], number);
	return 0;
}

int verb_kill(const struct options *options, int argc, char **argv, struct error *err)
{
	static const struct option flags[] = {{"all", no_argument, NULL, 'a'}, {0}};
	bool all = false;
	for (int flag; (flag = getopt_long(argc, argv, "+a", flags, NULL)) != -1;) {
		if (flag == '?')
			return error_set(err, 0, "kill: unknown flag");
		all = true;
	}
	if (one_id(argc, argv, err) < 0)
		return -1;
	const char *id = argv[optind], *name = optind + 1 < argc ? argv[optind + 1] : "TERM";
	int number = signal_number(name);
	if (number < 0)
		return error_set(err, 0, "kill: '%s' is not a signal", name);
	cleanup_close int root = -1;
	cleanup_state struct state state = {.dir = -1};
	if (load(options, id, &root, &state, err) < 0)
		return -1;
	if (all)
		return signal_all(&state, number, err);
	cleanup_close int pidfd = state_pidfd(&state, err);
	if (pidfd < 0)
		return -1;
	if (pidfd_send_signal(pidfd, number, NULL, 0) < 0)
		return error_set(err, errno, "send signal %d to container %s", number, id);
	/* A frozen process of v1 would die only when it is thawed. */
	if (number == SIGKILL && cgroup_is_frozen(&state.cgroup))
		return cgroup_freeze(&state.cgroup, false, err);
	return 0;
}

/* A container without a pid namespace of its own leaves processes behind when its first one ends. */
static int end_all(struct state *state, struct error *err)
{
	cleanup_close int pidfd = state_pidfd(state, NULL);
	if (pidfd >= 0)
		pidfd_send_signal(pidfd, SIGKILL, NULL, 0);
	if (cgroup_kill(&state->cgroup, err) < 0)
		return -1;
	struct pollfd event = {.fd = pidfd, .events = POLLIN};
	if (pidfd >= 0 && poll(&event, 1, 10000) == 0)
		return error_set(err, 0, "container %s does not end: process %d hangs in the kernel", state->id, (int)state->pid);
	return 0;
}

static int poststop_hooks(const struct options *options, const struct state *state, struct error *err)
{
	size_t size;
	struct container c;
	container_init(&c, options);
	c.id = state->id;
	c.bundle = state->bundle;
	c.config = read_file_at(state->dir, "config.json", SPEC_LIMIT, &size, err);
	int result = 0;
	if (c.config && strstr(c.config, "\"poststop\"") && spec_parse(&c.spec, c.config, size, err) == 0)
		result = hooks_run(&c, HOOK_POSTSTOP, "stopped", err);
	container_finish(&c);
	return result;
}

/* A create that was cut short before its state was written left only the folder. */
static int delete_unwritten(int root, const char *id, struct error *err)
{
	if (!state_id_is_good(id) || faccessat(root, id, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	state_remove(root, id);
	return faccessat(root, id, F_OK, AT_SYMLINK_NOFOLLOW) < 0 ? 0 : error_set(err, 0, "remove the state folder of %s", id);
}

int delete_container(const struct options *options, const char *id, bool force, struct error *err)
{
	cleanup_close int root = -1;
	cleanup_state struct state state = {.dir = -1};
	if (load(options, id, &root, &state, err) < 0)
		return force && root >= 0 ? delete_unwritten(root, id, err) : -1;
	const char *status = state_status(&state);
	bool ended = strcmp(status, "stopped") == 0;
	if (!ended && !force)
		return error_set(err, 0, "container %s is %s: stop it first, or delete it with --force", id, status);
	if (end_all(&state, err) < 0 || cgroup_remove(&state.cgroup, root, err) < 0)
		return -1;
	/* The container is gone whatever its hooks say; they run while its state can still be asked for. */
	int result = poststop_hooks(options, &state, err);
	state_remove(root, id);
	return result;
}

int verb_delete(const struct options *options, int argc, char **argv, struct error *err)
{
	static const struct option flags[] = {{"force", no_argument, NULL, 'f'}, {0}};
	bool force = false;
	for (int flag; (flag = getopt_long(argc, argv, "+f", flags, NULL)) != -1;) {
		if (flag == '?')
			return error_set(err, 0, "delete: unknown flag");
		force = true;
	}
	return one_id(argc, argv, err) < 0 ? -1 : delete_container(options, argv[optind], force, err);
}

static int set_frozen(const struct options *options, int argc, char **argv, bool frozen, struct error *err)
{
	cleanup_close int root = -1;
	cleanup_state struct state state = {.dir = -1};
	optind = 1;
	if (one_id(argc, argv, err) < 0 || load(options, argv[optind], &root, &state, err) < 0)
		return -1;
	const char *status = state_status(&state);
	if (frozen ? strcmp(status, "running") != 0 && strcmp(status, "created") != 0 : strcmp(status, "paused") != 0)
		return error_set(err, 0, "container %s is %s and cannot be %s", state.id, status, frozen ? "paused" : "resumed");
	return cgroup_freeze(&state.cgroup, frozen, err);
}

int verb_pause(const struct options *options, int argc, char **argv, struct error *err)
{
	return set_frozen(options, argc, argv, true, err);
}

int verb_resume(const struct options *options, int argc, char **argv, struct error *err)
{
	return set_frozen(options, argc, argv, false, err);
}
