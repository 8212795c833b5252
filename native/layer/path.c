#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tree.h"

int path_clean(const char *path, char clean[TAR_NAME_LIMIT], struct error *err)
{
	size_t used = 0;
	if (!*path)
		return error_set(err, 0, "an entry without a name");
	for (const char *at = path; *at;) {
		size_t length = strcspn(at, "/");
		if (length == 2 && memcmp(at, "..", 2) == 0)
			return error_set(err, 0, "%s: its name holds \"..\"", path);
		if (length > NAME_MAX)
			return error_set(err, 0, "%.64s…: a name in its path is longer than 255 bytes", path);
		if (length && !(length == 1 && *at == '.')) {
			if (used)
				clean[used++] = '/';
			memcpy(clean + used, at, length);
			used += length;
		}
		at += length + (at[length] == '/');
	}
	clean[used] = 0;
	return 0;
}

enum { LINK_LIMIT = 40 };

/* Takes the first name off `rest`. */
static int next_name(char *rest, char name[NAME_MAX + 1], struct error *err)
{
	size_t length = strcspn(rest, "/");
	if (length > NAME_MAX)
		return error_set(err, ENAMETOOLONG, "%.64s…", rest);
	memcpy(name, rest, length);
	name[length] = 0;
	size_t taken = length + strspn(rest + length, "/");
	memmove(rest, rest + taken, strlen(rest + taken) + 1);
	return 0;
}

/* Puts the text of a link before what is left of the way. */
static int insert_link(char *real, char rest[2 * TAR_NAME_LIMIT], char *link, struct error *err)
{
	char joined[2 * TAR_NAME_LIMIT];
	if (snprintf(joined, sizeof joined, "%s%s%s", link, *rest ? "/" : "", rest) >= (int)sizeof joined)
		return error_set(err, ENAMETOOLONG, "follow a link to %.64s…", link);
	if (*link == '/')
		*real = 0;
	memcpy(rest, joined + strspn(joined, "/"), strlen(joined) + 1 - strspn(joined, "/"));
	return 0;
}

int follow_path(const char *path, bool last, char real[TAR_NAME_LIMIT], struct error *err)
{
	char rest[2 * TAR_NAME_LIMIT], name[NAME_MAX + 1], link[TAR_NAME_LIMIT];
	size_t length = strlen(path);
	int links = 0;
	last |= length && path[length - 1] == '/';
	if (snprintf(rest, sizeof rest, "%s", path + strspn(path, "/")) >= (int)sizeof rest)
		return error_set(err, ENAMETOOLONG, "%.64s…", path);
	for (*real = 0; *rest;) {
		char *end = real + strlen(real);
		if (next_name(rest, name, err) < 0)
			return -1;
		if (strcmp(name, ".") == 0)
			continue;
		if (strcmp(name, "..") == 0) {
			*(end > real ? strrchr(real, '/') : real) = 0;
			continue;
		}
		if (snprintf(end, (size_t)(TAR_NAME_LIMIT - (end - real)), "/%s", name) >= TAR_NAME_LIMIT - (end - real))
			return error_set(err, ENAMETOOLONG, "%.64s…", path);
		ssize_t n = *rest || last ? readlinkat(AT_FDCWD, real, link, sizeof link - 1) : -1;
		if (n < 0)
			continue;
		link[n] = 0;
		*end = 0;
		if (++links > LINK_LIMIT)
			return error_set(err, ELOOP, "%s", path);
		if (insert_link(real, rest, link, err) < 0)
			return -1;
	}
	if (!*real)
		memcpy(real, "/", 2);
	return 0;
}
