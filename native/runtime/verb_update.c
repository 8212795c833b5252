/* update: other limits for a container that is there. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "flags.h"
#include "state.h"
#include "unit.h"
#include "util.h"
#include "verbs.h"

#define RESOURCES_LIMIT (1u << 20)

/* Each flag is a place in the resources' JSON, so that there is one reader for both forms. */
static const struct row {
	const char *flag, *group, *key;
	bool text;
} rows[] = {
	{"memory", "memory", "limit", false},
	{"memory-reservation", "memory", "reservation", false},
	{"memory-swap", "memory", "swap", false},
	{"kernel-memory", "memory", "kernel", false},
	{"kernel-memory-tcp", "memory", "kernelTCP", false},
	{"cpu-share", "cpu", "shares", false},
	{"cpu-shares", "cpu", "shares", false},
	{"cpu-quota", "cpu", "quota", false},
	{"cpu-period", "cpu", "period", false},
	{"cpu-burst", "cpu", "burst", false},
	{"cpu-rt-period", "cpu", "realtimePeriod", false},
	{"cpu-rt-runtime", "cpu", "realtimeRuntime", false},
	{"cpu-idle", "cpu", "idle", false},
	{"cpuset-cpus", "cpu", "cpus", true},
	{"cpuset-mems", "cpu", "mems", true},
	{"pids-limit", "pids", "limit", false},
	{"blkio-weight", "blockIO", "weight", false},
};
#define ROWS (sizeof rows / sizeof *rows)

/* "64m" as runc takes it, and plain numbers with a sign. */
static bool parse_amount(const char *text, json_int_t *value)
{
	static const char units[] = "bkmgt";
	char digits[32];
	bool negative = *text == '-';
	size_t length = strspn(text + negative, "0123456789");
	uint64_t amount, factor = 1;
	const char *unit = text + negative + length;
	if (!length || length >= sizeof digits)
		return false;
	snprintf(digits, sizeof digits, "%.*s", (int)length, text + negative);
	const char *at = *unit ? strchr(units, *unit | 0x20) : units;
	if (!at || !*at || (*unit && unit[1]) || !parse_u64(digits, INT64_MAX, &amount))
		return false;
	for (; at > units; at--)
		factor *= 1024;
	if (amount > INT64_MAX / factor)
		return false;
	*value = (json_int_t)(amount * factor) * (negative ? -1 : 1);
	return true;
}

static int take_row(json_t *json, const struct row *row, const char *text, struct error *err)
{
	json_int_t number = 0;
	if (!row->text && !parse_amount(text, &number))
		return error_set(err, 0, "update: --%s must be a number, not '%s'", row->flag, text);
	json_t *group = json_object_get(json, row->group);
	if (!group) {
		group = json_object();
		json_object_set_new(json, row->group, group);
	}
	json_object_set_new(group, row->key, row->text ? json_string(text) : json_integer(number));
	return 0;
}

/* Standard input is read as descriptor 0: where the caller is there may be no /dev/stdin. */
static json_t *read_resources(const char *path, struct error *err)
{
	size_t size = 0;
	cleanup_free char *text = NULL;
	if (strcmp(path, "-") == 0) {
		text = malloc(RESOURCES_LIMIT + 1);
		ssize_t n = text ? read_full(STDIN_FILENO, text, RESOURCES_LIMIT + 1) : -1;
		if (n < 0 || n > RESOURCES_LIMIT) {
			error_set(err, n < 0 ? errno : EFBIG, "update: read the resources from stdin");
			return NULL;
		}
		size = (size_t)n;
	} else {
		text = read_file_at(AT_FDCWD, path, RESOURCES_LIMIT, &size, err);
	}
	return text ? json_parse(text, size, "resources", err) : NULL;
}

static int take_flags(int argc, char **argv, json_t **json, struct error *err)
{
	struct option flags[ROWS + 2] = {{"resources", required_argument, NULL, 'r'}};
	for (size_t i = 0; i < ROWS; i++)
		flags[i + 1] = (struct option){rows[i].flag, required_argument, NULL, 256 + (int)i};
	int flag;
	while ((flag = flag_next(argc, argv, "+:r:", flags, err)) > 0) {
		if (flag == 'r') {
			json_decref(*json);
			*json = read_resources(optarg, err);
			if (!*json)
				return -1;
		} else if (take_row(*json, &rows[flag - 256], optarg, err) < 0) {
			return -1;
		}
	}
	return flag < 0 ? -1 : one_id(argc, argv, err);
}

static int update(const struct options *options, const char *id, const json_t *json, struct error *err)
{
	cleanup_close int root = -1;
	cleanup_state struct state state = {.dir = -1};
	struct resources resources;
	struct reader r = {.arena = &state.arena, .err = err};
	if (load(options, id, &root, &state, err) < 0)
		return -1;
	spec_read_resources(&r, json, "linux.resources", &resources);
	if (r.failed)
		return -1;
	if (!state_is_alive(&state))
		return error_set(err, 0, "container %s is stopped", id);
	/* v2's checks for what a file is there look into the folder. */
	for (size_t i = 0; i < state.cgroup.count; i++)
		state.cgroup.list[i].fd = open(state.cgroup.list[i].path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (cgroup_check_memory(&state.cgroup, &resources, err) < 0)
		return -1;
	if (state.cgroup.unit && unit_update(options, &state.cgroup, &resources, err) < 0)
		return -1;
	return cgroup_apply(&state.cgroup, &resources, err);
}

int verb_update(const struct options *options, int argc, char **argv, struct error *err)
{
	json_t *json = json_object();
	int result = take_flags(argc, argv, &json, err);
	if (result == 0)
		result = update(options, argv[optind], json, err);
	json_decref(json);
	return result;
}
