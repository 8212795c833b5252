#include "stand_in.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

#include "copy.h"
#include "exec_request.h"
#include "target.h"
#include "util.h"

int stand_in_enter(struct container *c, struct error *err)
{
	(void)c;
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_SLAVE | MS_REC, NULL) < 0)
		return error_set(err, errno, "make a mount namespace");
	/* crun runs on v1 or on v2, and gives up where it finds both: what it cannot use is not there. */
	umount2("/sys/fs/cgroup/unified", MNT_DETACH);
	return 0;
}

/* Another file in the place of one that others go on seeing as it is: bound over it from a tmpfs of its own. */
static int cover(const char *path, const char *text, struct error *err)
{
	cleanup_close int fs = fsopen("tmpfs", FSOPEN_CLOEXEC);
	if (fs < 0 || fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return error_set(err, errno, "make a file system for %s", path);
	cleanup_close int folder = fsmount(fs, FSMOUNT_CLOEXEC, 0);
	cleanup_close int file = folder < 0 ? -1 : openat(folder, "file", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	size_t size = strlen(text);
	if (file < 0 || write(file, text, size) != (ssize_t)size)
		return error_set(err, errno, "write what stands for %s", path);
	cleanup_close int bound = open_tree(folder, "file", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	cleanup_close int place = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	return bound < 0 || place < 0 || target_mount(bound, place) < 0 ? error_set(err, errno, "cover %s", path) : 0;
}

static int cover_with(const char *path, const json_t *json, struct error *err)
{
	cleanup_free char *text = json_dumps(json, JSON_COMPACT);
	return text ? cover(path, text, err) : error_set(err, ENOMEM, "write %s", path);
}

static json_t *list_of_strings(const struct strings *strings)
{
	json_t *list = json_array();
	for (size_t i = 0; i < strings->count; i++)
		json_array_append_new(list, json_string(strings->list[i]));
	return list;
}

static json_t *member(json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);
	if (value)
		return value;
	json_object_set_new(object, key, json_object());
	return json_object_get(object, key);
}

/* What was found in the container's files, in numbers. */
static void tell_user(json_t *json, const struct process *process)
{
	json_t *user = member(json, "user"), *groups = json_array();
	for (size_t i = 0; i < process->group_count; i++)
		json_array_append_new(groups, json_integer(process->groups[i]));
	json_object_set_new(user, "uid", json_integer(process->uid));
	json_object_set_new(user, "gid", json_integer(process->gid));
	json_object_set_new(user, "additionalGids", groups);
	json_object_set_new(json, "env", list_of_strings(&process->env));
}

static void forget_ours(json_t *annotations)
{
	const char *key;
	void *next;
	json_t *value;
	json_object_foreach_safe(annotations, next, key, value) if (strncmp(key, "io.hawser.", 10) == 0) json_object_del(annotations, key);
}

/* New volumes begin with what the image has in their place. */
static int fill_volumes(struct container *c, struct error *err)
{
	for (size_t i = 0; i < c->spec.mount_count; i++) {
		const struct mount *mount = &c->spec.mounts[i];
		if (!mount->bind || !mount->copy_up)
			continue;
		cleanup_close int from = open_in_root(c->rootfs, mount->target, O_RDONLY | O_DIRECTORY, 0);
		cleanup_close int to = open(mount->source, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (from < 0 && (errno == ENOENT || errno == ENOTDIR))
			continue;
		if (from < 0 || to < 0)
			return error_set(err, errno, "fill mount %s", mount->target);
		if (copy_first(from, to, mount->target, err) < 0)
			return -1;
	}
	return 0;
}

/* A link in the container's /dev, or in a volume, must not lead another runtime to the host: what only ours can open is refused. */
static int refuse_ours(struct container *c, struct error *err)
{
	if (spec_annotation(&c->spec, "io.hawser.shm-of"))
		return error_set(err, 0, "only hawser's own runtime can share another container's /dev/shm");
	if (c->spec.namespaces[NS_USER].wanted)
		return error_set(err, 0, "only hawser's own runtime can give a container a user namespace");
	for (size_t i = 0; i < c->spec.mount_count; i++)
		if (c->spec.mounts[i].subdir)
			return error_set(err, 0, "only hawser's own runtime can mount a part of a volume: %s", c->spec.mounts[i].target);
	return 0;
}

static int cover_config(struct container *c, struct error *err)
{
	char path[4096];
	snprintf(path, sizeof path, "%s/config.json", c->bundle);
	tell_user(json_object_get(c->spec.json, "process"), c->process);
	forget_ours(json_object_get(c->spec.json, "annotations"));
	return cover_with(path, c->spec.json, err);
}

static const struct step creates[] = {
	{"configuration", refuse_ours, NULL},
	{"root file system", rootfs_open, NULL},
	{"root file system", rootfs_attach, NULL},
	{"volumes", fill_volumes, NULL},
	{"user", user_resolve, user_is_wanted},
	{"configuration", cover_config, NULL},
	{0},
};

int stand_in_create(struct container *c, struct error *err)
{
	if (plan_walk(creates, c, err) < 0)
		return -1;
	return chdir("/") < 0 ? error_set(err, errno, "leave the root file system") : 0;
}

int stand_in_exec(struct container *c, const char *path, struct error *err)
{
	char root[64];
	snprintf(root, sizeof root, "/proc/%d/root", (int)c->init);
	c->spec.json = json_object();
	if (exec_read_process(c, path, err) < 0)
		return -1;
	c->rootfs = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (c->rootfs < 0)
		return error_set(err, errno, "open the container's root file system");
	if (user_is_wanted(c) && user_resolve(c, err) < 0)
		return error_wrap(err, "user");
	json_t *json = json_object_get(c->spec.json, "io.hawser.exec");
	tell_user(json, c->process);
	json_object_del(json, "annotations");
	return cover_with(path, json, err);
}
