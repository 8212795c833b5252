/* Mount options, as a table. */
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

#include "spec.h"

#ifndef MOUNT_ATTR_NOSYMFOLLOW
#define MOUNT_ATTR_NOSYMFOLLOW 0x00200000
#endif

static const struct option_row {
	const char *name;
	uint64_t set, clear;
} attributes[] = {
	{"ro", MOUNT_ATTR_RDONLY, 0},
	{"rw", 0, MOUNT_ATTR_RDONLY},
	{"nosuid", MOUNT_ATTR_NOSUID, 0},
	{"suid", 0, MOUNT_ATTR_NOSUID},
	{"nodev", MOUNT_ATTR_NODEV, 0},
	{"dev", 0, MOUNT_ATTR_NODEV},
	{"noexec", MOUNT_ATTR_NOEXEC, 0},
	{"exec", 0, MOUNT_ATTR_NOEXEC},
	{"nodiratime", MOUNT_ATTR_NODIRATIME, 0},
	{"diratime", 0, MOUNT_ATTR_NODIRATIME},
	{"noatime", MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME},
	{"atime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME},
	{"relatime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME},
	{"norelatime", 0, MOUNT_ATTR__ATIME},
	{"strictatime", MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME},
	{"nostrictatime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME},
	{"nosymfollow", MOUNT_ATTR_NOSYMFOLLOW, 0},
	{"symfollow", 0, MOUNT_ATTR_NOSYMFOLLOW},
};

static const struct {
	const char *name;
	uint64_t flag;
	bool recursive;
} propagations[] = {
	{"private", MS_PRIVATE, false},
	{"rprivate", MS_PRIVATE, true},
	{"shared", MS_SHARED, false},
	{"rshared", MS_SHARED, true},
	{"slave", MS_SLAVE, false},
	{"rslave", MS_SLAVE, true},
	{"unbindable", MS_UNBINDABLE, false},
	{"runbindable", MS_UNBINDABLE, true},
};

static bool take_attribute(const char *name, uint64_t *set, uint64_t *clear)
{
	for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++) {
		if (strcmp(attributes[i].name, name) != 0)
			continue;
		/* The later option wins, whichever way the earlier one went. */
		*set = (*set & ~(attributes[i].clear)) | attributes[i].set;
		*clear = (*clear & ~(attributes[i].set & ~(uint64_t)MOUNT_ATTR__ATIME)) | attributes[i].clear;
		return true;
	}
	return false;
}

static bool take_propagation(const char *name, struct mount *mount)
{
	for (size_t i = 0; i < sizeof propagations / sizeof *propagations; i++) {
		if (strcmp(propagations[i].name, name) != 0)
			continue;
		mount->propagation = propagations[i].flag;
		mount->propagation_recursive = propagations[i].recursive;
		return true;
	}
	return false;
}

static bool take_word(const char *name, struct mount *mount)
{
	if (strcmp(name, "bind") == 0)
		return mount->bind = true;
	if (strcmp(name, "rbind") == 0)
		return mount->bind = mount->recursive = true;
	if (strcmp(name, "src-nofollow") == 0)
		return mount->source_link = true;
	if (strcmp(name, "tmpcopyup") == 0)
		return mount->copy_up = true;
	if (strcmp(name, "idmap") == 0)
		return mount->idmap = true;
	if (strcmp(name, "ridmap") == 0)
		return mount->idmap = mount->idmap_recursive = true;
	if (strncmp(name, "X-mount.subdir=", 15) == 0)
		return (mount->subdir = name + 15);
	/* "sync" and the like are flags of the file system itself: they stay among its options. */
	static const char *const silent[] = {
		"defaults", "silent", "loud", "remount", "nofail", "_netdev", "iversion", "noiversion", "mand", "nomand", NULL};
	for (int i = 0; silent[i]; i++)
		if (strcmp(silent[i], name) == 0)
			return true;
	return false;
}

/* "FIRST-OUTSIDE-SIZE#…", as crun writes them. */
static bool take_ranges(struct reader *r, char *text, struct id_maps *maps)
{
	char *save = NULL;
	*maps = (struct id_maps){arena_alloc(r->arena, (strlen(text) / 2 + 1) * sizeof *maps->list), 0};
	for (char *range = strtok_r(text, "#", &save); range; range = strtok_r(NULL, "#", &save)) {
		struct id_map *map = &maps->list[maps->count++];
		int end = 0;
		if (strspn(range, "0123456789-") != strlen(range) || strlen(range) > 32 ||
			sscanf(range, "%u-%u-%u%n", &map->inside, &map->outside, &map->size, &end) != 3 || range[end] || map->size == 0)
			return false;
	}
	return maps->count > 0 && maps->count <= 340;
}

/* idmap=uids=RANGES;gids=RANGES and ridmap=…: a mapping of the mount's own. */
static bool take_mapping(struct reader *r, const char *name, const char *where, struct mount *mount)
{
	bool recursive = *name == 'r';
	if (strncmp(name + recursive, "idmap=", 6) != 0)
		return false;
	char *text = arena_print(r->arena, "%s", name + recursive + 6), *save = NULL;
	bool good = *text;
	for (char *part = strtok_r(text, ";", &save); good && part; part = strtok_r(NULL, ";", &save))
		good = (strncmp(part, "uids=", 5) == 0 && take_ranges(r, part + 5, &mount->uids)) ||
		       (strncmp(part, "gids=", 5) == 0 && take_ranges(r, part + 5, &mount->gids));
	if (!good)
		read_fail(r, where, "options", "must have the form idmap=uids=FIRST-OUTSIDE-SIZE#...;gids=... in plain numbers");
	mount->idmap = true;
	mount->idmap_recursive |= recursive;
	return true;
}

void spec_read_mount_options(struct reader *r, const struct strings *options, const char *where, struct mount *mount)
{
	mount->data.list = arena_alloc(r->arena, (options->count + 1) * sizeof *mount->data.list);
	for (size_t i = 0; i < options->count; i++) {
		const char *name = options->list[i];
		if (take_word(name, mount) || take_mapping(r, name, where, mount) || take_propagation(name, mount) ||
			take_attribute(name, &mount->set, &mount->clear))
			continue;
		if (name[0] == 'r' && take_attribute(name + 1, &mount->recursive_set, &mount->recursive_clear))
			continue;
		if (strcmp(name, "dest-nofollow") == 0)
			read_fail(r, where, "options", "holds dest-nofollow, which is not supported: nothing is mounted on a link");
		if (strlen(name) > 4000 || strchr(name, ','))
			read_fail(r, where, "options", "holds an option with a comma or of more than 4000 bytes");
		mount->data.list[mount->data.count++] = name;
	}
}
