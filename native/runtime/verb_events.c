/* events: what a container uses, as JSON lines in runc's form: once with --stats, else again and again until it ends. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "flags.h"
#include "state.h"
#include "util.h"
#include "verbs.h"

#define FILE_LIMIT (1u << 20)

/* A file of the hierarchy that has the controller; NULL: not there. */
static char *read_cgroup(struct cgroup *cgroup, const char *controller, const char *file)
{
	struct hierarchy *hierarchy = cgroup_with(cgroup, controller);
	char path[PATH_MAX];
	if (!hierarchy)
		return NULL;
	snprintf(path, sizeof path, "%s/%s", hierarchy->path, file);
	return read_file_at(AT_FDCWD, path, FILE_LIMIT, NULL, NULL);
}

/* "max" and what is not there are 0, as runc has it for numbers without a value. */
static json_int_t number(struct cgroup *cgroup, const char *controller, const char *file)
{
	cleanup_free char *text = read_cgroup(cgroup, controller, file);
	return text ? (json_int_t)strtoull(text, NULL, 10) : 0;
}

/* Lines "key value". */
static json_t *table(struct cgroup *cgroup, const char *controller, const char *file)
{
	cleanup_free char *text = read_cgroup(cgroup, controller, file);
	json_t *json = json_object();
	char *save = NULL;
	for (char *line = text ? strtok_r(text, "\n", &save) : NULL; line; line = strtok_r(NULL, "\n", &save)) {
		char *space = strchr(line, ' ');
		if (!space)
			continue;
		*space = 0;
		json_object_set_new(json, line, json_integer((json_int_t)strtoull(space + 1, NULL, 10)));
	}
	return json;
}

static json_int_t member(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

/* Nanoseconds throughout; v2 counts in microseconds, v1's cpuacct.stat in ticks. */
static json_t *cpu(struct cgroup *cgroup)
{
	bool pure = cgroup->pure;
	json_t *stat = table(cgroup, "cpu", "cpu.stat"), *shares = pure ? json_incref(stat) : table(cgroup, "cpuacct", "cpuacct.stat");
	json_int_t tick = 1000000000 / sysconf(_SC_CLK_TCK);
	json_t *json = json_pack("{s:{s:I, s:I, s:I}, s:{s:I, s:I, s:I}}", "usage", "total",
		pure ? member(stat, "usage_usec") * 1000 : number(cgroup, "cpuacct", "cpuacct.usage"), "kernel",
		pure ? member(stat, "system_usec") * 1000 : member(shares, "system") * tick, "user",
		pure ? member(stat, "user_usec") * 1000 : member(shares, "user") * tick, "throttling", "periods",
		member(stat, "nr_periods"), "throttledPeriods", member(stat, "nr_throttled"), "throttledTime",
		pure ? member(stat, "throttled_usec") * 1000 : member(stat, "throttled_time"));
	json_decref(stat);
	json_decref(shares);
	return json;
}

static json_t *memory(struct cgroup *cgroup)
{
	static const char *const files[2][6] = {
		{"memory.usage_in_bytes", "memory.limit_in_bytes", "memory.max_usage_in_bytes", "memory.failcnt",
			"memory.memsw.usage_in_bytes", "memory.memsw.limit_in_bytes"},
		{"memory.current", "memory.max", "memory.peak", "", "memory.swap.current", "memory.swap.max"},
	};
	const char *const *names = files[cgroup->pure];
	json_int_t values[6];
	for (int i = 0; i < 6; i++)
		values[i] = *names[i] ? number(cgroup, "memory", names[i]) : 0;
	json_t *stat = table(cgroup, "memory", "memory.stat");
	return json_pack("{s:I, s:{s:I, s:I, s:I, s:I}, s:{s:I, s:I}, s:o}", "cache", member(stat, cgroup->pure ? "file" : "cache"),
		"usage", "usage", values[0], "limit", values[1], "max", values[2], "failcnt", values[3], "swap", "usage", values[4],
		"limit", values[5], "raw", stat);
}

static char *stats_line(struct state *state)
{
	struct cgroup *cgroup = &state->cgroup;
	json_t *json = json_pack("{s:s, s:s, s:{s:o, s:o, s:{s:I, s:I}}}", "type", "stats", "id", state->id, "data", "cpu", cpu(cgroup),
		"memory", memory(cgroup), "pids", "current", number(cgroup, "pids", "pids.current"), "limit",
		number(cgroup, "pids", "pids.max"));
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
	json_decref(json);
	return text;
}

/* "5s", "500ms", or seconds. */
static bool take_interval(const char *text, struct timespec *interval)
{
	char unit[3] = "s";
	unsigned amount;
	if (sscanf(text, "%7u%2s", &amount, unit) < 1 || !amount || (strcmp(unit, "s") != 0 && strcmp(unit, "ms") != 0))
		return false;
	uint64_t ms = strcmp(unit, "s") == 0 ? amount * UINT64_C(1000) : amount;
	*interval = (struct timespec){(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};
	return true;
}

static int report(struct state *state, bool once, const struct timespec *interval, struct error *err)
{
	if (!state_is_alive(state))
		return error_set(err, 0, "container %s is not running", state->id);
	if (state->cgroup.count == 0)
		return error_set(err, 0, "container %s has no cgroup that counts for it", state->id);
	do {
		cleanup_free char *line = stats_line(state);
		if (!line || printf("%s\n", line) < 0 || fflush(stdout) != 0)
			return error_set(err, errno, "events of container %s", state->id);
	} while (!once && nanosleep(interval, NULL) == 0 && state_is_alive(state));
	return 0;
}

int verb_events(const struct options *options, int argc, char **argv, struct error *err)
{
	static const struct option flags[] = {{"stats", no_argument, NULL, 's'}, {"interval", required_argument, NULL, 'i'}, {0}};
	struct timespec interval = {.tv_sec = 5};
	bool once = false;
	int flag;
	while ((flag = flag_next(argc, argv, "+:", flags, err)) > 0) {
		if (flag == 's')
			once = true;
		else if (!take_interval(optarg, &interval))
			return error_set(err, 0, "events: --interval is a time such as 5s or 500ms, not '%s'", optarg);
	}
	cleanup_close int root = -1;
	cleanup_state struct state state = {.dir = -1};
	if (flag < 0 || one_id(argc, argv, err) < 0 || load(options, argv[optind], &root, &state, err) < 0)
		return -1;
	return report(&state, once, &interval, err);
}

int verb_unsupported(const struct options *options, int argc, char **argv, struct error *err)
{
	(void)options, (void)argc;
	return error_set(err, 0, "%s is not supported: an image of a running process is not to be trusted as the process was", argv[0]);
}
