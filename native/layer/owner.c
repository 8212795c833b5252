/* USER as an image writes it, looked up in the container's own files, which are hostile: regular, small, read by nobody else. */
#include "owner.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "util.h"

enum { FILE_LIMIT = 1 << 20 };

static char *read_database(const char *path)
{
	struct stat st;
	cleanup_close int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > FILE_LIMIT)
		return NULL;
	char *text = malloc(FILE_LIMIT + 1);
	ssize_t n = text ? read_full(fd, text, FILE_LIMIT) : -1;
	if (text)
		text[n < 0 ? 0 : n] = 0;
	return text;
}

/* Field number `want` of the line whose field number `key` is `value`, as a number. */
static bool find_number(const char *path, size_t key, const char *value, size_t want, uint64_t *number)
{
	cleanup_free char *text = read_database(path);
	char *rest = text, *line;
	while ((line = strsep(&rest, "\n"))) {
		char *fields[8] = {0};
		for (size_t i = 0; i < 8 && line; i++)
			fields[i] = strsep(&line, ":");
		if (fields[key] && fields[want] && strcmp(fields[key], value) == 0)
			return parse_u64(fields[want], UINT32_MAX - 1, number);
	}
	return false;
}

int owner_find(const char *text, uid_t *uid, gid_t *gid, struct error *err)
{
	char user[256], *group;
	uint64_t number, of_group = 0;
	snprintf(user, sizeof user, "%s", text);
	if ((group = strchr(user, ':')))
		*group++ = 0;
	if (parse_u64(user, UINT32_MAX - 1, &number))
		find_number("/etc/passwd", 2, user, 3, &of_group);
	else if (!find_number("/etc/passwd", 0, user, 2, &number))
		return error_set(err, 0, "unable to find user %s: no matching entries in passwd file", user);
	else
		find_number("/etc/passwd", 0, user, 3, &of_group);
	if (group && *group && !parse_u64(group, UINT32_MAX - 1, &of_group) && !find_number("/etc/group", 0, group, 2, &of_group))
		return error_set(err, 0, "unable to find group %s: no matching entries in group file", group);
	*uid = (uid_t)number;
	*gid = (gid_t)of_group;
	return 0;
}
