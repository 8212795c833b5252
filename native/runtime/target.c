#include "target.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "util.h"

#define LINKS 255

struct walk {
	int root, at;	     /* the folder reached */
	char done[PATH_MAX]; /* its path, free of links */
	char left[PATH_MAX]; /* what is still to go */
	int links;
};

static int restart(struct walk *walk, const char *left)
{
	if (left != walk->left && snprintf(walk->left, sizeof walk->left, "%s", left) >= (int)sizeof walk->left) {
		errno = ENAMETOOLONG;
		return -1;
	}
	close(walk->at);
	walk->at = fcntl(walk->root, F_DUPFD_CLOEXEC, 3);
	walk->done[0] = 0;
	return walk->at < 0 ? -1 : 0;
}

/* A link leads on from the root, or from where it lies; either way inside the root. */
static int follow(struct walk *walk, const char *name, const char *rest)
{
	char link[PATH_MAX], next[3 * PATH_MAX];
	ssize_t n = readlinkat(walk->at, name, link, sizeof link - 1);
	if (n < 0)
		return -1;
	link[n] = 0;
	if (++walk->links > LINKS) {
		errno = ELOOP;
		return -1;
	}
	snprintf(next, sizeof next, "%s/%s/%s", *link == '/' ? "" : walk->done, link, rest);
	return restart(walk, next);
}

static int go_up(struct walk *walk, const char *rest)
{
	char next[2 * PATH_MAX];
	char *slash = strrchr(walk->done, '/');
	if (slash)
		*slash = 0;
	snprintf(next, sizeof next, "%s/%s", walk->done, rest);
	return restart(walk, next);
}

static int make(int folder, const char *name, enum target_kind kind, mode_t mode)
{
	if (kind == TARGET_DIRECTORY)
		return mkdirat(folder, name, mode);
	cleanup_close int fd = openat(folder, name, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY | O_CLOEXEC, mode);
	return fd < 0 ? -1 : 0;
}

/* One component. The descriptor is taken with O_NOFOLLOW, so a swap shows as an error and never as another place. */
static int step(struct walk *walk, const char *name, const char *rest, enum target_kind kind, mode_t mode)
{
	bool last = !*rest;
	int fd = openat(walk->at, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT) {
		if (make(walk->at, name, last ? kind : TARGET_DIRECTORY, last ? mode : 0755) < 0 && errno != EEXIST)
			return -1;
		fd = openat(walk->at, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	}
	struct stat st;
	if (fd < 0 || fstat(fd, &st) < 0)
		return -1;
	if (S_ISLNK(st.st_mode)) {
		close(fd);
		return follow(walk, name, rest);
	}
	size_t used = strlen(walk->done);
	if ((size_t)snprintf(walk->done + used, sizeof walk->done - used, "/%s", name) >= sizeof walk->done - used) {
		close(fd);
		errno = ENAMETOOLONG;
		return -1;
	}
	close(walk->at);
	walk->at = fd;
	if (!last && !S_ISDIR(st.st_mode)) {
		errno = ENOTDIR;
		return -1;
	}
	return 0;
}

static int walk_all(struct walk *walk, enum target_kind kind, mode_t mode)
{
	for (;;) {
		char *name = walk->left + strspn(walk->left, "/");
		if (!*name)
			return 0;
		size_t length = strcspn(name, "/");
		char part[NAME_MAX + 1], rest[PATH_MAX];
		if (length > NAME_MAX) {
			errno = ENAMETOOLONG;
			return -1;
		}
		snprintf(part, sizeof part, "%.*s", (int)length, name);
		snprintf(rest, sizeof rest, "%s", name + length + strspn(name + length, "/"));
		memmove(walk->left, rest, strlen(rest) + 1);
		if (strcmp(part, ".") == 0)
			continue;
		if ((strcmp(part, "..") == 0 ? go_up(walk, rest) : step(walk, part, rest, kind, mode)) < 0)
			return -1;
	}
}

int target_open(int root, const char *path, enum target_kind kind, mode_t mode, char *resolved, struct error *err)
{
	struct walk walk = {.root = root, .at = fcntl(root, F_DUPFD_CLOEXEC, 3)};
	int result = -1;
	errno = ENAMETOOLONG;
	if (walk.at >= 0 && snprintf(walk.left, sizeof walk.left, "%s", path) < (int)sizeof walk.left)
		result = walk_all(&walk, kind, mode);
	struct stat st;
	if (result == 0 && fstat(walk.at, &st) == 0 && S_ISDIR(st.st_mode) != (kind == TARGET_DIRECTORY)) {
		errno = kind == TARGET_DIRECTORY ? ENOTDIR : EISDIR;
		result = -1;
	}
	if (result < 0) {
		error_set(err, errno, "open %s in the root file system", path);
		if (walk.at >= 0)
			close(walk.at);
		return -1;
	}
	if (resolved)
		snprintf(resolved, PATH_MAX, "%s", *walk.done ? walk.done : "/");
	return walk.at;
}

int target_open_plain(int root, const char *path, struct error *err)
{
	const char *name = path + 1;
	if (mkdirat(root, name, 0755) < 0 && errno != EEXIST)
		return error_set(err, errno, "make %s in the root file system", path);
	int fd = openat(root, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return error_set(err, 0, "%s of the root file system must be a folder, not a link or a file", path);
	return fd;
}

int target_mount(int fd, int target)
{
	return move_mount(fd, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}
