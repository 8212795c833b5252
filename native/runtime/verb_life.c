/* delete, pause, resume; and what all verbs for containers that are there have in common. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <regex.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "create.h"
#include "flags.h"
#include "foreground.h"
#include "state.h"
#include "unit.h"
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

/* The list is made first: what is done may take containers away. */
static int list_matching(int root, const regex_t *pattern, struct strings *found, struct arena *arena)
{
	cleanup_dir DIR *dir = fdopendir(dup(root));
	size_t room = 0;
	for (struct dirent *entry; dir && (entry = readdir(dir));) {
		if (!state_id_is_good(entry->d_name) || regexec(pattern, entry->d_name, 0, NULL, 0) != 0)
			continue;
		if (found->count == room) {
			const char **grown = arena_alloc(arena, (room = room * 2 + 16) * sizeof *grown);
			memcpy(grown, found->list, found->count * sizeof *grown);
			found->list = grown;
		}
		found->list[found->count++] = arena_print(arena, "%s", entry->d_name);
	}
	return dir ? 0 : -1;
}

int each_matching(const struct options *options, const char *pattern,
	int (*act)(const struct options *options, const char *id, const void *more, struct error *err), const void *more, struct error *err)
{
	regex_t compiled;
	struct arena arena = {0};
	struct strings found = {arena_alloc(&arena, sizeof *found.list), 0};
	cleanup_close int root = -1;
	if (state_open_root(options->root, &root, err) < 0)
		return -1;
	if (regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB) != 0)
		return error_set(err, 0, "'%s' is not a regular expression", pattern);
	int result = list_matching(root, &compiled, &found, &arena) < 0 ? error_set(err, errno, "list the state folder") : 0;
	regfree(&compiled);
	for (size_t i = 0; result == 0 && i < found.count; i++)
		result = act(options, found.list[i], more, err);
	arena_finish(&arena);
	return result;
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
	if (end_all(&state, err) < 0)
		return -1;
	/* Before its folder goes: systemd would wait for news from that. Empty it ends by itself, too: no reason to keep the container. */
	struct error left = {0};
	if (state.cgroup.unit && unit_stop(options, state.cgroup.unit, &left) < 0)
		log_write(&options->log, LOG_WARNING, left.text);
	if (cgroup_remove(&state.cgroup, root, err) < 0)
		return -1;
	/* The container is gone whatever its hooks say; they run while its state can still be asked for. */
	int result = poststop_hooks(options, &state, err);
	state_remove(root, id);
	return result;
}

static int delete_forced(const struct options *options, const char *id, const void *more, struct error *err)
{
	return delete_container(options, id, *(const bool *)more, err);
}

int verb_delete(const struct options *options, int argc, char **argv, struct error *err)
{
	static const struct option flags[] = {{"force", no_argument, NULL, 'f'}, {"regex", no_argument, NULL, 'r'}, {0}};
	bool force = false, regex = false;
	int flag;
	while ((flag = flag_next(argc, argv, "+:fr", flags, err)) > 0)
		*(flag == 'f' ? &force : &regex) = true;
	if (flag < 0 || one_id(argc, argv, err) < 0)
		return -1;
	const char *id = argv[optind];
	return regex ? each_matching(options, id, delete_forced, &force, err) : delete_container(options, id, force, err);
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
