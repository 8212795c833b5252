#include "archive.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tar_header.h"
#include "util.h"

/* Bytes for the ring in `data`, or zeros when there are none. */
static int put(struct archive *archive, const uint8_t *data, uint64_t size, struct error *err)
{
	for (uint64_t done = 0; done < size;) {
		if (!archive->slot && !(archive->slot = ring_slot(archive->ring))) {
			archive->is_refused = true;
			return error_set(err, 0, "the archive is not wanted any more");
		}
		size_t room = RING_SLOT - archive->used, n = size - done < room ? (size_t)(size - done) : room;
		if (data)
			memcpy(archive->slot + archive->used, data + done, n);
		else
			memset(archive->slot + archive->used, 0, n);
		done += n;
		archive->used += n;
		archive->bytes += n;
		if (archive->used < RING_SLOT)
			continue;
		ring_publish(archive->ring, archive->used);
		archive->slot = NULL;
		archive->used = 0;
	}
	return 0;
}

int archive_data(struct archive *archive, const void *data, size_t size, struct error *err)
{
	return put(archive, data, size, err);
}

int archive_zeros(struct archive *archive, uint64_t count, struct error *err)
{
	return put(archive, NULL, count, err);
}

int archive_pad(struct archive *archive, uint64_t size, struct error *err)
{
	return put(archive, NULL, (TAR_BLOCK - size % TAR_BLOCK) % TAR_BLOCK, err);
}

int archive_end(struct archive *archive, struct error *err)
{
	if (archive_zeros(archive, 2 * TAR_BLOCK, err) < 0)
		return -1;
	if (archive->used)
		ring_publish(archive->ring, archive->used);
	ring_end(archive->ring, NULL);
	return 0;
}

/* The records of one pax header, in the order in which they are written: always the same. */
struct records {
	char *text;
	size_t used, room;
	bool failed;
};

static void add_record(struct records *records, const char *key, const void *value, size_t size)
{
	char digits[24];
	size_t rest = strlen(key) + size + 3, length = rest + 1;
	/* The length counts its own digits. */
	while (length != rest + (size_t)snprintf(digits, sizeof digits, "%zu", length))
		length = rest + strlen(digits);
	if (records->used + length > records->room) {
		size_t room = (records->used + length) * 2;
		char *grown = realloc(records->text, room);
		if (!grown) {
			records->failed = true;
			return;
		}
		records->text = grown;
		records->room = room;
	}
	char *at = records->text + records->used;
	at += sprintf(at, "%zu %s=", length, key);
	memcpy(at, value, size);
	at[size] = '\n';
	records->used += length;
}

static void add_text(struct records *records, const char *key, const char *text)
{
	add_record(records, key, text, strlen(text));
}

/* Octal, where it fits into all but the last byte of the field; else a record says it and the field says nothing. */
static void put_number(char *field, size_t size, int64_t value, const char *key, struct records *records)
{
	char text[24];
	bool fits = value >= 0 && (size > 10 || value < INT64_C(1) << (3 * (size - 1))) && value < INT64_C(1) << 33;
	snprintf(field, size, "%0*llo", (int)size - 1, (unsigned long long)(fits ? value : 0));
	if (fits || !key)
		return;
	snprintf(text, sizeof text, "%lld", (long long)value);
	add_text(records, key, text);
}

static bool is_plain(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text >= 0x80)
			return false;
	return true;
}

/* As much as the header holds: whole, cut in two at a slash, or, with a record for the whole, its beginning. */
static void put_path(struct header *header, const char *path, struct records *records)
{
	size_t length = strlen(path);
	if (!is_plain(path) || length > sizeof header->name + 1 + sizeof header->prefix) {
		add_text(records, "path", path);
		memcpy(header->name, path, length < sizeof header->name ? length : sizeof header->name);
		return;
	}
	if (length <= sizeof header->name) {
		memcpy(header->name, path, length);
		return;
	}
	const char *slash = memchr(path + length - sizeof header->name - 1, '/', sizeof header->name);
	size_t prefix = slash ? (size_t)(slash - path) : 0;
	if (!prefix || prefix > sizeof header->prefix || !slash[1]) {
		add_text(records, "path", path);
		memcpy(header->name, path, sizeof header->name);
		return;
	}
	memcpy(header->prefix, path, prefix);
	memcpy(header->name, slash + 1, length - prefix - 1);
}

static void put_link(struct header *header, const char *link, struct records *records)
{
	size_t length = strlen(link);
	if (length > sizeof header->link || !is_plain(link))
		add_text(records, "linkpath", link);
	memcpy(header->link, link, length < sizeof header->link ? length : sizeof header->link);
}

static void finish_header(struct header *header)
{
	unsigned sum = 0;
	memcpy(header->magic,
		"ustar\0"
		"00",
		8);
	memset(header->sum, ' ', sizeof header->sum);
	for (size_t i = 0; i < TAR_BLOCK; i++)
		sum += ((const uint8_t *)header)[i];
	snprintf(header->sum, 7, "%06o", sum);
}

static int put_records(struct archive *archive, const struct records *records, const char *path, struct error *err)
{
	struct header header = {.type = 'x'};
	const char *slash = strrchr(path, '/');
	char name[sizeof header.name + 1];
	snprintf(name, sizeof name, "PaxHeaders.0/%s", slash && slash[1] ? slash + 1 : "entry");
	memcpy(header.name, name, strlen(name));
	put_number(header.mode, sizeof header.mode, 0644, NULL, NULL);
	put_number(header.uid, sizeof header.uid, 0, NULL, NULL);
	put_number(header.gid, sizeof header.gid, 0, NULL, NULL);
	put_number(header.size, sizeof header.size, (int64_t)records->used, NULL, NULL);
	put_number(header.mtime, sizeof header.mtime, 0, NULL, NULL);
	finish_header(&header);
	return put(archive, (const uint8_t *)&header, TAR_BLOCK, err) < 0 ||
			       put(archive, (const uint8_t *)records->text, records->used, err) < 0 ||
			       archive_pad(archive, records->used, err) < 0
		       ? -1
		       : 0;
}

int archive_entry(struct archive *archive, const struct tar_entry *entry, struct error *err)
{
	struct header header = {.type = (char)entry->type};
	struct records records = {0};
	put_path(&header, entry->path, &records);
	if (entry->type == TAR_HARD_LINK || entry->type == TAR_SYMLINK)
		put_link(&header, entry->link, &records);
	put_number(header.mode, sizeof header.mode, entry->mode & 07777, NULL, NULL);
	put_number(header.uid, sizeof header.uid, entry->uid, "uid", &records);
	put_number(header.gid, sizeof header.gid, entry->gid, "gid", &records);
	put_number(header.size, sizeof header.size, (int64_t)entry->size, "size", &records);
	put_number(header.mtime, sizeof header.mtime, entry->mtime.tv_sec, "mtime", &records);
	put_number(header.major, sizeof header.major, entry->major, NULL, NULL);
	put_number(header.minor, sizeof header.minor, entry->minor, NULL, NULL);
	for (size_t i = 0; i < entry->xattr_count; i++) {
		char key[300];
		snprintf(key, sizeof key, "SCHILY.xattr.%s", entry->xattrs[i].name);
		add_record(&records, key, entry->xattrs[i].value, entry->xattrs[i].size);
	}
	finish_header(&header);
	int result = records.failed ? error_set(err, ENOMEM, "%s", entry->path) : 0;
	if (result == 0 && records.used)
		result = put_records(archive, &records, entry->path, err);
	if (result == 0)
		result = put(archive, (const uint8_t *)&header, TAR_BLOCK, err);
	free(records.text);
	return result;
}
