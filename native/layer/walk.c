#include "walk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

/* Deeper than any tree that a path can name. */
enum { WALK_DEPTH = 2048, WALK_PATH = 4096 };

struct walk {
	int (*visit)(void *context, const struct walk_item *item, struct error *err);
	void *context;
	char path[WALK_PATH + NAME_MAX + 2];
	size_t length;
};

struct names {
	char **list;
	size_t count, room;
};

static void names_finish(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->list[i]);
	free(names->list);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int names_read(struct names *names, int folder, struct error *err)
{
	cleanup_close int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_dir DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *entry;
	if (!dir)
		return error_set(err, errno, "read a folder");
	steal_fd(&copy);
	while ((entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (names->count == names->room) {
			size_t room = names->room ? names->room * 2 : 32;
			char **grown = realloc(names->list, room * sizeof *grown);
			if (!grown)
				return error_set(err, ENOMEM, "read a folder");
			names->list = grown;
			names->room = room;
		}
		names->list[names->count] = strdup(entry->d_name);
		if (!names->list[names->count++])
			return error_set(err, ENOMEM, "read a folder");
	}
	if (names->count)
		qsort(names->list, names->count, sizeof *names->list, by_name);
	return 0;
}

static int walk_folder(struct walk *walk, int folder, int depth, struct error *err);

static int walk_item(struct walk *walk, int parent, const char *name, int depth, struct error *err)
{
	struct walk_item item = {.parent = parent, .name = name, .path = walk->path, .depth = depth};
	if (fstatat(parent, name, &item.st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : error_set(err, errno, "look up %s", walk->path);
	if (walk->visit(walk->context, &item, err) < 0)
		return -1;
	if (!S_ISDIR(item.st.st_mode))
		return 0;
	cleanup_close int folder = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (folder < 0)
		return errno == ENOENT ? 0 : error_set(err, errno, "open folder %s", walk->path);
	if (walk_folder(walk, folder, depth + 1, err) < 0)
		return -1;
	item.when = WALK_LEAVE;
	return walk->visit(walk->context, &item, err);
}

static int walk_folder(struct walk *walk, int folder, int depth, struct error *err)
{
	struct names names __attribute__((cleanup(names_finish))) = {0};
	size_t length = walk->length;
	if (depth > WALK_DEPTH || length > WALK_PATH)
		return error_set(err, ENAMETOOLONG, "%.64s…: too deep", walk->path);
	if (names_read(&names, folder, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		walk->length = length +
			       (size_t)snprintf(walk->path + length, sizeof walk->path - length, "%s%s", length ? "/" : "", names.list[i]);
		int result = walk_item(walk, folder, names.list[i], depth, err);
		walk->length = length;
		walk->path[length] = 0;
		if (result < 0)
			return -1;
	}
	return 0;
}

int walk_at(int parent, const char *name, int (*visit)(void *context, const struct walk_item *item, struct error *err), void *context,
	struct error *err)
{
	struct walk walk = {.visit = visit, .context = context};
	return walk_item(&walk, parent, name, 0, err);
}

int walk_tree(int root, int (*visit)(void *context, const struct walk_item *item, struct error *err), void *context, struct error *err)
{
	return walk_at(root, ".", visit, context, err);
}
