/* The "linux" object without its resources. */
#include <string.h>
#include <sys/mount.h>

#include "spec.h"

static void read_namespaces(struct reader *r, const json_t *object, struct spec *spec)
{
	static const char *const names[NS_KINDS] = {"mount", "cgroup", "uts", "ipc", "user", "pid", "network", "time"};
	const json_t *array = read_array(r, object, "linux", "namespaces");
	for (size_t i = 0; i < json_array_size(array) && !r->failed; i++) {
		const char *place;
		const json_t *entry = read_element(r, array, i, "linux.namespaces", &place);
		const char *type = read_required(r, entry, place, "type");
		const char *path = read_string(r, entry, place, "path");
		int kind = 0;
		while (kind < NS_KINDS && strcmp(names[kind], type) != 0)
			kind++;
		if (kind == NS_KINDS) {
			read_fail(r, place, "type", "is not a known namespace");
			return;
		}
		if (spec->namespaces[kind].wanted)
			read_fail(r, place, "type", "is given twice");
		if (path && *path && *path != '/')
			read_fail(r, place, "path", "must be absolute");
		spec->namespaces[kind] = (struct namespace){true, path && *path ? path : NULL};
	}
}

void spec_read_id_maps(struct reader *r, const json_t *object, const char *where, const char *key, struct id_maps *maps)
{
	const json_t *array = read_array(r, object, where, key);
	size_t count = json_array_size(array);
	where = read_place(r, where, key);
	if (count > 340)
		read_fail(r, where, "", "has more than 340 ranges, the kernel's limit");
	maps->list = arena_alloc(r->arena, count * sizeof *maps->list);
	for (size_t i = 0; i < count && !r->failed; i++) {
		const char *place;
		const json_t *entry = read_element(r, array, i, where, &place);
		maps->list[maps->count++] = (struct id_map){
			(uint32_t)read_number(r, entry, place, "containerID", 0, UINT32_MAX - 1).value,
			(uint32_t)read_number(r, entry, place, "hostID", 0, UINT32_MAX - 1).value,
			(uint32_t)read_number(r, entry, place, "size", 1, UINT32_MAX).value,
		};
	}
}

static void read_device(struct reader *r, const json_t *entry, const char *place, struct device *device)
{
	const char *type = read_required(r, entry, place, "type");
	device->path = read_required(r, entry, place, "path");
	if (!r->failed && *device->path != '/')
		read_fail(r, place, "path", "must be absolute");
	if (!r->failed && (strlen(type) != 1 || !strchr("cubp", *type)))
		read_fail(r, place, "type", "must be c, u, b or p");
	device->type = *type == 'u' ? 'c' : *type;
	struct number major = read_number(r, entry, place, "major", 0, 4095), minor = read_number(r, entry, place, "minor", 0, 0xfffff);
	if (device->type != 'p' && (!major.set || !minor.set))
		read_fail(r, place, "major", "and minor are needed");
	device->major = (unsigned)major.value;
	device->minor = (unsigned)minor.value;
	struct number mode = read_number(r, entry, place, "fileMode", 0, 0177777);
	device->mode = mode.set ? (mode_t)mode.value & 07777 : 0666;
	device->uid = (uid_t)read_number(r, entry, place, "uid", 0, UINT32_MAX - 1).value;
	device->gid = (gid_t)read_number(r, entry, place, "gid", 0, UINT32_MAX - 1).value;
}

static void read_devices(struct reader *r, const json_t *object, struct spec *spec)
{
	const json_t *array = read_array(r, object, "linux", "devices");
	size_t count = json_array_size(array);
	spec->devices = arena_alloc(r->arena, count * sizeof *spec->devices);
	for (; spec->device_count < count && !r->failed; spec->device_count++) {
		const char *place;
		const json_t *entry = read_element(r, array, spec->device_count, "linux.devices", &place);
		read_device(r, entry, place, &spec->devices[spec->device_count]);
	}
}

static uint64_t read_root_propagation(struct reader *r, const json_t *object)
{
	static const struct {
		const char *name;
		uint64_t flags;
	} table[] = {
		{"private", MS_PRIVATE},
		{"rprivate", MS_PRIVATE | MS_REC},
		{"slave", MS_SLAVE},
		{"rslave", MS_SLAVE | MS_REC},
		{"shared", MS_SHARED},
		{"rshared", MS_SHARED | MS_REC},
		{"unbindable", MS_UNBINDABLE},
		{"runbindable", MS_UNBINDABLE | MS_REC},
	};
	const char *word = read_string(r, object, "linux", "rootfsPropagation");
	if (!word || !*word)
		return 0;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (strcmp(table[i].name, word) == 0)
			return table[i].flags;
	read_fail(r, "linux", "rootfsPropagation", "is not a known propagation");
	return 0;
}

static struct number read_personality(struct reader *r, const json_t *object)
{
	const json_t *entry = read_object(r, object, "linux", "personality");
	if (!entry)
		return (struct number){0};
	const char *domain = read_required(r, entry, "linux.personality", "domain");
	if (json_array_size(read_array(r, entry, "linux.personality", "flags")))
		read_fail(r, "linux.personality", "flags", "are not supported");
	if (strcmp(domain, "LINUX") != 0 && strcmp(domain, "LINUX32") != 0)
		read_fail(r, "linux.personality", "domain", "must be LINUX or LINUX32");
	return (struct number){true, strcmp(domain, "LINUX32") == 0 ? 8 : 0};
}

static void read_offset(struct reader *r, const json_t *object, const char *name, struct time_offset *offset, bool *has)
{
	const json_t *entry = read_object(r, object, "linux.timeOffsets", name);
	const char *where = read_place(r, "linux.timeOffsets", name);
	offset->seconds = read_number(r, entry, where, "secs", INT64_MIN, INT64_MAX).value;
	offset->nanoseconds = (uint32_t)read_number(r, entry, where, "nanosecs", 0, 999999999).value;
	*has |= offset->seconds || offset->nanoseconds;
}

static void read_offsets(struct reader *r, const json_t *object, struct spec *spec)
{
	static const char *const clocks[OFFSET_CLOCKS] = {"monotonic", "boottime"};
	const json_t *offsets = read_object(r, object, "linux", "timeOffsets");
	const struct namespace *time = &spec->namespaces[NS_TIME];
	const char *name;
	json_t *value;
	json_object_foreach((json_t *)offsets, name, value) if (strcmp(name, clocks[0]) != 0 && strcmp(name, clocks[1]) != 0)
		read_fail(r, "linux.timeOffsets", name, "is not a clock that a time namespace can shift");
	for (int i = 0; i < OFFSET_CLOCKS; i++)
		read_offset(r, offsets, clocks[i], &spec->offsets[i], &spec->has_offsets);
	if (spec->has_offsets && (!time->wanted || time->path))
		read_fail(r, "linux", "timeOffsets", "need a new time namespace");
}

/* What a process could use to leave its cgroup's place is refused here, where the path enters. */
static void check_cgroup_path(struct reader *r, const char *path)
{
	if (strlen(path) > 1024)
		read_fail(r, "linux", "cgroupsPath", "is too long");
	for (const char *at = path; at; at = strchr(at, '/')) {
		at += *at == '/';
		size_t length = strcspn(at, "/");
		if ((length == 2 && at[0] == '.' && at[1] == '.') || (length == 1 && *at == '.') || memchr(at, '\n', length))
			read_fail(r, "linux", "cgroupsPath", "must not hold '.', '..' or a newline");
	}
}

static void check_maps(struct reader *r, const struct spec *spec)
{
	const struct namespace *user = &spec->namespaces[NS_USER];
	if ((spec->uids.count || spec->gids.count) && !user->wanted)
		read_fail(r, "linux", "uidMappings", "needs a user namespace");
	if (!spec->uids.count != !spec->gids.count)
		read_fail(r, "linux", "uidMappings", "and gidMappings go together");
	if (!spec->namespaces[NS_MOUNT].wanted)
		read_fail(r, "linux", "namespaces", "must hold a mount namespace");
	if (spec->hostname && *spec->hostname && !spec->namespaces[NS_UTS].wanted)
		read_fail(r, "hostname", "", "needs a UTS namespace");
	if (spec->domainname && *spec->domainname && !spec->namespaces[NS_UTS].wanted)
		read_fail(r, "domainname", "", "needs a UTS namespace");
}

/* What is known and cannot be done is said, and not passed over. */
static void refuse_unsupported(struct reader *r, const json_t *object)
{
	static const char *const keys[] = {"intelRdt", "netDevices"};
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		const json_t *entry = read_object(r, object, "linux", keys[i]);
		if (json_object_size(entry))
			read_fail(r, "linux", keys[i], "is not supported");
	}
}

void spec_read_linux(struct reader *r, const json_t *object, struct spec *spec)
{
	read_namespaces(r, object, spec);
	spec_read_id_maps(r, object, "linux", "uidMappings", &spec->uids);
	spec_read_id_maps(r, object, "linux", "gidMappings", &spec->gids);
	read_devices(r, object, spec);
	spec->cgroup_path = read_string(r, object, "linux", "cgroupsPath");
	if (spec->cgroup_path)
		check_cgroup_path(r, spec->cgroup_path);
	spec_read_resources(r, read_object(r, object, "linux", "resources"), "linux.resources", &spec->resources);
	spec->sysctl = spec_read_pairs(r, object, "linux", "sysctl");
	spec->seccomp = read_object(r, object, "linux", "seccomp");
	spec->masked = read_strings(r, object, "linux", "maskedPaths");
	spec->read_only = read_strings(r, object, "linux", "readonlyPaths");
	spec->root_propagation = read_root_propagation(r, object);
	spec->mount_label = read_string(r, object, "linux", "mountLabel");
	spec->personality = read_personality(r, object);
	spec->memory_policy = spec_read_memory_policy(r, object);
	read_offsets(r, object, spec);
	refuse_unsupported(r, object);
	check_maps(r, spec);
}
