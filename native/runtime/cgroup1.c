/* Resources in cgroup v1's files. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cgroup.h"

static struct hierarchy *need(struct cgroup *cgroup, const char *controller, struct error *err)
{
	struct hierarchy *hierarchy = cgroup_with(cgroup, controller);
	if (!hierarchy)
		error_set(err, 0, "a %s limit is asked for, but this system has no %s cgroup controller", controller, controller);
	return hierarchy;
}

static int write_number(struct cgroup *cgroup, const char *controller, const char *file, struct number number, struct error *err)
{
	if (!number.set)
		return 0;
	struct hierarchy *hierarchy = need(cgroup, controller, err);
	return hierarchy ? cgroup_write(hierarchy, file, err, "%lld", (long long)number.value) : -1;
}

static int write_text(struct cgroup *cgroup, const char *controller, const char *file, const char *text, struct error *err)
{
	if (!text || !*text)
		return 0;
	struct hierarchy *hierarchy = need(cgroup, controller, err);
	return hierarchy ? cgroup_write(hierarchy, file, err, "%s", text) : -1;
}

/* memory + swap may never be below memory: when both rise, the sum goes first. */
static int apply_memory_limits(struct cgroup *cgroup, const struct resources *resources, struct error *err)
{
	struct number limit = resources->memory.limit, swap = resources->memory.swap;
	/* Without a memory limit, lifting it means lifting both. */
	if (limit.set && limit.value == -1 && !swap.set)
		swap = limit;
	static const char limit_file[] = "memory.limit_in_bytes", swap_file[] = "memory.memsw.limit_in_bytes";
	struct error first = {0};
	if (write_number(cgroup, "memory", limit_file, limit, &first) == 0)
		return write_number(cgroup, "memory", swap_file, swap, err);
	if (!swap.set || write_number(cgroup, "memory", swap_file, swap, err) < 0) {
		*err = first;
		return -1;
	}
	return write_number(cgroup, "memory", limit_file, limit, err);
}

static int apply_memory(struct cgroup *cgroup, const struct resources *resources, struct error *err)
{
	struct number disable = {resources->memory.disable_oom_killer, 1};
	if (apply_memory_limits(cgroup, resources, err) < 0 ||
		write_number(cgroup, "memory", "memory.soft_limit_in_bytes", resources->memory.reservation, err) < 0 ||
		write_number(cgroup, "memory", "memory.kmem.tcp.limit_in_bytes", resources->memory.kernel_tcp, err) < 0 ||
		write_number(cgroup, "memory", "memory.swappiness", resources->memory.swappiness, err) < 0)
		return -1;
	return write_number(cgroup, "memory", "memory.oom_control", disable, err);
}

/* 0 stands for "leave it" in the files that Docker's clients write. */
static struct number positive(struct number number)
{
	number.set = number.set && number.value != 0;
	return number;
}

static int apply_cpu(struct cgroup *cgroup, const struct resources *resources, struct error *err)
{
	if (write_number(cgroup, "cpu", "cpu.shares", positive(resources->cpu.shares), err) < 0 ||
		write_number(cgroup, "cpu", "cpu.idle", resources->cpu.idle, err) < 0 ||
		write_number(cgroup, "cpu", "cpu.cfs_period_us", positive(resources->cpu.period), err) < 0 ||
		write_number(cgroup, "cpu", "cpu.cfs_quota_us", positive(resources->cpu.quota), err) < 0 ||
		write_number(cgroup, "cpu", "cpu.cfs_burst_us", resources->cpu.burst, err) < 0 ||
		write_number(cgroup, "cpu", "cpu.rt_period_us", positive(resources->cpu.realtime_period), err) < 0 ||
		write_number(cgroup, "cpu", "cpu.rt_runtime_us", positive(resources->cpu.realtime_runtime), err) < 0)
		return -1;
	return write_text(cgroup, "cpuset", "cpuset.cpus", resources->cpu.cpus, err) < 0 ||
			       write_text(cgroup, "cpuset", "cpuset.mems", resources->cpu.mems, err) < 0
		       ? -1
		       : 0;
}

static int apply_block_rules(struct cgroup *cgroup, const char *file, const struct block_rules *rules, struct error *err)
{
	struct hierarchy *hierarchy = rules->count ? need(cgroup, "blkio", err) : NULL;
	if (rules->count && !hierarchy)
		return -1;
	for (size_t i = 0; i < rules->count; i++) {
		const struct block_rule *rule = &rules->list[i];
		if (cgroup_write(hierarchy, file, err, "%u:%u %llu", rule->major, rule->minor, (unsigned long long)rule->rate) < 0)
			return -1;
	}
	return 0;
}

/* The weight files are called after the scheduler that reads them. */
static int apply_weight(struct cgroup *cgroup, struct number weight, struct error *err)
{
	weight = positive(weight);
	if (write_number(cgroup, "blkio", "blkio.weight", weight, err) == 0)
		return 0;
	return write_number(cgroup, "blkio", "blkio.bfq.weight", weight, err);
}

static int apply_block(struct cgroup *cgroup, const struct resources *resources, struct error *err)
{
	static const char *const files[THROTTLE_KINDS] = {"blkio.throttle.read_bps_device", "blkio.throttle.write_bps_device",
		"blkio.throttle.read_iops_device", "blkio.throttle.write_iops_device"};
	if (apply_weight(cgroup, resources->block.weight, err) < 0 ||
		write_number(cgroup, "blkio", "blkio.leaf_weight", positive(resources->block.leaf_weight), err) < 0)
		return -1;
	for (size_t i = 0; i < resources->block.devices.count; i++) {
		const struct block_rule *rule = &resources->block.devices.list[i];
		char text[64];
		snprintf(text, sizeof text, "%u:%u %lld", rule->major, rule->minor, (long long)rule->weight.value);
		if (write_text(cgroup, "blkio", "blkio.weight_device", text, err) < 0 &&
			write_text(cgroup, "blkio", "blkio.bfq.weight_device", text, err) < 0)
			return -1;
	}
	for (int kind = 0; kind < THROTTLE_KINDS; kind++)
		if (apply_block_rules(cgroup, files[kind], &resources->block.throttle[kind], err) < 0)
			return -1;
	return 0;
}

static int apply_huge(struct cgroup *cgroup, const struct resources *resources, struct error *err)
{
	for (size_t i = 0; i < resources->huge_count; i++) {
		char file[128];
		snprintf(file, sizeof file, "hugetlb.%s.limit_in_bytes", resources->huge[i].size);
		struct hierarchy *hierarchy = need(cgroup, "hugetlb", err);
		if (!hierarchy || cgroup_write(hierarchy, file, err, "%llu", (unsigned long long)resources->huge[i].limit) < 0)
			return -1;
	}
	return 0;
}

static int apply_network(struct cgroup *cgroup, const struct resources *resources, struct error *err)
{
	for (size_t i = 0; i < resources->priorities.count; i++) {
		char text[256];
		snprintf(text, sizeof text, "%s %s", resources->priorities.list[i].key, resources->priorities.list[i].value);
		if (write_text(cgroup, "net_prio", "net_prio.ifpriomap", text, err) < 0)
			return -1;
	}
	return write_number(cgroup, "net_cls", "net_cls.classid", positive(resources->class_id), err);
}

int cgroup1_apply(struct cgroup *cgroup, const struct resources *resources, struct error *err)
{
	struct number pids = positive(resources->pids);
	if (resources->unified.count)
		return error_set(err, 0, "linux.resources.unified needs cgroup v2, and this system has v1");
	if (resources->rdma_count && !cgroup_with(cgroup, "rdma"))
		return error_set(err, 0, "an rdma limit is asked for, but this system has no rdma cgroup controller");
	if (pids.set && pids.value < 0) {
		if (write_text(cgroup, "pids", "pids.max", "max", err) < 0)
			return -1;
	} else if (write_number(cgroup, "pids", "pids.max", pids, err) < 0) {
		return -1;
	}
	if (apply_memory(cgroup, resources, err) < 0 || apply_cpu(cgroup, resources, err) < 0 || apply_block(cgroup, resources, err) < 0)
		return -1;
	return apply_huge(cgroup, resources, err) < 0 ? -1 : apply_network(cgroup, resources, err);
}
