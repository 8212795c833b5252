/* What a unit is given: limits in systemd's units, and the few properties that an annotation may ask for. */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "numbers.h"
#include "unit.h"
#include "util.h"

#define PREFIX "org.systemd.property."

static void begin(struct dbus_writer *writer, const char *name, const char *type)
{
	dbus_put(writer, 8, "", 0);
	dbus_put_string(writer, name);
	dbus_put_signature(writer, type);
}

void unit_put_text(struct dbus_writer *writer, const char *name, const char *value)
{
	begin(writer, name, "s");
	dbus_put_string(writer, value);
}

void unit_put_flag(struct dbus_writer *writer, const char *name, bool value)
{
	begin(writer, name, "b");
	dbus_put_u32(writer, value);
}

void unit_put_amount(struct dbus_writer *writer, const char *name, uint64_t value)
{
	begin(writer, name, "t");
	dbus_put_u64(writer, value);
}

/* -1 is no limit for both, and 0 is none asked for. */
static void put_number(struct dbus_writer *writer, const char *name, struct number number)
{
	if (number.set && number.value != 0)
		unit_put_amount(writer, name, number.value < 0 ? UINT64_MAX : (uint64_t)number.value);
}

/* As bytes, the lowest numbers first. What is no list is left to the kernel's judgement. */
static void put_mask(struct dbus_writer *writer, const char *name, const char *list)
{
	uint64_t bits[NUMBERS_WORDS];
	unsigned char bytes[sizeof bits];
	size_t size = 0;
	if (!list || !*list || !numbers_parse(list, bits))
		return;
	for (size_t i = 0; i < sizeof bytes; i++)
		if ((bytes[i] = (unsigned char)(bits[i / 8] >> i % 8 * 8)))
			size = i + 1;
	begin(writer, name, "ay");
	struct dbus_array array = dbus_begin(writer, 1);
	dbus_put(writer, 1, bytes, size);
	dbus_end(writer, array);
}

/* The period that is in force, when only a quota is asked for. */
static uint64_t period_of(const struct cgroup *cgroup)
{
	char path[PATH_MAX];
	unsigned long long period;
	for (size_t i = 0; i < cgroup->count; i++) {
		snprintf(path, sizeof path, "%s/%s", cgroup->list[i].path, cgroup->pure ? "cpu.max" : "cpu.cfs_period_us");
		cleanup_free char *text = read_file_at(AT_FDCWD, path, 64, NULL, NULL);
		if (text && sscanf(text, cgroup->pure ? "%*s %llu" : "%llu", &period) == 1 && period)
			return period;
	}
	return 100000;
}

/* systemd has a share of each second, in steps of 10 ms. */
static void put_quota(struct dbus_writer *writer, const struct cgroup *cgroup, const struct resources *resources, bool all)
{
	uint64_t step = 10000, period = resources->cpu.period.value > 0 ? (uint64_t)resources->cpu.period.value : period_of(cgroup);
	int64_t quota = resources->cpu.quota.set ? resources->cpu.quota.value : 0;
	if (quota > 0) {
		uint64_t share = (uint64_t)((unsigned __int128)(uint64_t)quota * 1000000 / period);
		unit_put_amount(writer, "CPUQuotaPerSecUSec", share < UINT64_MAX - step ? (share + step - 1) / step * step : UINT64_MAX);
	} else if (quota < 0) {
		unit_put_amount(writer, "CPUQuotaPerSecUSec", UINT64_MAX);
	}
	if (all && (quota > 0 || resources->cpu.period.value > 0))
		unit_put_amount(writer, "CPUQuotaPeriodUSec", period);
}

/* 2…262144 of v1 onto 1…10000 of v2, as cgroup2_apply() has it. */
static struct number weight_of(struct number shares)
{
	int64_t value = shares.value < 2 ? 2 : shares.value > 262144 ? 262144 : shares.value;
	return (struct number){shares.set && shares.value, 1 + (value - 2) * 9999 / 262142};
}

static void put_memory2(struct dbus_writer *writer, const struct resources *resources)
{
	struct number limit = resources->memory.limit, swap = resources->memory.swap;
	put_number(writer, "MemoryMax", limit);
	put_number(writer, "MemoryLow", resources->memory.reservation);
	if (swap.set && swap.value >= 0 && limit.set && limit.value >= 0 && swap.value >= limit.value)
		unit_put_amount(writer, "MemorySwapMax", (uint64_t)(swap.value - limit.value));
	else if (swap.set && swap.value < 0)
		unit_put_amount(writer, "MemorySwapMax", UINT64_MAX);
}

void unit_put_limits(struct dbus_writer *writer, const struct cgroup *cgroup, const struct resources *resources, bool all)
{
	put_number(writer, "TasksMax", resources->pids);
	put_quota(writer, cgroup, resources, all);
	if (!cgroup->pure) {
		put_number(writer, "MemoryLimit", resources->memory.limit);
		put_number(writer, "CPUShares", resources->cpu.shares);
		put_number(writer, "BlockIOWeight", resources->block.weight);
		return;
	}
	put_memory2(writer, resources);
	put_number(writer, "CPUWeight", weight_of(resources->cpu.shares));
	if (all) {
		put_mask(writer, "AllowedCPUs", resources->cpu.cpus);
		put_mask(writer, "AllowedMemoryNodes", resources->cpu.mems);
	}
}

static void put_device(struct dbus_writer *writer, const struct device_rule *rule)
{
	char name[64], access[4];
	const char *kind = rule->type == 'b' ? "block" : "char";
	if (rule->minor >= 0)
		snprintf(name, sizeof name, "/dev/%s/%lld:%lld", kind, (long long)rule->major, (long long)rule->minor);
	else if (rule->major >= 0)
		snprintf(name, sizeof name, "%s-%lld", kind, (long long)rule->major);
	else
		snprintf(name, sizeof name, "%s-*", kind);
	snprintf(access, sizeof access, "%s%s%s", rule->read ? "r" : "", rule->write ? "w" : "", rule->mknod ? "m" : "");
	dbus_put(writer, 8, "", 0);
	dbus_put_string(writer, name);
	dbus_put_string(writer, access);
}

/* On v1 a daemon-reload writes the list anew. Where all is allowed but some, only our own list can say so. */
void unit_put_devices(struct dbus_writer *writer, const struct device_rule *rules, size_t count)
{
	if (rules[0].type == 'a' && rules[0].allow)
		return;
	unit_put_text(writer, "DevicePolicy", "strict");
	begin(writer, "DeviceAllow", "a(ss)");
	struct dbus_array array = dbus_begin(writer, 8);
	for (size_t i = 0; i < count; i++)
		if (rules[i].allow && rules[i].type != 'a' && (rules[i].read || rules[i].write || rules[i].mknod))
			put_device(writer, &rules[i]);
	dbus_end(writer, array);
}

/* Most properties would have the host do something: write a file, run a program, reach another unit. These do not. */
static const struct allowed {
	const char *name, *property;
	uint64_t factor; /* 0: words */
} allowed[] = {
	{"TimeoutStopUSec", "TimeoutStopUSec", 1},
	{"TimeoutStopSec", "TimeoutStopUSec", 1000000},
	{"RuntimeMaxUSec", "RuntimeMaxUSec", 1},
	{"RuntimeMaxSec", "RuntimeMaxUSec", 1000000},
	{"CollectMode", "CollectMode", 0},
};

/* A value as GVariant writes it ("uint64 90", "'inactive'"), or bare. */
static int put_allowed(struct dbus_writer *writer, const struct allowed *row, const char *value, struct error *err)
{
	static const char *const modes[] = {"inactive", "inactive-or-failed"};
	uint64_t amount;
	const char *digits = strncmp(value, "uint64 ", 7) == 0 ? value + 7 : value;
	if (row->factor) {
		if (!parse_u64(digits, UINT64_MAX / row->factor, &amount))
			return error_set(err, 0, "annotation " PREFIX "%s must be a number, not '%s'", row->name, value);
		unit_put_amount(writer, row->property, amount * row->factor);
		return 0;
	}
	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
		char quoted[32];
		snprintf(quoted, sizeof quoted, "'%s'", modes[i]);
		if (strcmp(value, modes[i]) == 0 || strcmp(value, quoted) == 0) {
			unit_put_text(writer, row->property, modes[i]);
			return 0;
		}
	}
	return error_set(err, 0, "annotation " PREFIX "%s is inactive or inactive-or-failed, not %s", row->name, value);
}

static const struct allowed *find_allowed(const char *name)
{
	for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
		if (strcmp(allowed[i].name, name) == 0)
			return &allowed[i];
	return NULL;
}

int unit_put_annotations(struct dbus_writer *writer, const json_t *annotations, struct error *err)
{
	const char *key;
	json_t *value;
	json_object_foreach((json_t *)annotations, key, value)
	{
		if (strncmp(key, PREFIX, strlen(PREFIX)) != 0)
			continue;
		const struct allowed *row = find_allowed(key + strlen(PREFIX));
		if (!row || !json_is_string(value))
			return error_set(err, 0,
				"annotation %s is refused: of systemd's properties only TimeoutStopUSec, RuntimeMaxUSec and "
				"CollectMode can be asked for",
				key);
		if (put_allowed(writer, row, json_string_value(value), err) < 0)
			return -1;
	}
	return 0;
}
