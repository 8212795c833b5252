/* A tree is copied by descriptors alone: neither side can lead the other, nor us, to a place outside. */
#include "copy.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "util.h"

#define DEPTH 512
#define ATTRIBUTES 65536

struct copy {
	const char *name; /* for errors */
	struct error *err;
	int depth;
};

static int fail(struct copy *copy, const char *what, const char *name)
{
	return error_set(copy->err, errno, "%s %s of %s", what, name, copy->name);
}

static int copy_data(int from, int to)
{
	for (;;) {
		ssize_t n = sendfile(to, from, NULL, 1 << 24);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return (int)n;
	}
}

/* overlayfs's own attributes belong to the layer and must not be spoken in another one. */
static int copy_attributes(int from, int to)
{
	char names[ATTRIBUTES], value[ATTRIBUTES];
	ssize_t size = flistxattr(from, names, sizeof names);
	for (const char *name = names; size > 0 && name < names + size; name += strlen(name) + 1) {
		if (strncmp(name, "trusted.", 8) == 0 || strncmp(name, "user.overlay.", 13) == 0)
			continue;
		ssize_t n = fgetxattr(from, name, value, sizeof value);
		if (n < 0 || (fsetxattr(to, name, value, (size_t)n, 0) < 0 && errno != EOPNOTSUPP))
			return -1;
	}
	return size < 0 && errno != EOPNOTSUPP ? -1 : 0;
}

/* The owner first: a change of it takes setuid bits and capabilities away. */
static int copy_facts(int from, int to, const struct stat *st)
{
	const struct timespec times[2] = {st->st_atim, st->st_mtim};
	if (fchown(to, st->st_uid, st->st_gid) < 0 || fchmod(to, st->st_mode & 07777) < 0 || copy_attributes(from, to) < 0)
		return -1;
	return futimens(to, times);
}

static int copy_folder(struct copy *copy, int from, int to);

static int copy_file(struct copy *copy, int from, int to, const char *name, const struct stat *st)
{
	cleanup_close int in = openat(from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat now;
	if (in < 0 || fstat(in, &now) < 0 || !S_ISREG(now.st_mode))
		return fail(copy, "open", name);
	cleanup_close int out = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (out < 0 || copy_data(in, out) < 0 || copy_facts(in, out, st) < 0)
		return fail(copy, "copy", name);
	return 0;
}

static int copy_subfolder(struct copy *copy, int from, int to, const char *name)
{
	cleanup_close int in = openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (in < 0 || mkdirat(to, name, 0700) < 0)
		return fail(copy, "copy", name);
	cleanup_close int out = openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return out < 0 ? fail(copy, "copy", name) : copy_folder(copy, in, out);
}

static int copy_special(struct copy *copy, int from, int to, const char *name, const struct stat *st)
{
	char link[PATH_MAX];
	ssize_t n = S_ISLNK(st->st_mode) ? readlinkat(from, name, link, sizeof link - 1) : 0;
	if (n < 0)
		return fail(copy, "read link", name);
	link[n] = 0;
	int made = S_ISLNK(st->st_mode) ? symlinkat(link, to, name) : mknodat(to, name, st->st_mode, st->st_rdev);
	const struct timespec times[2] = {st->st_atim, st->st_mtim};
	if (made < 0 || fchownat(to, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) < 0 ||
		utimensat(to, name, times, AT_SYMLINK_NOFOLLOW) < 0)
		return fail(copy, "copy", name);
	return 0;
}

static int copy_entry(struct copy *copy, int from, int to, const char *name)
{
	struct stat st;
	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return fail(copy, "look at", name);
	if (S_ISDIR(st.st_mode))
		return copy_subfolder(copy, from, to, name);
	if (S_ISREG(st.st_mode))
		return copy_file(copy, from, to, name, &st);
	return S_ISSOCK(st.st_mode) ? 0 : copy_special(copy, from, to, name, &st);
}

static int copy_folder(struct copy *copy, int from, int to)
{
	struct stat st;
	cleanup_dir DIR *dir = fdopendir(fcntl(from, F_DUPFD_CLOEXEC, 3));
	if (!dir || fstat(from, &st) < 0)
		return fail(copy, "list", "a folder");
	if (++copy->depth > DEPTH) {
		errno = ENAMETOOLONG;
		return fail(copy, "go into", "a folder");
	}
	struct dirent *entry;
	while ((entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 && copy_entry(copy, from, to, entry->d_name) < 0)
			return -1;
	copy->depth--;
	return copy_facts(from, to, &st) < 0 ? fail(copy, "set the facts of", "a folder") : 0;
}

static bool is_empty(int folder)
{
	cleanup_dir DIR *dir = fdopendir(openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	struct dirent *entry = NULL;
	while (dir && (entry = readdir(dir)) && (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0))
		;
	return dir && !entry;
}

int copy_first(int from, int to, const char *name, struct error *err)
{
	struct copy copy = {.name = name, .err = err};
	return is_empty(to) ? copy_folder(&copy, from, to) : 0;
}
