/* The verbs that are a few lines each. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "remove.h"
#include "staging.h"
#include "util.h"
#include "verbs.h"

int verb_sync(int argc, char **argv, struct error *err)
{
	if (argc != 2)
		return error_set(err, 0, "sync takes one folder");
	cleanup_close int fd = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_set(err, errno, "open %s", argv[1]);
	return syncfs(fd) < 0 ? error_set(err, errno, "sync the file system of %s", argv[1]) : 0;
}

static int remove_path(char *path, struct error *err)
{
	size_t length = strlen(path);
	while (length > 1 && path[length - 1] == '/')
		path[--length] = 0;
	char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	if (!*name || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return error_set(err, EINVAL, "remove %s", path);
	if (slash)
		*slash = 0;
	cleanup_close int parent = open(!slash ? "." : slash == path ? "/" : path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (parent < 0)
		return errno == ENOENT ? 0 : error_set(err, errno, "open %s", path);
	return remove_at(parent, name, err);
}

int verb_remove(int argc, char **argv, struct error *err)
{
	for (int i = 1; i < argc; i++)
		if (remove_path(argv[i], err) < 0)
			return -1;
	return argc > 1 ? 0 : error_set(err, 0, "remove takes folders");
}

int verb_clean(int argc, char **argv, struct error *err)
{
	for (int i = 1; i < argc; i++)
		if (staging_clean(argv[i], err) < 0)
			return -1;
	return argc > 1 ? 0 : error_set(err, 0, "clean takes folders");
}
