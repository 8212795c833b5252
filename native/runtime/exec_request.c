/* exec's flags, and what process they ask for. */
#include "exec_request.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "caps.h"
#include "flags.h"
#include "util.h"

#define PROCESS_LIMIT (1u << 20)

enum { FLAG_CONSOLE = 256, FLAG_PID_FILE, FLAG_CWD, FLAG_PRESERVE, FLAG_NNP, FLAG_APPARMOR, FLAG_LABEL, FLAG_CGROUP, FLAG_IGNORED };
static const struct option flags[] = {
	{"process", required_argument, NULL, 'p'},
	{"tty", optional_argument, NULL, 't'},
	{"detach", no_argument, NULL, 'd'},
	{"env", required_argument, NULL, 'e'},
	{"user", required_argument, NULL, 'u'},
	{"additional-gids", required_argument, NULL, 'g'},
	{"cap", required_argument, NULL, 'c'},
	{"cwd", required_argument, NULL, FLAG_CWD},
	{"console-socket", required_argument, NULL, FLAG_CONSOLE},
	{"cgroup", required_argument, NULL, FLAG_CGROUP},
	{"pid-file", required_argument, NULL, FLAG_PID_FILE},
	{"preserve-fds", required_argument, NULL, FLAG_PRESERVE},
	{"no-new-privs", no_argument, NULL, FLAG_NNP},
	{"apparmor", required_argument, NULL, FLAG_APPARMOR},
	{"process-label", required_argument, NULL, FLAG_LABEL},
	{"no-subreaper", no_argument, NULL, FLAG_IGNORED},
	{"ignore-paused", no_argument, NULL, FLAG_IGNORED},
	{0},
};

static int take_number_flag(struct container *c, struct exec_request *request, int flag, struct error *err)
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

static int take_flag(struct container *c, struct exec_request *request, int flag, struct error *err)
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
	case FLAG_CGROUP:
		request->cgroup = optarg;
		return 0;
	case FLAG_APPARMOR:
		request->apparmor = optarg;
		return 0;
	case FLAG_LABEL:
		request->label = optarg;
		return 0;
	case 'g':
	case FLAG_PRESERVE:
		return take_number_flag(c, request, flag, err);
	case 'e':
		if (request->env_count == 256)
			return error_set(err, 0, "exec: more than 256 --env");
		if (!strchr(optarg, '=') || *optarg == '=')
			return error_set(err, 0, "exec: --env must be KEY=value, not '%s'", optarg);
		request->env[request->env_count++] = optarg;
		return 0;
	case 'c':
		if (request->cap_count == 64)
			return error_set(err, 0, "exec: more than 64 --cap");
		request->caps[request->cap_count++] = optarg;
		return 0;
	default:
		return 0;
	}
}

int exec_read_process(struct container *c, const char *path, struct error *err)
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

static int add_caps(struct process *process, const struct exec_request *request, struct error *err)
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

/* A variable has one value: programs take the first of two, shells the last. */
static void set_env(struct strings *env, const char *text)
{
	size_t length = strcspn(text, "="), i = 0;
	while (i < env->count && (strncmp(env->list[i], text, length) != 0 || env->list[i][length] != '='))
		i++;
	env->list[i] = text;
	env->count += i == env->count;
}

static void set_lists(struct container *c, const struct exec_request *request, int argc, char **argv)
{
	struct process *process = c->process;
	struct strings env = {arena_alloc(&c->spec.arena, (process->env.count + request->env_count + 1) * sizeof(char *)), 0};
	for (size_t i = 0; i < process->env.count; i++)
		env.list[env.count++] = process->env.list[i];
	for (size_t i = 0; i < request->env_count; i++)
		set_env(&env, request->env[i]);
	process->env = env;
	process->args = (struct strings){(const char **)(uintptr_t)argv, (size_t)argc};
	if (request->gid_count) {
		process->groups = arena_alloc(&c->spec.arena, request->gid_count * sizeof *process->groups);
		memcpy(process->groups, request->gids, request->gid_count * sizeof *process->groups);
		process->group_count = request->gid_count;
	}
}

int exec_build_process(struct container *c, const struct exec_request *request, int argc, char **argv, struct error *err)
{
	if (request->process_file)
		return exec_read_process(c, request->process_file, err);
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

int exec_take_flags(struct container *c, struct exec_request *request, int argc, char **argv, struct error *err)
{
	int flag;
	while ((flag = flag_next(argc, argv, "+:p:tde:u:g:c:", flags, err)) > 0)
		if (take_flag(c, request, flag, err) < 0)
			return -1;
	return flag;
}
