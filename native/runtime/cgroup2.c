/* Resources in cgroup v2's files; the numbers of the specification are v1's and are converted. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "cgroup.h"
#include "util.h"

/* A controller works in a folder when every folder above it passes it on. */
int cgroup2_enable(const char *point, const char *path, struct error *err)
{
	static const char *const wanted[] = {"cpu", "cpuset", "memory", "pids", "io", "hugetlb", "rdma", "misc"};
	char part[PATH_MAX];
	for (const char *at = path + strlen(point); *at; at = strchrnul(at + 1, '/')) {
		snprintf(part, sizeof part, "%.*s/cgroup.controllers", (int)(at - path), path);
		cleanup_free char *have = read_file_at(AT_FDCWD, part, 4096, NULL, err);
		snprintf(part, sizeof part, "%.*s/cgroup.subtree_control", (int)(at - path), path);
		cleanup_free char *passed = have ? read_file_at(AT_FDCWD, part, 4096, NULL, err) : NULL;
		if (!passed)
			return -1;
		char text[256] = "";
		for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
			char word[24], list[2][4100];
			snprintf(word, sizeof word, " %s ", wanted[i]);
			snprintf(list[0], sizeof list[0], " %.*s ", (int)strcspn(have, "\n"), have);
			snprintf(list[1], sizeof list[1], " %.*s ", (int)strcspn(passed, "\n"), passed);
			if (strstr(list[0], word) && !strstr(list[1], word))
				snprintf(text + strlen(text), sizeof text - strlen(text), "+%s ", wanted[i]);
		}
		if (*text && write_file_at(AT_FDCWD, part, text) < 0)
			return error_set(err, errno, "write '%s' to %s", text, part);
	}
	return 0;
}

static int write_limit(struct hierarchy *hierarchy, const char *file, struct number number, struct error *err)
{
	if (!number.set)
		return 0;
	if (number.value < 0)
		return cgroup_write(hierarchy, file, err, "max");
	return cgroup_write(hierarchy, file, err, "%lld", (long long)number.value);
}

static int apply_memory(struct hierarchy *hierarchy, const struct resources *resources, struct error *err)
{
	struct number limit = resources->memory.limit, swap = resources->memory.swap;
	if (resources->memory.swappiness.set)
		return error_set(err, 0, "linux.resources.memory.swappiness: cgroup v2 has none");
	if (resources->memory.disable_oom_killer)
		return error_set(err, 0, "linux.resources.memory.disableOOMKiller: cgroup v2 cannot do that");
	if (swap.set && swap.value >= 0) {
		if (!limit.set || limit.value < 0)
			return error_set(err, 0, "linux.resources.memory.swap needs a memory limit beside it");
		if (swap.value < limit.value)
			return error_set(
				err, 0, "linux.resources.memory.swap is memory and swap together and must not be below the memory limit");
		swap.value -= limit.value;
	} else if (limit.set && limit.value < 0 && !swap.set) {
		swap = limit;
	}
	/* Where swap is not accounted there is no file, and nothing to lift. */
	if (swap.set && swap.value < 0 && faccessat(hierarchy->fd, "memory.swap.max", F_OK, 0) < 0)
		swap.set = false;
	if (write_limit(hierarchy, "memory.swap.max", swap, err) < 0 || write_limit(hierarchy, "memory.max", limit, err) < 0)
		return -1;
	return write_limit(hierarchy, "memory.low", resources->memory.reservation, err);
}

static int apply_cpu(struct hierarchy *hierarchy, const struct resources *resources, struct error *err)
{
	long long shares = resources->cpu.shares.value;
	/* 2…262144 of v1 onto 1…10000 of v2. */
	if (resources->cpu.shares.set && shares) {
		shares = shares < 2 ? 2 : shares > 262144 ? 262144 : shares;
		if (cgroup_write(hierarchy, "cpu.weight", err, "%lld", 1 + (shares - 2) * 9999 / 262142) < 0)
			return -1;
	}
	if (resources->cpu.idle.set && cgroup_write(hierarchy, "cpu.idle", err, "%lld", (long long)resources->cpu.idle.value) < 0)
		return -1;
	int64_t quota = resources->cpu.quota.value, period = resources->cpu.period.value;
	if ((resources->cpu.quota.set && quota) || (resources->cpu.period.set && period)) {
		char text[64] = "max";
		if (quota > 0)
			snprintf(text, sizeof text, "%lld", (long long)quota);
		if (period)
			snprintf(text + strlen(text), sizeof text - strlen(text), " %lld", (long long)period);
		if (cgroup_write(hierarchy, "cpu.max", err, "%s", text) < 0)
			return -1;
	}
	if (resources->cpu.burst.set && cgroup_write(hierarchy, "cpu.max.burst", err, "%lld", (long long)resources->cpu.burst.value) < 0)
		return -1;
	if (resources->cpu.realtime_runtime.value > 0)
		return error_set(err, 0, "linux.resources.cpu.realtimeRuntime: cgroup v2 has none");
	if (resources->cpu.cpus && *resources->cpu.cpus && cgroup_write(hierarchy, "cpuset.cpus", err, "%s", resources->cpu.cpus) < 0)
		return -1;
	if (resources->cpu.mems && *resources->cpu.mems && cgroup_write(hierarchy, "cpuset.mems", err, "%s", resources->cpu.mems) < 0)
		return -1;
	return 0;
}

/* BFQ takes 1…1000 as v1 did; the cost controller's io.weight goes to 10000. */
static int apply_weight(struct hierarchy *hierarchy, struct number weight, const char *device, struct error *err)
{
	if (!weight.set || !weight.value)
		return 0;
	if (cgroup_write(hierarchy, "io.bfq.weight", NULL, "%s%lld", device, (long long)weight.value) == 0)
		return 0;
	long long converted = weight.value <= 10 ? 1 : 1 + (weight.value - 10) * 9999 / 990;
	return cgroup_write(hierarchy, "io.weight", err, "%s%lld", *device ? device : "default ", converted);
}

static int apply_block(struct hierarchy *hierarchy, const struct resources *resources, struct error *err)
{
	static const char *const keys[THROTTLE_KINDS] = {"rbps", "wbps", "riops", "wiops"};
	if (apply_weight(hierarchy, resources->block.weight, "", err) < 0)
		return -1;
	for (size_t i = 0; i < resources->block.devices.count; i++) {
		const struct block_rule *rule = &resources->block.devices.list[i];
		char device[32];
		snprintf(device, sizeof device, "%u:%u ", rule->major, rule->minor);
		if (apply_weight(hierarchy, rule->weight, device, err) < 0)
			return -1;
	}
	for (int kind = 0; kind < THROTTLE_KINDS; kind++)
		for (size_t i = 0; i < resources->block.throttle[kind].count; i++) {
			const struct block_rule *rule = &resources->block.throttle[kind].list[i];
			char rate[32] = "max";
			if (rule->rate)
				snprintf(rate, sizeof rate, "%llu", (unsigned long long)rule->rate);
			if (cgroup_write(hierarchy, "io.max", err, "%u:%u %s=%s", rule->major, rule->minor, keys[kind], rate) < 0)
				return -1;
		}
	return 0;
}

static int apply_rest(struct hierarchy *hierarchy, const struct resources *resources, struct error *err)
{
	for (size_t i = 0; i < resources->huge_count; i++) {
		char file[128];
		snprintf(file, sizeof file, "hugetlb.%s.max", resources->huge[i].size);
		if (cgroup_write(hierarchy, file, err, "%llu", (unsigned long long)resources->huge[i].limit) < 0)
			return -1;
	}
	for (size_t i = 0; i < resources->rdma_count; i++) {
		const struct rdma_limit *limit = &resources->rdma[i];
		if (limit->handles.set &&
			cgroup_write(hierarchy, "rdma.max", err, "%s hca_handle=%lld", limit->device, (long long)limit->handles.value) < 0)
			return -1;
		if (limit->objects.set &&
			cgroup_write(hierarchy, "rdma.max", err, "%s hca_object=%lld", limit->device, (long long)limit->objects.value) < 0)
			return -1;
	}
	for (size_t i = 0; i < resources->unified.count; i++)
		if (cgroup_write(hierarchy, resources->unified.list[i].key, err, "%s", resources->unified.list[i].value) < 0)
			return -1;
	return 0;
}

int cgroup2_apply(struct cgroup *cgroup, const struct resources *resources, struct error *err)
{
	struct hierarchy *hierarchy = &cgroup->list[0];
	struct number pids = resources->pids;
	pids.set = pids.set && pids.value != 0;
	if (write_limit(hierarchy, "pids.max", pids, err) < 0 || apply_memory(hierarchy, resources, err) < 0 ||
		apply_cpu(hierarchy, resources, err) < 0 || apply_block(hierarchy, resources, err) < 0)
		return -1;
	return apply_rest(hierarchy, resources, err);
}
