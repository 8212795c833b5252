/* The "process" object: of config.json, and of exec --process. */
#include <string.h>
#include <strings.h>
#include <sys/resource.h>

#include "caps.h"
#include "spec.h"

static void read_user(struct reader *r, const json_t *object, const char *where, struct process *process)
{
	where = read_place(r, where, "user");
	process->uid = (uid_t)read_number(r, object, where, "uid", 0, UINT32_MAX - 1).value;
	process->gid = (gid_t)read_number(r, object, where, "gid", 0, UINT32_MAX - 1).value;
	process->umask = read_number(r, object, where, "umask", 0, 0777);
	const json_t *array = read_array(r, object, where, "additionalGids");
	size_t count = json_array_size(array);
	process->groups = arena_alloc(r->arena, count * sizeof *process->groups);
	for (size_t i = 0; i < count; i++) {
		const json_t *value = json_array_get(array, i);
		json_int_t gid = json_integer_value(value);
		if (!json_is_integer(value) || gid < 0 || gid >= UINT32_MAX)
			read_fail(r, where, "additionalGids", "must be a list of group ids");
		process->groups[process->group_count++] = (gid_t)gid;
	}
}

static void read_caps(struct reader *r, const json_t *object, const char *where, struct process *process)
{
	static const char *const names[CAPS_SETS] = {"bounding", "effective", "inheritable", "permitted", "ambient"};
	where = read_place(r, where, "capabilities");
	for (int set = 0; set < CAPS_SETS; set++) {
		struct strings list = read_strings(r, object, where, names[set]);
		for (size_t i = 0; i < list.count; i++) {
			int cap = caps_number(list.list[i]);
			if (cap < 0)
				read_fail(r, where, names[set], arena_print(r->arena, "names an unknown capability, %s", list.list[i]));
			else
				process->caps[set] |= UINT64_C(1) << cap;
		}
	}
}

static int rlimit_number(const char *name)
{
	static const struct {
		const char *name;
		int resource;
	} table[] = {
		{"RLIMIT_AS", RLIMIT_AS},
		{"RLIMIT_CORE", RLIMIT_CORE},
		{"RLIMIT_CPU", RLIMIT_CPU},
		{"RLIMIT_DATA", RLIMIT_DATA},
		{"RLIMIT_FSIZE", RLIMIT_FSIZE},
		{"RLIMIT_LOCKS", RLIMIT_LOCKS},
		{"RLIMIT_MEMLOCK", RLIMIT_MEMLOCK},
		{"RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE},
		{"RLIMIT_NICE", RLIMIT_NICE},
		{"RLIMIT_NOFILE", RLIMIT_NOFILE},
		{"RLIMIT_NPROC", RLIMIT_NPROC},
		{"RLIMIT_RSS", RLIMIT_RSS},
		{"RLIMIT_RTPRIO", RLIMIT_RTPRIO},
		{"RLIMIT_RTTIME", RLIMIT_RTTIME},
		{"RLIMIT_SIGPENDING", RLIMIT_SIGPENDING},
		{"RLIMIT_STACK", RLIMIT_STACK},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (strcmp(table[i].name, name) == 0)
			return table[i].resource;
	return -1;
}

/* RLIM_INFINITY is the highest number, or -1. */
static uint64_t read_limit(struct reader *r, const json_t *object, const char *where, const char *key)
{
	struct amount limit = read_amount(r, object, where, key, true);
	if (!limit.set)
		read_fail(r, where, key, "is missing");
	return limit.value;
}

static void read_rlimits(struct reader *r, const json_t *object, const char *where, struct process *process)
{
	const json_t *array = read_array(r, object, where, "rlimits");
	size_t count = json_array_size(array);
	where = read_place(r, where, "rlimits");
	process->rlimits = arena_alloc(r->arena, count * sizeof *process->rlimits);
	uint32_t seen = 0;
	for (size_t i = 0; i < count && !r->failed; i++) {
		const char *place;
		const json_t *entry = read_element(r, array, i, where, &place);
		int resource = rlimit_number(read_required(r, entry, place, "type"));
		if (resource < 0)
			read_fail(r, place, "type", "is not a known limit");
		else if (seen & (1u << resource))
			read_fail(r, place, "type", "is given twice");
		else
			seen |= 1u << resource;
		process->rlimits[process->rlimit_count++] =
			(struct rlimit_rule){resource, read_limit(r, entry, place, "soft"), read_limit(r, entry, place, "hard")};
	}
}

static void check_env(struct reader *r, const char *where, const struct strings *env)
{
	for (size_t i = 0; i < env->count; i++)
		if (!strchr(env->list[i], '=') || env->list[i][0] == '=')
			read_fail(r, where, "env", "must be a list of KEY=value");
}

void spec_read_process(struct reader *r, const json_t *object, const char *where, struct process *process)
{
	process->terminal = read_bool(r, object, where, "terminal");
	const json_t *size = read_object(r, object, where, "consoleSize");
	const char *place = read_place(r, where, "consoleSize");
	process->rows = (unsigned)read_number(r, size, place, "height", 0, UINT16_MAX).value;
	process->columns = (unsigned)read_number(r, size, place, "width", 0, UINT16_MAX).value;
	read_user(r, read_object(r, object, where, "user"), where, process);
	process->args = read_strings(r, object, where, "args");
	process->env = read_strings(r, object, where, "env");
	check_env(r, where, &process->env);
	process->cwd = read_required(r, object, where, "cwd");
	if (!r->failed && *process->cwd != '/')
		read_fail(r, where, "cwd", "must be absolute");
	read_caps(r, read_object(r, object, where, "capabilities"), where, process);
	read_rlimits(r, object, where, process);
	process->no_new_privileges = read_bool(r, object, where, "noNewPrivileges");
	process->oom_score_adj = read_number(r, object, where, "oomScoreAdj", -1000, 1000);
	process->apparmor = read_string(r, object, where, "apparmorProfile");
	process->selinux = read_string(r, object, where, "selinuxLabel");
	spec_read_scheduling(r, object, where, process);
}

void spec_read_user_annotations(struct reader *r, const json_t *annotations, struct process *process)
{
	process->user_name = read_string(r, annotations, "annotations", "io.hawser.user");
	process->group_names = read_string(r, annotations, "annotations", "io.hawser.groups");
	process->keeps_groups = read_string(r, annotations, "annotations", "run.oci.keep_original_groups");
	if (process->user_name && strlen(process->user_name) > 512)
		read_fail(r, "annotations", "io.hawser.user", "is too long");
}
