/* Layers are unpacked side by side, so that a folder which a layer passes through without describing it cannot be looked up in the
 * layers below at that time. Settling does it afterwards: such a folder gets owner, mode, times and attributes of the one it covers;
 * where the layers below have a link in its place, that is told, and the layer is unpacked again with --through. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

#include "tree.h"
#include "util.h"
#include "verbs.h"

enum { LOWER_LIMIT = 512, LIST_LIMIT = 64 << 20 };

struct settle {
	const char *target, *list;
	const char *lower[LOWER_LIMIT]; /* topmost first */
	size_t lower_count;
};

static int open_plain(int parent, const char *path, uint64_t flags)
{
	struct open_how how = {
		.flags = flags | O_CLOEXEC | O_NOFOLLOW, .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};
	return (int)syscall(SYS_openat2, parent, path, &how, sizeof how);
}

static bool is_opaque(int parent, const char *path)
{
	char value;
	cleanup_close int fd = open_plain(parent, path, O_RDONLY | O_DIRECTORY);
	return fd >= 0 && fgetxattr(fd, "trusted.overlay.opaque", &value, 1) == 1 && value == 'y';
}

/* Whether this lower layer hides what those below it have at `path`: by something that is no folder, or an opaque one, on the way. */
static bool hides(int lower, const char *path)
{
	char prefix[TAR_NAME_LIMIT];
	struct stat st;
	for (size_t at = strcspn(path, "/");; at += 1 + strcspn(path + at + 1, "/")) {
		snprintf(prefix, sizeof prefix, "%.*s", (int)at, path);
		cleanup_close int fd = open_plain(lower, prefix, O_PATH);
		if (fd < 0 || fstat(fd, &st) < 0)
			return false;
		if (!S_ISDIR(st.st_mode) || is_opaque(lower, prefix))
			return true;
		if (!path[at])
			return false;
	}
}

static int copy_dress(int from, int to, const struct stat *st, const char *path, struct error *err)
{
	char names[65536], value[65536];
	struct timespec times[2] = {st->st_atim, st->st_mtim};
	if (fchown(to, st->st_uid, st->st_gid) < 0 || fchmod(to, st->st_mode & 07777) < 0)
		return error_set(err, errno, "%s: set owner and mode", path);
	ssize_t length = flistxattr(from, names, sizeof names);
	for (char *name = names; length > 0 && name < names + length; name += strlen(name) + 1) {
		ssize_t size = strstr(name, ".overlay.") ? -1 : fgetxattr(from, name, value, sizeof value);
		if (size >= 0 && fsetxattr(to, name, value, (size_t)size, 0) < 0 && errno != ENOTSUP)
			return error_set(err, errno, "%s: set extended attribute %s", path, name);
	}
	return futimens(to, times) < 0 ? error_set(err, errno, "%s: set the times", path) : 0;
}

/* 1: this layer has the word on `path`, and it is done; 0: look further down; -1. */
static int settle_by(int lower, int target, const char *path, struct error *err)
{
	char link[TAR_NAME_LIMIT];
	struct stat st;
	cleanup_close int found = open_plain(lower, path, O_PATH);
	if (found < 0 || fstat(found, &st) < 0)
		return hides(lower, path);
	if (S_ISLNK(st.st_mode)) {
		ssize_t n = readlinkat(found, "", link, sizeof link - 1);
		if (n < 0)
			return error_set(err, errno, "read link %s", path);
		link[n] = 0;
		if (strpbrk(path, ":\n") || strchr(link, '\n'))
			return error_set(err, 0, "%s: lies behind a link of a lower layer whose name holds a colon or a newline", path);
		printf("link %s:%s\n", path, link);
		return 1;
	}
	if (!S_ISDIR(st.st_mode))
		return 1;
	cleanup_close int from = open_plain(lower, path, O_RDONLY | O_DIRECTORY);
	cleanup_close int to = open_plain(target, path, O_RDONLY | O_DIRECTORY);
	/* Something else may have taken the folder's place since. */
	if (from < 0 || to < 0)
		return 1;
	return copy_dress(from, to, &st, path, err) < 0 ? -1 : 1;
}

static int settle_one(const struct settle *settle, const int *lower, int target, const char *path, struct error *err)
{
	int result = 0;
	for (size_t i = 0; i < settle->lower_count && result == 0; i++)
		result = settle_by(lower[i], target, path, err);
	return result < 0 ? -1 : 0;
}

static int settle_all(const struct settle *settle, char *list, size_t size, struct error *err)
{
	int lower[LOWER_LIMIT], result = 0;
	size_t opened = 0;
	cleanup_close int target = open(settle->target, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (target < 0)
		return error_set(err, errno, "open %s", settle->target);
	for (; opened < settle->lower_count; opened++) {
		lower[opened] = open(settle->lower[opened], O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (lower[opened] < 0) {
			result = error_set(err, errno, "open %s", settle->lower[opened]);
			break;
		}
	}
	for (char *path = list; result == 0 && path < list + size; path += strlen(path) + 1)
		result = settle_one(settle, lower, target, path, err);
	while (opened)
		close(lower[--opened]);
	return result;
}

int verb_settle(int argc, char **argv, struct error *err)
{
	static const struct option known[] = {{"target", 1, NULL, 't'}, {"implicit", 1, NULL, 'i'}, {"lower", 1, NULL, 'l'}, {0}};
	static struct settle settle;
	int option;
	size_t size;
	opterr = 0;
	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (option == '?' || (option == 'l' && settle.lower_count == LOWER_LIMIT))
			return error_set(err, 0, "unknown option, one without its value, or too many lower layers");
		*(option == 't' ? &settle.target : option == 'i' ? &settle.list : &settle.lower[settle.lower_count++]) = optarg;
	}
	if (optind != argc || !settle.target || !settle.list)
		return error_set(err, 0, "settle needs --target DIR and --implicit FILE");
	cleanup_free char *list = read_file_at(AT_FDCWD, settle.list, LIST_LIMIT, &size, err);
	return list ? settle_all(&settle, list, size, err) : -1;
}
