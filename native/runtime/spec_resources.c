/* "linux.resources", also alone for update. */
#include <string.h>

#include "spec.h"

static void read_memory(struct reader *r, const json_t *object, struct resources *to)
{
	static const char where[] = "linux.resources.memory";
	to->memory.limit = read_number(r, object, where, "limit", -1, INT64_MAX);
	to->memory.reservation = read_number(r, object, where, "reservation", -1, INT64_MAX);
	to->memory.swap = read_number(r, object, where, "swap", -1, INT64_MAX);
	to->memory.kernel = read_number(r, object, where, "kernel", -1, INT64_MAX);
	to->memory.kernel_tcp = read_number(r, object, where, "kernelTCP", -1, INT64_MAX);
	to->memory.swappiness = read_number(r, object, where, "swappiness", 0, 100);
	to->memory.disable_oom_killer = read_bool(r, object, where, "disableOOMKiller");
	to->memory.check_before_update = read_bool(r, object, where, "checkBeforeUpdate");
}

static void read_cpu(struct reader *r, const json_t *object, struct resources *to)
{
	static const char where[] = "linux.resources.cpu";
	to->cpu.shares = read_number(r, object, where, "shares", 0, INT64_MAX);
	to->cpu.quota = read_number(r, object, where, "quota", -1, INT64_MAX);
	to->cpu.period = read_number(r, object, where, "period", 0, INT64_MAX);
	to->cpu.burst = read_number(r, object, where, "burst", 0, INT64_MAX);
	to->cpu.realtime_runtime = read_number(r, object, where, "realtimeRuntime", -1, INT64_MAX);
	to->cpu.realtime_period = read_number(r, object, where, "realtimePeriod", 0, INT64_MAX);
	to->cpu.idle = read_number(r, object, where, "idle", 0, 1);
	to->cpu.cpus = read_string(r, object, where, "cpus");
	to->cpu.mems = read_string(r, object, where, "mems");
}

static struct block_rules read_block_rules(struct reader *r, const json_t *object, const char *key)
{
	static const char where[] = "linux.resources.blockIO";
	const json_t *array = read_array(r, object, where, key);
	size_t count = json_array_size(array);
	struct block_rules rules = {arena_alloc(r->arena, count * sizeof(struct block_rule)), 0};
	const char *list = read_place(r, where, key), *place;
	for (; rules.count < count && !r->failed; rules.count++) {
		const json_t *entry = read_element(r, array, rules.count, list, &place);
		struct block_rule *rule = &rules.list[rules.count];
		rule->major = (unsigned)read_number(r, entry, place, "major", 0, 4095).value;
		rule->minor = (unsigned)read_number(r, entry, place, "minor", 0, 0xfffff).value;
		rule->weight = read_number(r, entry, place, "weight", 0, 1000);
		rule->leaf_weight = read_number(r, entry, place, "leafWeight", 0, 1000);
		rule->rate = read_amount(r, entry, place, "rate", false).value;
	}
	return rules;
}

static void read_block(struct reader *r, const json_t *object, struct resources *to)
{
	static const char *const names[THROTTLE_KINDS] = {
		"throttleReadBpsDevice", "throttleWriteBpsDevice", "throttleReadIOPSDevice", "throttleWriteIOPSDevice"};
	to->block.weight = read_number(r, object, "linux.resources.blockIO", "weight", 0, 1000);
	to->block.leaf_weight = read_number(r, object, "linux.resources.blockIO", "leafWeight", 0, 1000);
	to->block.devices = read_block_rules(r, object, "weightDevice");
	for (int kind = 0; kind < THROTTLE_KINDS; kind++)
		to->block.throttle[kind] = read_block_rules(r, object, names[kind]);
}

/* Such strings become part of a file name in the cgroup. */
static bool is_file_word(const char *text)
{
	return *text && strlen(text) < 64 && !strchr(text, '/') && *text != '.';
}

static void read_huge(struct reader *r, const json_t *object, struct resources *to)
{
	const json_t *array = read_array(r, object, "linux.resources", "hugepageLimits");
	size_t count = json_array_size(array);
	to->huge = arena_alloc(r->arena, count * sizeof *to->huge);
	for (; to->huge_count < count && !r->failed; to->huge_count++) {
		const char *place;
		const json_t *entry = read_element(r, array, to->huge_count, "linux.resources.hugepageLimits", &place);
		struct huge_limit *limit = &to->huge[to->huge_count];
		limit->size = read_required(r, entry, place, "pageSize");
		limit->limit = read_amount(r, entry, place, "limit", false).value;
		if (!is_file_word(limit->size))
			read_fail(r, place, "pageSize", "is not a page size such as 2MB");
	}
}

static void read_network(struct reader *r, const json_t *object, struct resources *to)
{
	to->class_id = read_number(r, object, "linux.resources.network", "classID", 0, UINT32_MAX);
	const json_t *array = read_array(r, object, "linux.resources.network", "priorities");
	size_t count = json_array_size(array);
	to->priorities.list = arena_alloc(r->arena, count * sizeof *to->priorities.list);
	for (; to->priorities.count < count && !r->failed; to->priorities.count++) {
		const char *place;
		const json_t *entry = read_element(r, array, to->priorities.count, "linux.resources.network.priorities", &place);
		long long priority = read_number(r, entry, place, "priority", 0, UINT32_MAX).value;
		to->priorities.list[to->priorities.count] =
			(struct pair){read_required(r, entry, place, "name"), arena_print(r->arena, "%lld", priority)};
	}
}

static void read_rdma(struct reader *r, const json_t *object, struct resources *to)
{
	const json_t *map = read_object(r, object, "linux.resources", "rdma");
	const char *name;
	json_t *value;
	to->rdma = arena_alloc(r->arena, json_object_size(map) * sizeof *to->rdma);
	json_object_foreach((json_t *)map, name, value)
	{
		const char *place = read_place(r, "linux.resources.rdma", name);
		if (!json_is_object(value))
			read_fail(r, place, "", "must be an object");
		to->rdma[to->rdma_count++] = (struct rdma_limit){name, read_number(r, value, place, "hcaHandles", 0, UINT32_MAX),
			read_number(r, value, place, "hcaObjects", 0, UINT32_MAX)};
	}
}

static void read_device_rule(struct reader *r, const json_t *entry, const char *place, struct device_rule *rule)
{
	const char *type = read_string(r, entry, place, "type"), *access = read_string(r, entry, place, "access");
	if (!type || !*type)
		type = "a";
	if (type[1] || !strchr("abc", *type))
		read_fail(r, place, "type", "must be a, b or c");
	struct number major = read_number(r, entry, place, "major", -1, UINT32_MAX),
		      minor = read_number(r, entry, place, "minor", -1, UINT32_MAX);
	if (!access || !*access)
		access = "rwm";
	if (strspn(access, "rwm") != strlen(access))
		read_fail(r, place, "access", "must be made of r, w and m");
	*rule = (struct device_rule){
		.allow = read_bool(r, entry, place, "allow"),
		.type = *type,
		.major = major.set ? major.value : -1,
		.minor = minor.set ? minor.value : -1,
		.read = strchr(access, 'r'),
		.write = strchr(access, 'w'),
		.mknod = strchr(access, 'm'),
	};
}

static void read_device_rules(struct reader *r, const json_t *object, struct resources *to)
{
	const json_t *array = read_array(r, object, "linux.resources", "devices");
	size_t count = json_array_size(array);
	to->devices = arena_alloc(r->arena, count * sizeof *to->devices);
	for (; to->device_count < count && !r->failed; to->device_count++) {
		const char *place;
		const json_t *entry = read_element(r, array, to->device_count, "linux.resources.devices", &place);
		read_device_rule(r, entry, place, &to->devices[to->device_count]);
	}
}

void spec_read_resources(struct reader *r, const json_t *object, const char *where, struct resources *to)
{
	*to = (struct resources){0};
	read_memory(r, read_object(r, object, where, "memory"), to);
	read_cpu(r, read_object(r, object, where, "cpu"), to);
	to->pids = read_number(r, read_object(r, object, where, "pids"), "linux.resources.pids", "limit", INT64_MIN, INT64_MAX);
	read_block(r, read_object(r, object, where, "blockIO"), to);
	read_huge(r, object, to);
	read_network(r, read_object(r, object, where, "network"), to);
	read_rdma(r, object, to);
	to->unified = spec_read_pairs(r, object, where, "unified");
	for (size_t i = 0; i < to->unified.count; i++)
		if (!is_file_word(to->unified.list[i].key) || !strchr(to->unified.list[i].key, '.'))
			read_fail(r, "linux.resources.unified", to->unified.list[i].key, "is not a file of a cgroup");
	read_device_rules(r, object, to);
}
