/* Scheduler, I/O priority, processors and memory nodes of the calling process. */
#include <errno.h>
#include <linux/sched/types.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "container.h"
#include "numbers.h"

static int set_scheduler(const struct scheduler *scheduler, struct error *err)
{
	struct sched_attr attr = {
		.size = sizeof attr,
		.sched_policy = (uint32_t)scheduler->policy.value,
		.sched_flags = scheduler->flags,
		.sched_nice = scheduler->nice,
		.sched_priority = scheduler->priority,
		.sched_runtime = scheduler->runtime.value,
		.sched_deadline = scheduler->deadline.value,
		.sched_period = scheduler->period.value,
	};
	if (scheduler->policy.set && syscall(SYS_sched_setattr, 0, &attr, 0) < 0)
		return error_set(err, errno, "set process.scheduler (policy %d, priority %u, nice %d)", (int)attr.sched_policy,
			attr.sched_priority, attr.sched_nice);
	return 0;
}

static int set_memory_policy(const struct memory_policy *policy, struct error *err)
{
	uint64_t bits[NUMBERS_WORDS];
	bool nodes = policy->nodes && numbers_parse(policy->nodes, bits);
	/* The kernel takes one bit less than it is told. */
	if (policy->mode.set && syscall(SYS_set_mempolicy, policy->mode.value, nodes ? bits : NULL, nodes ? NUMBERS_LIMIT + 1 : 0) < 0)
		return error_set(err, errno, "set linux.memoryPolicy%s%s", nodes ? " on nodes " : "", nodes ? policy->nodes : "");
	return 0;
}

int scheduling_set_processors(const char *list, struct error *err)
{
	uint64_t bits[NUMBERS_WORDS];
	if (list && (!numbers_parse(list, bits) || syscall(SYS_sched_setaffinity, 0, sizeof bits, bits) < 0))
		return error_set(err, errno, "run on the processors %s of process.execCPUAffinity", list);
	return 0;
}

int scheduling_apply(struct container *c, struct error *err)
{
	const struct process *process = c->process;
	long io = (long)(process->io_class.value << 13 | process->io_priority.value);
	if (process->io_class.set && syscall(SYS_ioprio_set, 1, 0, io) < 0)
		return error_set(err, errno, "set process.ioPriority");
	if (set_memory_policy(&c->spec.memory_policy, err) < 0)
		return -1;
	return set_scheduler(&process->scheduler, err);
}
