#include "spec.h"

#include <string.h>
#include <sys/mount.h>

static void read_root(struct reader *r, const json_t *config, struct spec *spec)
{
	const json_t *root = read_object(r, config, "", "root");
	if (!root)
		read_fail(r, "root", "", "is missing");
	spec->root = read_required(r, root, "root", "path");
	spec->root_read_only = read_bool(r, root, "root", "readonly");
}

static void read_mount(struct reader *r, const json_t *object, const char *where, struct mount *mount)
{
	mount->target = read_required(r, object, where, "destination");
	mount->type = read_string(r, object, where, "type");
	mount->source = read_string(r, object, where, "source");
	if (mount->target[0] != '/' && !r->failed)
		mount->target = arena_print(r->arena, "/%s", mount->target);
	spec_read_id_maps(r, object, where, "uidMappings", &mount->uids);
	spec_read_id_maps(r, object, where, "gidMappings", &mount->gids);
	struct strings options = read_strings(r, object, where, "options");
	spec_read_mount_options(r, &options, where, mount);
	if (mount->type && strcmp(mount->type, "bind") == 0)
		mount->bind = true;
	if (mount->bind && (!mount->source || !*mount->source))
		read_fail(r, where, "source", "is missing");
	if (!mount->bind && (!mount->type || !*mount->type))
		read_fail(r, where, "type", "is missing");
}

/* A container's /dev is never the image's: one that is not asked for is made. */
static void complete_dev(struct reader *r, struct spec *spec)
{
	static const char *data[] = {"mode=755", "size=64k", NULL};
	for (size_t i = 0; i < spec->mount_count; i++)
		if (strcmp(spec->mounts[i].target, "/dev") == 0 || strcmp(spec->mounts[i].target, "/dev/") == 0)
			return;
	if (r->failed)
		return;
	memmove(spec->mounts + 1, spec->mounts, spec->mount_count++ * sizeof *spec->mounts);
	spec->mounts[0] = (struct mount){.target = "/dev", .type = "tmpfs", .source = "tmpfs", .set = MOUNT_ATTR_NOSUID, .data = {data, 2}};
}

static void read_mounts(struct reader *r, const json_t *config, struct spec *spec)
{
	const json_t *array = read_array(r, config, "", "mounts");
	size_t count = json_array_size(array);
	spec->mounts = arena_alloc(r->arena, (count + 1) * sizeof *spec->mounts);
	for (; spec->mount_count < count && !r->failed; spec->mount_count++) {
		const char *place;
		const json_t *object = read_element(r, array, spec->mount_count, "mounts", &place);
		read_mount(r, object, place, &spec->mounts[spec->mount_count]);
	}
	complete_dev(r, spec);
}

static void read_hooks(struct reader *r, const json_t *config, struct spec *spec)
{
	static const char *const names[HOOK_KINDS] = {
		"prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"};
	const json_t *hooks = read_object(r, config, "", "hooks");
	for (int kind = 0; hooks && kind < HOOK_KINDS; kind++) {
		const json_t *array = read_array(r, hooks, "hooks", names[kind]);
		const char *where = read_place(r, "hooks", names[kind]), *place;
		size_t count = json_array_size(array);
		struct hook *list = arena_alloc(r->arena, count * sizeof *list);
		for (size_t i = 0; i < count && !r->failed; i++) {
			const json_t *object = read_element(r, array, i, where, &place);
			list[i].path = read_required(r, object, place, "path");
			if (*list[i].path != '/')
				read_fail(r, place, "path", "must be absolute");
			list[i].args = read_strings(r, object, place, "args");
			list[i].env = read_strings(r, object, place, "env");
			list[i].has_env = json_is_array(json_object_get(object, "env"));
			list[i].timeout = (int)read_number(r, object, place, "timeout", 1, 86400).value;
		}
		spec->hooks[kind] = (struct hooks){list, count};
	}
}

static void read_annotations(struct reader *r, const json_t *config, struct spec *spec)
{
	spec->annotations = read_object(r, config, "", "annotations");
	const char *key;
	json_t *value;
	json_object_foreach((json_t *)spec->annotations, key, value) if (!json_is_string(value))
		read_fail(r, "annotations", key, "must be a string");
}

/* io.hawser.copyup: destinations whose mounts first take over what the image has there. */
static void read_copy_up(struct reader *r, struct spec *spec)
{
	const char *text = spec_annotation(spec, "io.hawser.copyup");
	json_t *list = text ? json_loads(text, JSON_REJECT_DUPLICATES, NULL) : NULL;
	if (text && !json_is_array(list))
		read_fail(r, "annotations", "io.hawser.copyup", "must be a JSON list of destinations");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *target = json_string_value(json_array_get(list, i));
		for (size_t n = 0; target && n < spec->mount_count; n++)
			if (strcmp(spec->mounts[n].target, target) == 0)
				spec->mounts[n].copy_up = true;
	}
	json_decref(list);
}

static void read_version(struct reader *r, const json_t *config, struct spec *spec)
{
	spec->version = read_required(r, config, "", "ociVersion");
	if (!r->failed && strncmp(spec->version, "1.", 2) != 0)
		read_fail(r, "ociVersion", "", "is not a 1.x version");
}

int spec_parse(struct spec *spec, const char *text, size_t size, struct error *err)
{
	*spec = (struct spec){0};
	spec->json = json_parse(text, size, "config.json", err);
	if (!spec->json)
		return -1;
	struct reader r = {.arena = &spec->arena, .err = err};
	read_version(&r, spec->json, spec);
	read_root(&r, spec->json, spec);
	const json_t *process = read_object(&r, spec->json, "", "process");
	spec->has_process = process != NULL;
	if (process)
		spec_read_process(&r, process, "process", &spec->process);
	spec->hostname = read_string(&r, spec->json, "", "hostname");
	spec->domainname = read_string(&r, spec->json, "", "domainname");
	read_mounts(&r, spec->json, spec);
	read_hooks(&r, spec->json, spec);
	read_annotations(&r, spec->json, spec);
	if (!r.failed) {
		spec_read_user_annotations(&r, spec->annotations, &spec->process);
		read_copy_up(&r, spec);
	}
	spec_read_linux(&r, read_object(&r, spec->json, "", "linux"), spec);
	return r.failed ? -1 : 0;
}

void spec_finish(struct spec *spec)
{
	json_decref(spec->json);
	arena_finish(&spec->arena);
	*spec = (struct spec){0};
}

const char *spec_annotation(const struct spec *spec, const char *key)
{
	return json_string_value(json_object_get(spec->annotations, key));
}

struct pairs spec_read_pairs(struct reader *r, const json_t *object, const char *where, const char *key)
{
	const json_t *map = read_object(r, object, where, key);
	struct pairs pairs = {arena_alloc(r->arena, json_object_size(map) * sizeof(struct pair)), 0};
	const char *name;
	json_t *value;
	json_object_foreach((json_t *)map, name, value)
	{
		if (!json_is_string(value))
			read_fail(r, read_place(r, where, key), name, "must be a string");
		pairs.list[pairs.count++] = (struct pair){name, json_string_value(value)};
	}
	return pairs;
}
