#include "sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "util.h"

#define PATH_ROOM 160

static void format_path(char path[PATH_ROOM], const char *format, va_list args)
{
	int head = snprintf(path, PATH_ROOM, "/proc/sys/");
	vsnprintf(path + head, PATH_ROOM - (size_t)head, format, args);
}

static char peek(const char *path)
{
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	char value = 0;
	return fd >= 0 && read(fd, &value, 1) == 1 ? value : 0;
}

int sysctl_set(struct error *err, const char *value, const char *format, ...)
{
	char path[PATH_ROOM];
	va_list args;
	va_start(args, format);
	format_path(path, format, args);
	va_end(args);
	/* One digit each; a write takes locks that a read does not. */
	if (peek(path) == *value)
		return 0;
	if (write_file_at(AT_FDCWD, path, value) < 0 && errno != ENOENT)
		return error_set(err, errno, "set %s to %s", path, value);
	return 0;
}

char sysctl_peek(const char *format, ...)
{
	char path[PATH_ROOM];
	va_list args;
	va_start(args, format);
	format_path(path, format, args);
	va_end(args);
	return peek(path);
}

int sysctl_write(struct error *err, const char *value, const char *path)
{
	char whole[PATH_ROOM];
	snprintf(whole, sizeof whole, "/proc/sys/net/%s", path);
	return write_file_at(AT_FDCWD, whole, value) < 0 ? error_set(err, errno, "set net/%s to %s", path, value) : 0;
}
