/* Which devices a container may open: the rules of its configuration, then the standard nodes and those it was given. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cgroup.h"

/* null zero full random urandom tty ptmx pts/…; nothing that reaches hardware, and no mknod of anything. */
static const struct device_rule standard[] = {
	{true, 'c', 1, 3, true, true, true},
	{true, 'c', 1, 5, true, true, true},
	{true, 'c', 1, 7, true, true, true},
	{true, 'c', 1, 8, true, true, true},
	{true, 'c', 1, 9, true, true, true},
	{true, 'c', 5, 0, true, true, true},
	{true, 'c', 5, 2, true, true, true},
	{true, 'c', 136, -1, true, true, true},
};
#define STANDARD (sizeof standard / sizeof *standard)

static struct device_rule *all_rules(struct arena *arena, const struct spec *spec, size_t *count)
{
	const struct resources *resources = &spec->resources;
	struct device_rule *rules = arena_alloc(arena, (1 + resources->device_count + STANDARD + spec->device_count) * sizeof *rules);
	size_t n = 0;
	rules[n++] = (struct device_rule){false, 'a', -1, -1, true, true, true};
	for (size_t i = 0; i < resources->device_count; i++)
		rules[n++] = resources->devices[i];
	for (size_t i = 0; i < STANDARD; i++)
		rules[n++] = standard[i];
	/* The node of a device that is listed must be made from inside. It may be used when a rule says so, or when there is none. */
	bool used = resources->device_count == 0;
	for (size_t i = 0; i < spec->device_count; i++)
		if (spec->devices[i].type != 'p')
			rules[n++] = (struct device_rule){
				true, spec->devices[i].type, spec->devices[i].major, spec->devices[i].minor, used, used, true};
	*count = n;
	return rules;
}

static void print_number(char *text, size_t room, int64_t number)
{
	if (number < 0)
		snprintf(text, room, "*");
	else
		snprintf(text, room, "%lld", (long long)number);
}

static int write_rule(struct hierarchy *hierarchy, const struct device_rule *rule, struct error *err)
{
	const char *file = rule->allow ? "devices.allow" : "devices.deny";
	char major[24], minor[24];
	if (rule->type == 'a')
		return cgroup_write(hierarchy, file, err, "a");
	print_number(major, sizeof major, rule->major);
	print_number(minor, sizeof minor, rule->minor);
	return cgroup_write(hierarchy, file, err, "%c %s:%s %s%s%s", rule->type, major, minor, rule->read ? "r" : "",
		rule->write ? "w" : "", rule->mknod ? "m" : "");
}

/* Rules before the last one for all devices have no effect. */
static size_t first_in_force(const struct device_rule *rules, size_t count)
{
	for (size_t i = count; i-- > 0;)
		if (rules[i].type == 'a' && rules[i].read && rules[i].write && rules[i].mknod)
			return i;
	return 0;
}

const struct device_rule *cgroup_device_rules(struct arena *arena, const struct spec *spec, size_t *count)
{
	const struct device_rule *rules = all_rules(arena, spec, count);
	size_t first = first_in_force(rules, *count);
	*count -= first;
	return rules + first;
}

int cgroup_apply_devices(struct cgroup *cgroup, const struct spec *spec, struct error *err)
{
	size_t count;
	const struct device_rule *rules = cgroup_device_rules(cgroup->arena, spec, &count);
	struct hierarchy *hierarchy = cgroup_with(cgroup, "devices");
	if (!hierarchy)
		return error_set(
			err, 0, "this system has no devices cgroup controller, so that a container's devices could not be limited");
	if (cgroup->pure)
		return device_filter_attach(hierarchy->fd, rules, count, err);
	bool everything = rules[0].type == 'a' && rules[0].allow;
	for (size_t i = 0; i < count; i++)
		if (!(everything && i > 0 && rules[i].allow) && write_rule(hierarchy, &rules[i], err) < 0)
			return -1;
	return 0;
}
