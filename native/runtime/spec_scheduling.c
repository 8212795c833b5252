/* What decides where and when a process runs: scheduler, I/O priority, processors, memory nodes. */
#include <linux/mempolicy.h>
#include <linux/sched.h>
#include <string.h>

#include "numbers.h"
#include "spec.h"

static uint64_t read_scheduler_flags(struct reader *r, const json_t *object, const char *where)
{
	static const struct {
		const char *name;
		uint64_t flag;
	} table[] = {
		{"SCHED_FLAG_RESET_ON_FORK", SCHED_FLAG_RESET_ON_FORK},
		{"SCHED_FLAG_RECLAIM", SCHED_FLAG_RECLAIM},
		{"SCHED_FLAG_DL_OVERRUN", SCHED_FLAG_DL_OVERRUN},
		{"SCHED_FLAG_KEEP_POLICY", SCHED_FLAG_KEEP_POLICY},
		{"SCHED_FLAG_KEEP_PARAMS", SCHED_FLAG_KEEP_PARAMS},
		{"SCHED_FLAG_UTIL_CLAMP_MIN", SCHED_FLAG_UTIL_CLAMP_MIN},
		{"SCHED_FLAG_UTIL_CLAMP_MAX", SCHED_FLAG_UTIL_CLAMP_MAX},
	};
	struct strings names = read_strings(r, object, where, "flags");
	uint64_t flags = 0;
	for (size_t i = 0; i < names.count; i++) {
		size_t row = 0;
		while (row < sizeof table / sizeof *table && strcmp(table[row].name, names.list[i]) != 0)
			row++;
		if (row == sizeof table / sizeof *table)
			read_fail(r, where, "flags", arena_print(r->arena, "hold %s, which is not known", names.list[i]));
		else
			flags |= table[row].flag;
	}
	return flags;
}

/* The kernel answers all of this with "invalid argument"; here it is known which one. */
static void check_deadline(struct reader *r, const char *where, const struct scheduler *scheduler)
{
	uint64_t runtime = scheduler->runtime.value, deadline = scheduler->deadline.value, period = scheduler->period.value;
	if (scheduler->policy.value != SCHED_DEADLINE)
		return;
	if (!runtime)
		read_fail(r, where, "runtime", "must be above 0 for SCHED_DEADLINE");
	else if (!deadline)
		read_fail(r, where, "deadline", "must be above 0 for SCHED_DEADLINE");
	else if (runtime > deadline)
		read_fail(r, where, "runtime", "must not be above the deadline");
	else if (period && deadline > period)
		read_fail(r, where, "deadline", "must not be above the period");
	else if (runtime < 1024 || (period ? period : deadline) > INT64_MAX)
		read_fail(r, where, "runtime", "must be from 1024 ns to below 2^63 ns");
}

static void read_scheduler(struct reader *r, const json_t *object, const char *where, struct scheduler *scheduler)
{
	/* In the order of the kernel's numbers. */
	static const char *const policies[] = {
		"SCHED_OTHER", "SCHED_FIFO", "SCHED_RR", "SCHED_BATCH", "SCHED_ISO", "SCHED_IDLE", "SCHED_DEADLINE", NULL};
	where = read_place(r, where, "scheduler");
	scheduler->policy = read_word(r, object, where, "policy", policies);
	if (!scheduler->policy.set)
		read_fail(r, where, "policy", "is missing");
	scheduler->nice = (int)read_number(r, object, where, "nice", -20, 19).value;
	scheduler->priority = (uint32_t)read_number(r, object, where, "priority", 0, 99).value;
	scheduler->flags = read_scheduler_flags(r, object, where);
	scheduler->runtime = read_amount(r, object, where, "runtime", false);
	scheduler->deadline = read_amount(r, object, where, "deadline", false);
	scheduler->period = read_amount(r, object, where, "period", false);
	if (!r->failed)
		check_deadline(r, where, scheduler);
}

static const char *read_list(struct reader *r, const json_t *object, const char *where, const char *key)
{
	uint64_t bits[NUMBERS_WORDS];
	const char *text = read_string(r, object, where, key);
	if (text && *text && !numbers_parse(text, bits))
		read_fail(r, where, key, "must be a list such as 0-3,7, below 4096");
	return text && *text ? text : NULL;
}

void spec_read_scheduling(struct reader *r, const json_t *object, const char *where, struct process *process)
{
	static const char *const classes[] = {"IOPRIO_CLASS_NONE", "IOPRIO_CLASS_RT", "IOPRIO_CLASS_BE", "IOPRIO_CLASS_IDLE", NULL};
	const json_t *scheduler = read_object(r, object, where, "scheduler"), *io = read_object(r, object, where, "ioPriority"),
		     *affinity = read_object(r, object, where, "execCPUAffinity");
	if (scheduler)
		read_scheduler(r, scheduler, where, &process->scheduler);
	const char *place = read_place(r, where, "ioPriority");
	process->io_class = read_word(r, io, place, "class", classes);
	process->io_priority = read_number(r, io, place, "priority", 0, 7);
	if (io && !process->io_class.set)
		read_fail(r, place, "class", "is missing");
	place = read_place(r, where, "execCPUAffinity");
	process->affinity_initial = read_list(r, affinity, place, "initial");
	process->affinity_final = read_list(r, affinity, place, "final");
}

/* The modes that take nodes, those that may, and those that take none. */
static void check_nodes(struct reader *r, int mode, int64_t flags, const char *nodes)
{
	static const char where[] = "linux.memoryPolicy";
	bool none = mode == MPOL_DEFAULT || mode == MPOL_LOCAL;
	if (none && nodes)
		read_fail(r, where, "nodes", "are not for this mode");
	if (!none && mode != MPOL_PREFERRED && !nodes)
		read_fail(r, where, "nodes", "are missing");
	if (mode == MPOL_PREFERRED && !nodes && flags)
		read_fail(r, where, "nodes", "are missing");
	if ((flags & MPOL_F_STATIC_NODES) && (flags & MPOL_F_RELATIVE_NODES))
		read_fail(r, where, "flags", "hold both static and relative nodes");
	if ((flags & MPOL_F_NUMA_BALANCING) && mode != MPOL_BIND && mode != MPOL_PREFERRED_MANY)
		read_fail(r, where, "flags", "hold MPOL_F_NUMA_BALANCING, which is for MPOL_BIND");
}

struct memory_policy spec_read_memory_policy(struct reader *r, const json_t *linux_object)
{
	static const char where[] = "linux.memoryPolicy";
	static const char *const modes[] = {"MPOL_DEFAULT", "MPOL_PREFERRED", "MPOL_BIND", "MPOL_INTERLEAVE", "MPOL_LOCAL",
		"MPOL_PREFERRED_MANY", "MPOL_WEIGHTED_INTERLEAVE", NULL};
	static const char *const flag_names[] = {"MPOL_F_STATIC_NODES", "MPOL_F_RELATIVE_NODES", "MPOL_F_NUMA_BALANCING"};
	static const int64_t flag_values[] = {MPOL_F_STATIC_NODES, MPOL_F_RELATIVE_NODES, MPOL_F_NUMA_BALANCING};
	const json_t *object = read_object(r, linux_object, "linux", "memoryPolicy");
	if (!object)
		return (struct memory_policy){0};
	struct memory_policy policy = {read_word(r, object, where, "mode", modes), read_list(r, object, where, "nodes")};
	struct strings names = read_strings(r, object, where, "flags");
	int64_t flags = 0;
	for (size_t i = 0; i < names.count; i++) {
		size_t n = 0;
		while (n < 3 && strcmp(flag_names[n], names.list[i]) != 0)
			n++;
		if (n == 3)
			read_fail(r, where, "flags", arena_print(r->arena, "hold %s, which is not known", names.list[i]));
		else
			flags |= flag_values[n];
	}
	if (!policy.mode.set)
		read_fail(r, where, "mode", "is missing");
	check_nodes(r, (int)policy.mode.value, flags, policy.nodes);
	policy.mode.value |= flags;
	return policy;
}
