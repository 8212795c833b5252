#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

int write_all(int fd, const void *data, size_t size)
{
	const char *at = data;
	while (size > 0) {
		ssize_t n = write(fd, at, size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		at += n;
		size -= (size_t)n;
	}
	return 0;
}

ssize_t read_full(int fd, void *data, size_t size)
{
	char *at = data;
	size_t left = size;
	while (left > 0) {
		ssize_t n = read(fd, at, left);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		at += n;
		left -= (size_t)n;
	}
	return (ssize_t)(size - left);
}

char *read_file_at(int dirfd, const char *path, size_t limit, size_t *size, struct error *err)
{
	/* O_NONBLOCK: a FIFO in the place of the file must not hold us. */
	cleanup_close int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0) {
		error_set(err, errno, "open %s", path);
		return NULL;
	}
	struct stat st;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		error_set(err, EINVAL, "%s is not a regular file", path);
		return NULL;
	}
	size_t room = (size_t)st.st_size < 4096 ? 4096 : (size_t)st.st_size;
	if (room > limit)
		room = limit;
	size_t used = 0;
	cleanup_free char *data = malloc(room + 1);
	for (;;) {
		if (!data) {
			error_set(err, ENOMEM, "read %s", path);
			return NULL;
		}
		ssize_t n = read_full(fd, data + used, room - used + 1);
		if (n < 0) {
			error_set(err, errno, "read %s", path);
			return NULL;
		}
		used += (size_t)n;
		if (used <= room)
			break;
		if (room >= limit) {
			error_set(err, EFBIG, "%s has more than %zu bytes", path, limit);
			return NULL;
		}
		room = room * 2 > limit ? limit : room * 2;
		char *grown = realloc(data, room + 1);
		if (!grown) {
			error_set(err, ENOMEM, "read %s", path);
			return NULL;
		}
		data = grown;
	}
	data[used] = 0;
	if (size)
		*size = used;
	char *result = data;
	data = NULL;
	return result;
}

int write_file_at(int dirfd, const char *path, const char *text)
{
	cleanup_close int fd = openat(dirfd, path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	size_t size = strlen(text);
	ssize_t n;
	do
		n = write(fd, text, size);
	while (n < 0 && errno == EINTR);
	if (n >= 0 && (size_t)n != size)
		errno = EIO;
	return n == (ssize_t)size ? 0 : -1;
}

static int write_beside(int dirfd, const char *temp, const void *data, size_t size, mode_t mode, bool durable)
{
	cleanup_close int fd = openat(dirfd, temp, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode);
	if (fd < 0 || write_all(fd, data, size) < 0)
		return -1;
	return durable ? fsync(fd) : 0;
}

int replace_file_at(int dirfd, const char *path, const void *data, size_t size, mode_t mode, bool durable, struct error *err)
{
	char temp[4096];
	if (snprintf(temp, sizeof temp, "%s.%d~", path, (int)getpid()) >= (int)sizeof temp)
		return error_set(err, ENAMETOOLONG, "write %s", path);
	if (write_beside(dirfd, temp, data, size, mode, durable) < 0 || renameat(dirfd, temp, dirfd, path) < 0) {
		int code = errno;
		unlinkat(dirfd, temp, 0);
		return error_set(err, code, "write %s", path);
	}
	if (!durable)
		return 0;
	char folder[4096];
	snprintf(folder, sizeof folder, "%s", path);
	char *slash = strrchr(folder, '/');
	if (slash)
		slash[slash == folder ? 1 : 0] = 0;
	cleanup_close int fd = openat(dirfd, slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) < 0)
		return error_set(err, errno, "sync the folder of %s", path);
	return 0;
}

int open_in_root(int dirfd, const char *path, uint64_t flags, mode_t mode)
{
	struct open_how how = {
		.flags = flags | O_CLOEXEC,
		.mode = (flags & (O_CREAT | O_TMPFILE)) ? mode : 0,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	/* The kernel gives EAGAIN when a rename raced with "..": runc's measurements say that 128 tries are enough. */
	for (int tries = 0;; tries++) {
		int fd = (int)syscall(SYS_openat2, dirfd, path, &how, sizeof how);
		if (fd >= 0 || (errno != EAGAIN && errno != EINTR) || tries >= 128)
			return fd;
	}
}

bool parse_u64(const char *text, uint64_t max, uint64_t *value)
{
	uint64_t sum = 0;
	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		uint64_t digit = (uint64_t)(*text - '0');
		if (sum > (max - digit) / 10 && (sum > max / 10 || sum * 10 > max - digit))
			return false;
		sum = sum * 10 + digit;
	}
	*value = sum;
	return sum <= max;
}

int64_t monotonic_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

uint64_t process_start_time(pid_t pid)
{
	char path[32], line[1024];
	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	ssize_t n = read_full(fd, line, sizeof line - 1);
	if (n <= 0)
		return 0;
	line[n] = 0;
	/* The name in brackets may hold anything: count from its last bracket. */
	char *at = strrchr(line, ')');
	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	return at ? strtoull(at + 1, NULL, 10) : 0;
}
