#include "tar.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tar_header.h"

int tar_init(struct tar *tar, struct ring *ring, int reader, uint64_t room, struct error *err)
{
	memset(tar, 0, sizeof *tar);
	tar->ring = ring;
	tar->reader = reader;
	tar->room = room;
	tar->pax = malloc(TAR_PAX_LIMIT + 1);
	return tar->pax ? 0 : error_set(err, ENOMEM, "buffers");
}

void tar_finish(struct tar *tar)
{
	free(tar->pax);
	free(tar->extra.segments.list);
	tar->extra.segments = (struct tar_segments){0};
	tar->pax = NULL;
}

/* Makes sure that a slot with unread bytes is in hand. 1, 0 at the end, -1. */
static int more(struct tar *tar, struct error *err)
{
	while (tar->left == 0) {
		if (tar->data)
			ring_release(tar->ring, tar->reader);
		tar->data = NULL;
		int result = ring_take(tar->ring, tar->reader, &tar->data, &tar->left, err);
		if (result <= 0)
			return result;
	}
	return 1;
}

/* Slots are whole blocks, but for the last: a block never lies across two. */
int tar_block(struct tar *tar, const uint8_t **block, struct error *err)
{
	int result = more(tar, err);
	if (result <= 0)
		return result;
	if (tar->left < TAR_BLOCK)
		return error_set(err, 0, "the tar ends inside a block");
	*block = tar->data;
	tar->data += TAR_BLOCK;
	tar->left -= TAR_BLOCK;
	return 1;
}

int tar_data(struct tar *tar, const uint8_t **data, size_t *size, struct error *err)
{
	uint64_t *want = tar->payload ? &tar->payload : &tar->padding;
	bool is_payload = tar->payload > 0;
	if (*want == 0)
		return 0;
	int result = more(tar, err);
	if (result < 0)
		return -1;
	if (result == 0)
		return error_set(err, 0, "the tar ends inside the data of an entry");
	size_t n = tar->left < *want ? tar->left : (size_t)*want;
	*data = tar->data;
	*size = n;
	*want -= n;
	tar->data += n;
	tar->left -= n;
	/* Padding is nobody's data. */
	return is_payload ? 1 : tar_data(tar, data, size, err);
}

static int skip_rest(struct tar *tar, struct error *err)
{
	const uint8_t *data;
	size_t size;
	int result;
	while ((result = tar_data(tar, &data, &size, err)) > 0)
		;
	return result;
}

static void set_payload(struct tar *tar, uint64_t size)
{
	tar->payload = size;
	tar->padding = (TAR_BLOCK - size % TAR_BLOCK) % TAR_BLOCK;
}

/* Octal with leading spaces, ended by a space or NUL; or, with the top bit set, a big-endian number that fills the field. */
bool tar_number(const char *field, size_t size, int64_t *number)
{
	const uint8_t *at = (const uint8_t *)field;
	if (at[0] & 0x80) {
		bool minus = at[0] & 0x40;
		uint64_t value = minus ? UINT64_MAX : 0;
		for (size_t i = 0; i < size; i++) {
			uint8_t byte = i ? at[i] : (uint8_t)(minus ? at[0] : at[0] & 0x7f);
			/* What is shifted out must be nothing but the sign. */
			if ((value >> 55) != (minus ? 0x1ff : 0))
				return false;
			value = value << 8 | byte;
		}
		*number = (int64_t)value;
		return true;
	}
	size_t i = 0;
	uint64_t value = 0;
	while (i < size && at[i] == ' ')
		i++;
	for (; i < size && at[i] >= '0' && at[i] <= '7'; i++) {
		if (value >> 60)
			return false;
		value = value << 3 | (uint64_t)(at[i] - '0');
	}
	for (; i < size; i++)
		if (at[i] != ' ' && at[i] != 0)
			return false;
	*number = (int64_t)value;
	return true;
}

static bool sum_is_right(const struct header *header)
{
	const uint8_t *bytes = (const uint8_t *)header;
	int64_t unsigned_sum = 0, signed_sum = 0, said;
	for (size_t i = 0; i < TAR_BLOCK; i++) {
		bool in_sum = i >= offsetof(struct header, sum) && i < offsetof(struct header, sum) + sizeof header->sum;
		unsigned_sum += in_sum ? ' ' : bytes[i];
		signed_sum += in_sum ? ' ' : (int8_t)bytes[i];
	}
	/* Old Sun tars summed signed bytes. */
	return tar_number(header->sum, sizeof header->sum, &said) && (said == unsigned_sum || said == signed_sum);
}

static bool is_zero(const uint8_t *block)
{
	for (size_t i = 0; i < TAR_BLOCK; i++)
		if (block[i])
			return false;
	return true;
}

static bool is_posix(const struct header *header)
{
	return memcmp(header->magic, "ustar", 6) == 0;
}

/* GNU's headers have two times there. Go up to 1.7, and with it Docker of that time, wrote some with a prefix all the same: no time is
 * text. */
static bool has_gnu_prefix(const struct header *header)
{
	int64_t time;
	if (memcmp(header->magic, "ustar  ", 8) != 0)
		return false;
	for (size_t i = 0; i < sizeof header->prefix && header->prefix[i]; i++)
		if (header->prefix[i] & 0x80)
			return false;
	return !tar_number(header->prefix, 12, &time) || !tar_number(header->prefix + 12, 12, &time);
}

static void join_name(const struct header *header, char *path)
{
	size_t at = 0, prefix = is_posix(header) || has_gnu_prefix(header) ? strnlen(header->prefix, sizeof header->prefix) : 0;
	/* star keeps times in the end of the prefix and says so in the last bytes. */
	if (prefix && memcmp((const char *)header + 508, "tar", 4) == 0)
		prefix = strnlen(header->prefix, 131);
	memcpy(path, header->prefix, prefix);
	at = prefix;
	if (prefix)
		path[at++] = '/';
	size_t name = strnlen(header->name, sizeof header->name);
	memcpy(path + at, header->name, name);
	path[at + name] = 0;
}

/* The text of a long name or link (GNU types L and K): ends with a NUL that may be absent. */
static int read_long(struct tar *tar, uint64_t size, char *name, bool *has, struct error *err)
{
	const uint8_t *data;
	size_t used = 0, n;
	int result;
	if (size == 0 || size > TAR_NAME_LIMIT)
		return error_set(err, 0, "a GNU long name has %llu bytes, more than 4096 or none", (unsigned long long)size);
	set_payload(tar, size);
	while ((result = tar_data(tar, &data, &n, err)) > 0) {
		memcpy(tar->pax + used, data, n);
		used += n;
	}
	if (result < 0)
		return -1;
	size_t length = strnlen(tar->pax, used);
	if (length == 0 || length >= TAR_NAME_LIMIT)
		return error_set(err, 0, "a GNU long name is empty or longer than 4095 bytes");
	memcpy(name, tar->pax, length);
	name[length] = 0;
	*has = true;
	return 0;
}

static int read_pax(struct tar *tar, uint64_t size, bool is_global, struct error *err)
{
	const uint8_t *data;
	size_t used = 0, n;
	int result;
	if (size > TAR_PAX_LIMIT)
		return error_set(err, 0, "a pax header has %llu bytes, more than %d", (unsigned long long)size, TAR_PAX_LIMIT);
	if (!is_global && tar->extra.has_pax)
		return error_set(err, 0, "two pax headers follow each other");
	set_payload(tar, size);
	while ((result = tar_data(tar, &data, &n, err)) > 0) {
		memcpy(tar->pax + used, data, n);
		used += n;
	}
	if (result < 0)
		return -1;
	if (is_global)
		return pax_check_global(tar->pax, used, err);
	tar->extra.has_pax = true;
	return pax_parse(&tar->extra, tar->pax, used, err);
}

/* GNU's L and K come before or after a pax header; the pax header's word wins. */
static int read_extra(struct tar *tar, const struct header *header, uint64_t size, struct error *err)
{
	struct tar_extra *extra = &tar->extra;
	char dropped[TAR_NAME_LIMIT];
	bool unused;
	switch (header->type) {
	case 'x':
		return read_pax(tar, size, false, err);
	case 'g':
		if (extra->xattr_count)
			return error_set(err, 0, "a global pax header stands between a pax header and its entry");
		return read_pax(tar, size, true, err);
	default:
		/* The long name is read through the memory that xattrs point into. */
		if (extra->xattr_count)
			return error_set(err, 0, "a GNU long name stands between a pax header and its entry");
		bool is_path = header->type == 'L';
		bool *has = is_path ? &extra->has_path : &extra->has_link;
		if (extra->has_pax && *has)
			return read_long(tar, size, dropped, &unused, err);
		return read_long(tar, size, is_path ? extra->path : extra->link, has, err);
	}
}

static int read_type(const struct header *header, struct tar_entry *entry, struct error *err)
{
	size_t length = strlen(entry->path);
	switch (header->type) {
	case 0:
	case '0':
	case '7':
		/* Before POSIX a folder was a file whose name ends with a slash. */
		entry->type = length && entry->path[length - 1] == '/' ? TAR_FOLDER : TAR_FILE;
		return 0;
	case '1' ... '6':
		entry->type = (enum tar_type)header->type;
		return 0;
	case 'S':
		entry->type = TAR_FILE;
		return 0;
	default:
		return error_set(err, 0, "%s: unknown type of entry, %#x", entry->path, (unsigned)(unsigned char)header->type);
	}
}

/* Numbers of the header, where no pax record says better. */
static int read_numbers(struct tar *tar, const struct header *header, struct tar_entry *entry, struct error *err)
{
	const struct tar_extra *extra = &tar->extra;
	int64_t mode, uid, gid, mtime, size, major = 0, minor = 0;
	if (!tar_number(header->mode, sizeof header->mode, &mode) || !tar_number(header->uid, sizeof header->uid, &uid) ||
		!tar_number(header->gid, sizeof header->gid, &gid) || !tar_number(header->mtime, sizeof header->mtime, &mtime) ||
		!tar_number(header->size, sizeof header->size, &size))
		return error_set(err, 0, "%s: a number of its header is malformed", entry->path);
	bool is_device = entry->type == TAR_CHAR || entry->type == TAR_BLOCK_DEVICE;
	if (is_device && (!tar_number(header->major, 8, &major) || !tar_number(header->minor, 8, &minor)))
		return error_set(err, 0, "%s: a number of its header is malformed", entry->path);
	if (major < 0 || major > 4095 || minor < 0 || minor > 1048575)
		return error_set(err, 0, "%s: device number %lld:%lld is out of range", entry->path, (long long)major, (long long)minor);
	if (extra->has_size)
		size = (int64_t)extra->size;
	if (extra->has_uid)
		uid = (int64_t)extra->uid;
	if (extra->has_gid)
		gid = (int64_t)extra->gid;
	if (uid < 0 || uid >= UINT32_MAX || gid < 0 || gid >= UINT32_MAX)
		return error_set(err, 0, "%s: owner %lld:%lld is out of range", entry->path, (long long)uid, (long long)gid);
	if (size < 0 || (uint64_t)size > tar->room)
		return error_set(err, 0, "%s: its size of %lld bytes is out of range", entry->path, (long long)size);
	if (size > 0 && entry->type != TAR_FILE)
		return error_set(err, 0, "%s: only files have data, but its header says %lld bytes", entry->path, (long long)size);
	entry->mode = (mode_t)(mode & 07777);
	entry->uid = (uid_t)uid;
	entry->gid = (gid_t)gid;
	entry->size = (uint64_t)size;
	entry->major = (unsigned)major;
	entry->minor = (unsigned)minor;
	entry->mtime = extra->has_mtime ? extra->mtime : (struct timespec){.tv_sec = mtime};
	entry->atime = extra->has_atime ? extra->atime : entry->mtime;
	return 0;
}

static int read_entry(struct tar *tar, const struct header *header, struct tar_entry *entry, struct error *err)
{
	const struct tar_extra *extra = &tar->extra;
	if (extra->has_path)
		memcpy(entry->path, extra->path, strlen(extra->path) + 1);
	else
		join_name(header, entry->path);
	if (extra->has_link) {
		memcpy(entry->link, extra->link, strlen(extra->link) + 1);
	} else {
		size_t length = strnlen(header->link, sizeof header->link);
		memcpy(entry->link, header->link, length);
		entry->link[length] = 0;
	}
	entry->xattrs = extra->xattrs;
	entry->xattr_count = extra->xattr_count;
	if (read_type(header, entry, err) < 0 || read_numbers(tar, header, entry, err) < 0)
		return -1;
	bool is_link = entry->type == TAR_HARD_LINK || entry->type == TAR_SYMLINK;
	if (is_link && !entry->link[0])
		return error_set(err, 0, "%s: a link to nothing", entry->path);
	set_payload(tar, entry->size);
	entry->is_sparse = header->type == 'S' || (extra->is_sparse && entry->type == TAR_FILE);
	if (!entry->is_sparse)
		return 0;
	return header->type == 'S' ? sparse_old(tar, header, entry, err) : sparse_pax(tar, entry, err);
}

static void forget_extra(struct tar_extra *extra)
{
	extra->has_pax = extra->has_path = extra->has_link = extra->has_size = false;
	extra->has_uid = extra->has_gid = extra->has_mtime = extra->has_atime = false;
	extra->xattr_count = 0;
	extra->is_sparse = extra->has_real_size = extra->has_sparse_name = false;
	extra->sparse_major = extra->sparse_minor = 0;
	extra->segments.count = 0;
	extra->segments.is_half = false;
}

/* 1: a header; 0: the archive's end, told by two blocks of zeros, or by the end of the stream, as many writers leave it. */
static int next_header(struct tar *tar, struct header *header, struct error *err)
{
	const uint8_t *block = NULL;
	int result = tar_block(tar, &block, err);
	if (result > 0 && is_zero(block)) {
		result = tar_block(tar, &block, err);
		if (result > 0 && !is_zero(block))
			return error_set(err, 0, "a lone block of zeros stands between two entries");
		result = result > 0 ? 0 : result;
	} else if (result > 0) {
		memcpy(header, block, sizeof *header);
		if (!sum_is_right(header))
			return error_set(err, 0, "this is no tar, or the checksum of a header is wrong");
		return 1;
	}
	if (result == 0 && (tar->extra.has_pax || tar->extra.has_path || tar->extra.has_link))
		return error_set(err, 0, "the tar ends after a header that describes the next entry");
	return result;
}

int tar_next(struct tar *tar, struct tar_entry *entry, struct error *err)
{
	struct header header;
	forget_extra(&tar->extra);
	if (skip_rest(tar, err) < 0)
		return -1;
	for (;;) {
		int result = next_header(tar, &header, err);
		if (result <= 0)
			return result;
		if (++tar->entries > TAR_ENTRY_LIMIT)
			return error_set(err, 0, "the layer has more than %d entries", TAR_ENTRY_LIMIT);
		int64_t size;
		if (!header.type || !strchr("xgLK", header.type))
			return read_entry(tar, &header, entry, err) < 0 ? -1 : 1;
		if (!tar_number(header.size, sizeof header.size, &size) || size < 0)
			return error_set(err, 0, "the size of an extended header is malformed");
		if (read_extra(tar, &header, (uint64_t)size, err) < 0)
			return -1;
	}
}

int tar_drain(struct tar *tar, struct error *err)
{
	int result;
	while ((result = more(tar, err)) > 0)
		tar->left = 0;
	return result;
}
