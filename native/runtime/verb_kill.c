/* kill: a signal to the first process of a container, or to all. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <strings.h>
#include <sys/pidfd.h>

#include "flags.h"
#include "state.h"
#include "util.h"
#include "verbs.h"

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

struct signal_request {
	int number;
	bool all;
};

static int kill_container(const struct options *options, const char *id, const void *more, struct error *err)
{
	const struct signal_request *request = more;
	cleanup_close int root = -1;
	cleanup_state struct state state = {.dir = -1};
	if (load(options, id, &root, &state, err) < 0)
		return -1;
	if (request->all)
		return signal_all(&state, request->number, err);
	cleanup_close int pidfd = state_pidfd(&state, err);
	if (pidfd < 0)
		return -1;
	if (pidfd_send_signal(pidfd, request->number, NULL, 0) < 0)
		return error_set(err, errno, "send signal %d to container %s", request->number, id);
	/* A frozen process of v1 would die only when it is thawed. */
	if (request->number == SIGKILL && cgroup_is_frozen(&state.cgroup))
		return cgroup_freeze(&state.cgroup, false, err);
	return 0;
}

int verb_kill(const struct options *options, int argc, char **argv, struct error *err)
{
	static const struct option flags[] = {{"all", no_argument, NULL, 'a'}, {"regex", no_argument, NULL, 'r'}, {0}};
	struct signal_request request = {0};
	bool regex = false;
	int flag;
	while ((flag = flag_next(argc, argv, "+:ar", flags, err)) > 0)
		*(flag == 'a' ? &request.all : &regex) = true;
	if (flag < 0 || one_id(argc, argv, err) < 0)
		return -1;
	const char *id = argv[optind], *name = optind + 1 < argc ? argv[optind + 1] : "TERM";
	request.number = signal_number(name);
	if (request.number < 0)
		return error_set(err, 0, "kill: '%s' is not a signal", name);
	return regex ? each_matching(options, id, kill_container, &request, err) : kill_container(options, id, &request, err);
}
