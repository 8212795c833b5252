#include "plan.h"

#include <signal.h>
#include <string.h>

#include "util.h"

bool parse_policy(const char *text, enum restart_policy *policy)
{
	static const char *const names[] = {"no", "always", "unless-stopped", "on-failure"};
	for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(text, names[i]) == 0) {
			*policy = (enum restart_policy)i;
			return true;
		}
	return false;
}

bool parse_seconds(const char *text, int64_t *seconds)
{
	uint64_t value;
	if (strcmp(text, "-1") == 0) {
		*seconds = -1;
		return true;
	}
	if (!parse_u64(text, 1000000000, &value))
		return false;
	*seconds = (int64_t)value;
	return true;
}

bool parse_signal(const char *text, int *signal)
{
	uint64_t value;
	if (!parse_u64(text, 64, &value) || value == 0)
		return false;
	*signal = (int)value;
	return true;
}

/* The kinds of values, and where each key's goes. */
enum kind { TEXT, PATH, FLAG, START, NUMBER, WORD, LIST, POLICY, SIGNAL, SECONDS, VERSION };

static const struct entry {
	const char *key;
	enum kind kind;
	size_t offset;
	bool required;
} entries[] = {
	{"version", VERSION, 0, true},
	{"id", TEXT, offsetof(struct plan, id), true},
	{"name", TEXT, offsetof(struct plan, name), true},
	{"image", TEXT, offsetof(struct plan, image), false},
	{"runtime", PATH, offsetof(struct plan, runtime), true},
	{"runtime-arg", LIST, offsetof(struct plan, runtime_args), false},
	{"runtime-root", PATH, offsetof(struct plan, runtime_root), true},
	{"bundle", PATH, offsetof(struct plan, bundle), true},
	{"net", PATH, offsetof(struct plan, net), false},
	{"net-plan", PATH, offsetof(struct plan, net_plan), false},
	{"tty", FLAG, offsetof(struct plan, tty), true},
	{"stdin", FLAG, offsetof(struct plan, stdin_open), true},
	{"stdin-once", FLAG, offsetof(struct plan, stdin_once), false},
	{"rows", WORD, offsetof(struct plan, rows), false},
	{"cols", WORD, offsetof(struct plan, cols), false},
	{"start", START, offsetof(struct plan, start_now), true},
	{"log", PATH, offsetof(struct plan, log), false},
	{"log-max-size", NUMBER, offsetof(struct plan, log_max_size), false},
	{"log-max-files", NUMBER, offsetof(struct plan, log_max_files), false},
	{"health", PATH, offsetof(struct plan, health), false},
	{"health-command", TEXT, offsetof(struct plan, health_command), false},
	{"health-interval", NUMBER, offsetof(struct plan, health_interval), false},
	{"health-timeout", NUMBER, offsetof(struct plan, health_timeout), false},
	{"health-start-period", NUMBER, offsetof(struct plan, health_start_period), false},
	{"health-start-interval", NUMBER, offsetof(struct plan, health_start_interval), false},
	{"health-retries", NUMBER, offsetof(struct plan, health_retries), false},
	{"log-attributes", TEXT, offsetof(struct plan, log_attributes), false},
	{"log-compress", LIST, offsetof(struct plan, log_compress), false},
	{"forward", TEXT, offsetof(struct plan, forward), false},
	{"forward-out", TEXT, offsetof(struct plan, forward_out), false},
	{"forward-err", TEXT, offsetof(struct plan, forward_err), false},
	{"forward-time", TEXT, offsetof(struct plan, forward_time), false},
	{"forward-field", LIST, offsetof(struct plan, forward_fields), false},
	{"exit-record", PATH, offsetof(struct plan, exit_record), true},
	{"stats", PATH, offsetof(struct plan, stats), false},
	{"cgroup", PATH, offsetof(struct plan, cgroup), true},
	{"monitor-cgroup", PATH, offsetof(struct plan, monitor_cgroup), true},
	{"journal", PATH, offsetof(struct plan, journal), true},
	{"uses", PATH, offsetof(struct plan, uses), false},
	{"restart", POLICY, offsetof(struct plan, restart), false},
	{"restart-max", NUMBER, offsetof(struct plan, restart_max), false},
	{"stop-signal", SIGNAL, offsetof(struct plan, stop_signal), false},
	{"stop-timeout", SECONDS, offsetof(struct plan, stop_timeout), false},
	{"exit-command", LIST, offsetof(struct plan, exit_command), false},
	{"label", LIST, offsetof(struct plan, labels), false},
};
#define ENTRIES (sizeof entries / sizeof *entries)

static bool parse_flag(const char *text, const char *yes, const char *no, bool *flag)
{
	*flag = strcmp(text, yes) == 0;
	return *flag || strcmp(text, no) == 0;
}

static bool parse_word(const char *text, unsigned *word)
{
	uint64_t value;
	if (!parse_u64(text, 65535, &value))
		return false;
	*word = (unsigned)value;
	return true;
}

/* A path names a place on the host: absolute, and never by way of "..". */
static bool good_path(const char *path)
{
	if (path[0] != '/')
		return false;
	for (const char *at = path; (at = strstr(at, "/..")); at += 3)
		if (at[3] == '/' || at[3] == 0)
			return false;
	return true;
}

static bool append(const char ***list, const char *value)
{
	size_t count = 0;
	while (*list && (*list)[count])
		count++;
	const char **grown = realloc(*list, (count + 2) * sizeof *grown);
	if (!grown)
		return false;
	grown[count] = value;
	grown[count + 1] = NULL;
	*list = grown;
	return true;
}

static bool take(struct plan *plan, const struct entry *entry, const char *value)
{
	void *place = (char *)plan + entry->offset;
	switch (entry->kind) {
	case VERSION:
		return strcmp(value, "1") == 0;
	case TEXT:
		*(const char **)place = value;
		return *value;
	case PATH:
		*(const char **)place = value;
		return good_path(value);
	case FLAG:
		return parse_flag(value, "yes", "no", place);
	case START:
		return parse_flag(value, "now", "wait", place);
	case NUMBER:
		return parse_u64(value, INT64_MAX, place);
	case WORD:
		return parse_word(value, place);
	case LIST:
		return append(place, value);
	case POLICY:
		return parse_policy(value, place);
	case SIGNAL:
		return parse_signal(value, place);
	case SECONDS:
		return parse_seconds(value, place);
	}
	return false;
}

static const struct entry *find_entry(const char *key)
{
	for (size_t i = 0; i < ENTRIES; i++)
		if (strcmp(entries[i].key, key) == 0)
			return &entries[i];
	return NULL;
}

static int plan_check(struct plan *plan, struct error *err)
{
	for (size_t i = 0; i < ENTRIES; i++)
		if (entries[i].required && !fields_get(&plan->fields, entries[i].key))
			return error_set(err, 0, "plan: %s is missing", entries[i].key);
	if (strspn(plan->id, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_.-") != strlen(plan->id) || plan->id[0] == '.')
		return error_set(err, 0, "plan: the id %s has characters that an id may not have", plan->id);
	if (plan->net && !plan->net_plan)
		return error_set(err, 0, "plan: net without net-plan");
	if (plan->forward && !plan->forward_fields && !(plan->forward_out && plan->forward_err && plan->forward_time))
		return error_set(err, 0, "plan: forward without what stands before a line");
	if (plan->health && !plan->health_command)
		return error_set(err, 0, "plan: health without health-command");
	return 0;
}

/* Docker's. */
#define HEALTH_SECOND 1000000000
#define HEALTH_DEFAULTS                                                                                                                    \
	.health_interval = 30LL * HEALTH_SECOND, .health_timeout = 30LL * HEALTH_SECOND, .health_start_interval = 5LL * HEALTH_SECOND,     \
	.health_retries = 3

int plan_read(struct plan *plan, int dirfd, struct error *err)
{
	*plan = (struct plan){.image = "", .stop_signal = SIGTERM, .stop_timeout = 10, .log_max_files = 1, HEALTH_DEFAULTS};
	if (fields_read_file(&plan->fields, dirfd, "plan", err) < 0)
		return -1;
	for (size_t i = 0; i < plan->fields.count; i++) {
		const struct field *field = &plan->fields.list[i];
		const struct entry *entry = find_entry(field->key);
		if (!entry || !take(plan, entry, field->value))
			return error_set(err, 0, "plan: %s %s is not %s", field->key, field->value, entry ? "a good value" : "known");
	}
	return plan_check(plan, err);
}
