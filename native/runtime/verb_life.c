/* kill, delete, pause, resume: the verbs for a container that is there. */
#include <errno.h>
#include <fcntl.h>
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
#include "flags.h"
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

int only_id(int argc, char **argv, struct error *err)
{
	static const struct option none[] = {{0}};
	return flag_next(argc, argv, "+:", none, err) < 0 ? -1 : one_id(argc, argv, err);
}

int load(const struct options *options, const char *id, int *root, struct state *state, struct error *err)
{
	if (state_open_root(options->root, root, err) < 0)
		return -1;
	return state_load(state, *root, id, err);
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
	int flag;
	while ((flag = flag_next(argc, argv, "+:a", flags, err)) > 0)
		all = true;
	if (flag < 0 || one_id(argc, argv, err) < 0)
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
	int flag;
	while ((flag = flag_next(argc, argv, "+:f", flags, err)) > 0)
		force = true;
	if (flag < 0 || one_id(argc, argv, err) < 0)
		return -1;
	return delete_container(options, argv[optind], force, err);
}

static int set_frozen(const struct options *options, int argc, char **argv, bool frozen, struct error *err)
{
	cleanup_close int root = -1;
	cleanup_state struct state state = {.dir = -1};
	if (only_id(argc, argv, err) < 0 || load(options, argv[optind], &root, &state, err) < 0)
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
