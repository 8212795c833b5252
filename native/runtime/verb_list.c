/* state, list, ps: what there is, read and told. */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "flags.h"
#include "state.h"
#include "util.h"
#include "verbs.h"

int verb_state(const struct options *options, int argc, char **argv, struct error *err)
{
	cleanup_close int root = -1;
	cleanup_state struct state state = {.dir = -1};
	if (only_id(argc, argv, err) < 0 || load(options, argv[optind], &root, &state, err) < 0)
		return -1;
	const char *status = state_status(&state);
	cleanup_free char *text =
		state_text(state.id, status, strcmp(status, "stopped") == 0 ? 0 : state.pid, state.bundle, state.annotations, &state);
	if (!text)
		return error_set(err, ENOMEM, "state of container %s", state.id);
	puts(text);
	return 0;
}

struct listing {
	bool json, quiet;
	json_t *array;
};

static void list_one(struct listing *listing, int root, const char *id)
{
	struct error err;
	cleanup_state struct state state = {.dir = -1};
	if (state_load(&state, root, id, &err) < 0)
		return;
	const char *status = state_status(&state);
	int pid = strcmp(status, "stopped") == 0 ? 0 : (int)state.pid;
	if (listing->json) {
		cleanup_free char *text = state_text(id, status, pid, state.bundle, state.annotations, &state);
		json_array_append_new(listing->array, text ? json_loads(text, 0, NULL) : json_null());
	} else if (listing->quiet) {
		puts(id);
	} else {
		printf("%-40s %-8d %-9s %-40s %s\n", id, pid, status, state.bundle, state.created ? state.created : "");
	}
}

static int list_all(struct listing *listing, int root, struct error *err)
{
	cleanup_dir DIR *dir = fdopendir(dup(root));
	if (!dir)
		return error_set(err, errno, "list the state folder");
	if (!listing->json && !listing->quiet)
		printf("%-40s %-8s %-9s %-40s %s\n", "ID", "PID", "STATUS", "BUNDLE", "CREATED");
	for (struct dirent *entry; (entry = readdir(dir));)
		if (entry->d_type == DT_DIR && state_id_is_good(entry->d_name))
			list_one(listing, root, entry->d_name);
	if (!listing->json)
		return 0;
	cleanup_free char *text = json_dumps(listing->array, JSON_COMPACT);
	puts(text ? text : "[]");
	return 0;
}

static bool take_format(const char *word, bool *json)
{
	*json = strcmp(word, "json") == 0;
	return *json || strcmp(word, "table") == 0;
}

int verb_list(const struct options *options, int argc, char **argv, struct error *err)
{
	static const struct option flags[] = {{"format", required_argument, NULL, 'f'}, {"quiet", no_argument, NULL, 'q'}, {0}};
	struct listing listing = {0};
	int flag;
	while ((flag = flag_next(argc, argv, "+:f:q", flags, err)) > 0) {
		if (flag == 'q')
			listing.quiet = true;
		else if (!take_format(optarg, &listing.json))
			return error_set(err, 0, "list: --format is table or json, not '%s'", optarg);
	}
	if (flag < 0)
		return -1;
	cleanup_close int root = -1;
	if (state_open_root(options->root, &root, err) < 0)
		return -1;
	listing.array = json_array();
	int result = list_all(&listing, root, err);
	json_decref(listing.array);
	return result;
}

static void print_process(pid_t pid)
{
	char path[64], line[1024] = "", command[256] = "";
	struct stat st;
	snprintf(path, sizeof path, "/proc/%d", (int)pid);
	cleanup_close int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_close int stat_fd = dir < 0 ? -1 : openat(dir, "stat", O_RDONLY | O_CLOEXEC);
	cleanup_close int command_fd = dir < 0 ? -1 : openat(dir, "cmdline", O_RDONLY | O_CLOEXEC);
	if (stat_fd < 0 || fstat(dir, &st) < 0 || read_full(stat_fd, line, sizeof line - 1) <= 0)
		return;
	ssize_t size = command_fd < 0 ? 0 : read_full(command_fd, command, sizeof command - 1);
	for (ssize_t i = 0; i < size; i++)
		if ((unsigned char)command[i] < 0x20 || command[i] == 0x7f)
			command[i] = ' ';
	char letter = '?', *tail = strrchr(line, ')'), *name = strchr(line, '(');
	int parent = 0;
	if (tail && name && sscanf(tail + 1, " %c %d", &letter, &parent) == 2)
		printf("%-8u %-8d %-8d %c  %.*s\n", (unsigned)st.st_uid, (int)pid, parent, letter, 200, *command ? command : name);
}

int verb_ps(const struct options *options, int argc, char **argv, struct error *err)
{
	static const struct option flags[] = {{"format", required_argument, NULL, 'f'}, {0}};
	bool json = false;
	int flag;
	while ((flag = flag_next(argc, argv, "+:f:", flags, err)) > 0)
		if (!take_format(optarg, &json))
			return error_set(err, 0, "ps: --format is table or json, not '%s'", optarg);
	cleanup_close int root = -1;
	cleanup_state struct state state = {.dir = -1};
	if (flag < 0 || one_id(argc, argv, err) < 0 || load(options, argv[optind], &root, &state, err) < 0)
		return -1;
	cleanup_free pid_t *pids = NULL;
	size_t count;
	if (cgroup_pids(&state.cgroup, &pids, &count, err) < 0)
		return -1;
	/* Without a cgroup the first process is all that is known. */
	if (state.cgroup.count == 0 && state_is_alive(&state) && (pids = malloc(sizeof *pids)))
		pids[count++] = state.pid;
	printf("%s", json ? "[" : "UID      PID      PPID     S  COMMAND\n");
	for (size_t i = 0; pids && i < count; i++) {
		if (json)
			printf("%s%d", i ? "," : "", (int)pids[i]);
		else
			print_process(pids[i]);
	}
	printf("%s", json ? "]\n" : "");
	return 0;
}
