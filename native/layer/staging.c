#include "staging.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "remove.h"
#include "source.h"
#include "util.h"

enum { PART_KEPT = 7 * 24 * 3600 };

static int lock_waiting(int fd, int progress)
{
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno != EWOULDBLOCK)
		return -1;
	progress_line(progress, "waiting\n");
	int result;
	do
		result = flock(fd, LOCK_EX);
	while (result < 0 && errno == EINTR);
	return result;
}

/* The lock is on an inode: while we waited, its path may have come to mean another one or none. */
static bool is_still(int fd, int parent, const char *path)
{
	struct stat mine, there;
	return fstat(fd, &mine) == 0 && fstatat(parent, path, &there, AT_SYMLINK_NOFOLLOW) == 0 && mine.st_ino == there.st_ino &&
	       mine.st_dev == there.st_dev;
}

int staging_lock(const char *path, const char *done, int progress, int *fd, struct error *err)
{
	for (;;) {
		if (mkdir(path, 0700) < 0 && errno != EEXIST)
			return error_set(err, errno, "make %s", path);
		cleanup_close int folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (folder < 0 && errno == ENOENT)
			continue;
		if (folder < 0 || lock_waiting(folder, progress) < 0)
			return error_set(err, errno, "lock %s", path);
		if (!is_still(folder, AT_FDCWD, path))
			continue;
		if (remove_content(folder, err) < 0)
			return -1;
		if (done && access(done, F_OK) == 0) {
			rmdir(path);
			return 0;
		}
		*fd = steal_fd(&folder);
		return 1;
	}
}

/* The locks live as long as the process: it stays until the one who asked has put the layer into its place, or is gone. */
void staging_hold(int fd)
{
	char byte;
	ssize_t n;
	close(STDOUT_FILENO);
	do
		n = read(fd, &byte, 1);
	while (n > 0 || (n < 0 && errno == EINTR));
}

int part_lock(const char *path, int progress, struct error *err)
{
	for (;;) {
		cleanup_close int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
		struct stat st;
		if (fd < 0 || lock_waiting(fd, progress) < 0)
			return error_set(err, errno, "lock %s", path);
		if (!is_still(fd, AT_FDCWD, path))
			continue;
		if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
			return error_set(err, EINVAL, "%s is not a regular file", path);
		return steal_fd(&fd);
	}
}

/* Of files only parts, and of those the empty, and those that nobody went on with for a week. */
static bool is_waste(const char *name, const struct stat *st)
{
	size_t length = strlen(name);
	if (S_ISDIR(st->st_mode))
		return true;
	if (!S_ISREG(st->st_mode) || length < 5 || strcmp(name + length - 5, ".part") != 0)
		return false;
	return st->st_size == 0 || time(NULL) - st->st_mtime > PART_KEPT;
}

static int clean_one(int parent, const char *name, struct error *err)
{
	struct stat st;
	if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : error_set(err, errno, "look up %s", name);
	if (!is_waste(name, &st))
		return 0;
	cleanup_close int fd = openat(parent, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : error_set(err, errno, "open %s", name);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? 0 : error_set(err, errno, "lock %s", name);
	/* Locked and looked at again: meanwhile somebody may have gone on with it. */
	if (!is_still(fd, parent, name) || fstat(fd, &st) < 0 || !is_waste(name, &st))
		return 0;
	return remove_at(parent, name, err);
}

int staging_clean(const char *path, struct error *err)
{
	cleanup_dir DIR *dir = opendir(path);
	struct dirent *entry;
	if (!dir)
		return errno == ENOENT ? 0 : error_set(err, errno, "open %s", path);
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.' && clean_one(dirfd(dir), entry->d_name, err) < 0)
			return -1;
	return 0;
}
