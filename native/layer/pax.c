#include <string.h>

#include "tar.h"
#include "util.h"

struct record {
	char *key, *value;
	size_t value_size;
};

/* "LENGTH KEY=VALUE\n", LENGTH counting all of it. Returns the length, or -1. */
static ssize_t read_record(char *at, size_t left, struct record *record)
{
	size_t length = 0, digits = 0;
	while (digits < left && digits < 8 && at[digits] >= '0' && at[digits] <= '9')
		length = length * 10 + (size_t)(at[digits++] - '0');
	if (!digits || digits >= left || at[digits] != ' ' || length > left || length < digits + 4 || at[length - 1] != '\n')
		return -1;
	record->key = at + digits + 1;
	char *equals = memchr(record->key, '=', length - digits - 2);
	if (!equals || equals == record->key || memchr(record->key, 0, (size_t)(equals - record->key)))
		return -1;
	*equals = 0;
	record->value = equals + 1;
	record->value_size = (size_t)(at + length - 1 - record->value);
	at[length - 1] = 0;
	return (ssize_t)length;
}

static int take_name(char *name, bool *has, const struct record *record, struct error *err)
{
	if (record->value_size == 0 || record->value_size >= TAR_NAME_LIMIT || strlen(record->value) != record->value_size)
		return error_set(err, 0, "a pax header's %s is empty, too long or holds a NUL", record->key);
	memcpy(name, record->value, record->value_size + 1);
	*has = true;
	return 0;
}

static int take_number(uint64_t *number, bool *has, uint64_t max, const struct record *record, struct error *err)
{
	if (strlen(record->value) != record->value_size || !parse_u64(record->value, max, number))
		return error_set(err, 0, "a pax header's %s is not a number in its range", record->key);
	*has = true;
	return 0;
}

/* Seconds, with a sign and a fraction of any length; digits beyond nanoseconds are cut off. */
static int take_time(struct timespec *time, bool *has, const struct record *record, struct error *err)
{
	char whole[24];
	const char *text = record->value;
	bool minus = *text == '-';
	size_t digits = strspn(text + minus, "0123456789");
	const char *rest = text + minus + digits;
	uint64_t seconds;
	if (strlen(text) != record->value_size || !digits || digits >= sizeof whole || (*rest && *rest != '.'))
		return error_set(err, 0, "a pax header's %s is not a time", record->key);
	memcpy(whole, text + minus, digits);
	whole[digits] = 0;
	if (!parse_u64(whole, INT64_MAX / 2, &seconds))
		return error_set(err, 0, "a pax header's %s is out of range", record->key);
	long nanos = 0, unit = 100000000;
	for (rest += *rest == '.'; *rest >= '0' && *rest <= '9'; rest++, unit /= 10)
		nanos += unit * (*rest - '0');
	if (*rest)
		return error_set(err, 0, "a pax header's %s is not a time", record->key);
	time->tv_sec = minus ? -(time_t)seconds : (time_t)seconds;
	time->tv_nsec = nanos;
	if (minus && nanos) {
		time->tv_sec--;
		time->tv_nsec = 1000000000 - nanos;
	}
	*has = true;
	return 0;
}

static int take_xattr(struct tar_extra *extra, const char *name, const struct record *record, struct error *err)
{
	if (!*name || strlen(name) > 255)
		return error_set(err, 0, "an extended attribute's name is empty or longer than 255 bytes");
	if (record->value_size > TAR_XATTR_SIZE)
		return error_set(err, 0, "extended attribute %s has more than %d bytes", name, TAR_XATTR_SIZE);
	if (extra->xattr_count == TAR_XATTR_LIMIT)
		return error_set(err, 0, "an entry has more than %d extended attributes", TAR_XATTR_LIMIT);
	extra->xattrs[extra->xattr_count++] = (struct tar_xattr){name, record->value, record->value_size};
	return 0;
}

static const char XATTR[] = "SCHILY.xattr.";

static int take_record(struct tar_extra *extra, const struct record *record, struct error *err)
{
	const char *key = record->key;
	/* An empty value takes the record back, says POSIX; only an xattr may be empty. */
	if (record->value_size == 0 && strncmp(key, XATTR, sizeof XATTR - 1) != 0)
		return strcmp(key, "path") != 0 && strcmp(key, "linkpath") != 0 ? 0 : error_set(err, 0, "a pax header's %s is empty", key);
	/* Of a sparse file, the path is what a reader shall call it that does not know them. */
	if (strcmp(key, "path") == 0 && extra->has_sparse_name)
		return 0;
	if (strcmp(key, "path") == 0)
		return take_name(extra->path, &extra->has_path, record, err);
	if (strcmp(key, "linkpath") == 0)
		return take_name(extra->link, &extra->has_link, record, err);
	if (strcmp(key, "size") == 0)
		return take_number(&extra->size, &extra->has_size, INT64_MAX, record, err);
	if (strcmp(key, "uid") == 0)
		return take_number(&extra->uid, &extra->has_uid, UINT32_MAX - 1, record, err);
	if (strcmp(key, "gid") == 0)
		return take_number(&extra->gid, &extra->has_gid, UINT32_MAX - 1, record, err);
	if (strcmp(key, "mtime") == 0)
		return take_time(&extra->mtime, &extra->has_mtime, record, err);
	if (strcmp(key, "atime") == 0)
		return take_time(&extra->atime, &extra->has_atime, record, err);
	if (strncmp(key, XATTR, sizeof XATTR - 1) == 0)
		return take_xattr(extra, key + sizeof XATTR - 1, record, err);
	if (strncmp(key, "GNU.sparse.", 11) == 0)
		return sparse_record(extra, key + 11, record->value, record->value_size, err);
	return 0;
}

int pax_parse(struct tar_extra *extra, char *text, size_t size, struct error *err)
{
	struct record record;
	for (size_t at = 0; at < size;) {
		ssize_t length = read_record(text + at, size - at, &record);
		if (length < 0)
			return error_set(err, 0, "a pax header's record is malformed");
		if (take_record(extra, &record, err) < 0)
			return -1;
		at += (size_t)length;
	}
	return 0;
}

/* Readers differ on whether a global header holds for what follows: one that could change what an entry is, is refused. */
int pax_check_global(char *text, size_t size, struct error *err)
{
	static const char *const harmful[] = {"path", "linkpath", "size", "uid", "gid", "mtime", NULL};
	struct record record;
	for (size_t at = 0; at < size;) {
		ssize_t length = read_record(text + at, size - at, &record);
		if (length < 0)
			return error_set(err, 0, "a global pax header's record is malformed");
		for (const char *const *key = harmful; *key; key++)
			if (strcmp(record.key, *key) == 0)
				return error_set(err, 0, "a global pax header sets %s for everything that follows", *key);
		if (strncmp(record.key, "GNU.sparse.", 11) == 0 || strncmp(record.key, XATTR, sizeof XATTR - 1) == 0)
			return error_set(err, 0, "a global pax header sets %s for everything that follows", record.key);
		at += (size_t)length;
	}
	return 0;
}
