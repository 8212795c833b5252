/* create, run, start: the verbs that bring a container to life. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "create.h"
#include "flags.h"
#include "foreground.h"
#include "state.h"
#include "util.h"
#include "verbs.h"

enum { FLAG_CONSOLE = 256, FLAG_PID_FILE, FLAG_PRESERVE, FLAG_NO_PIVOT, FLAG_NO_KEYRING, FLAG_KEEP, FLAG_IGNORED };
static const struct option create_flags[] = {
	{"bundle", required_argument, NULL, 'b'},
	{"config", required_argument, NULL, 'f'},
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
	const char *config; /* another file than the bundle's config.json */
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
	while ((flag = flag_next(argc, argv, "+:b:f:d", create_flags, err)) > 0) {
		if (flag == 'b')
			request->bundle = optarg;
		else if (flag == 'f')
			request->config = optarg;
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
	}
	return flag < 0 ? -1 : one_id(argc, argv, err);
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
	c->config_path = request->config;
	const char **const paths[] = {&c->launch.pid_file, &c->launch.console_socket, &c->config_path};
	for (size_t i = 0; i < 3; i++)
		if (*paths[i] && **paths[i] != '/')
			*paths[i] = arena_print(&c->spec.arena, "%s/%s", here, *paths[i]);
	return 0;
}

static int prepare(struct container *c, struct create_request *request, int argc, char **argv, struct error *err)
{
	request->bundle = ".";
	if (take_create_flags(c, request, argc, argv, err) < 0)
		return -1;
	c->id = argv[optind];
	if (!state_id_is_good(c->id))
		return error_set(err, 0,
			"invalid character in container ID '%s', or too many: letters, digits and _+-. are good, 255 of them", c->id);
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
	return only_id(argc, argv, err) < 0 ? -1 : start_container(options, argv[optind], err);
}
