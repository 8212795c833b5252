/* Files with holes, in the four forms that GNU tar has had for them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tar.h"
#include "tar_header.h"
#include "util.h"

int sparse_number(struct tar_segments *segments, uint64_t number, struct error *err)
{
	if (segments->is_half) {
		segments->list[segments->count - 1].size = number;
		segments->is_half = false;
		return 0;
	}
	if (segments->count == TAR_SEGMENT_LIMIT)
		return error_set(err, 0, "a sparse file has more than %d pieces", TAR_SEGMENT_LIMIT);
	if (segments->count == segments->room) {
		size_t room = segments->room ? segments->room * 2 : 64;
		struct tar_segment *grown = realloc(segments->list, room * sizeof *grown);
		if (!grown)
			return error_set(err, ENOMEM, "the map of a sparse file");
		segments->list = grown;
		segments->room = room;
	}
	segments->list[segments->count++] = (struct tar_segment){.offset = number};
	segments->is_half = true;
	return 0;
}

/* 0.1: all numbers in one record, with commas between. */
static int read_map(struct tar_extra *extra, const char *text, struct error *err)
{
	while (*text) {
		char digits[24];
		uint64_t number;
		size_t length = strcspn(text, ",");
		if (length >= sizeof digits)
			return error_set(err, 0, "the map of a sparse file is malformed");
		memcpy(digits, text, length);
		digits[length] = 0;
		if (!parse_u64(digits, INT64_MAX, &number))
			return error_set(err, 0, "the map of a sparse file is malformed");
		if (sparse_number(&extra->segments, number, err) < 0)
			return -1;
		text += length + (text[length] == ',');
	}
	return 0;
}

int sparse_record(struct tar_extra *extra, const char *key, const char *value, size_t size, struct error *err)
{
	uint64_t number = 0;
	extra->is_sparse = true;
	if (strcmp(key, "name") == 0) {
		if (size == 0 || size >= TAR_NAME_LIMIT || strlen(value) != size)
			return error_set(err, 0, "a sparse file's name is empty, too long or holds a NUL");
		memcpy(extra->path, value, size + 1);
		extra->has_path = extra->has_sparse_name = true;
		return 0;
	}
	if (strlen(value) != size)
		return error_set(err, 0, "GNU.sparse.%s holds a NUL", key);
	if (strcmp(key, "map") == 0)
		return read_map(extra, value, err);
	if (!parse_u64(value, INT64_MAX, &number))
		return error_set(err, 0, "GNU.sparse.%s is not a number", key);
	if (strcmp(key, "size") == 0 || strcmp(key, "realsize") == 0) {
		extra->real_size = number;
		extra->has_real_size = true;
	} else if (strcmp(key, "major") == 0) {
		extra->sparse_major = number;
	} else if (strcmp(key, "minor") == 0) {
		extra->sparse_minor = number;
	} else if (strcmp(key, "offset") == 0 || strcmp(key, "numbytes") == 0) {
		if (extra->segments.is_half != (*key == 'n'))
			return error_set(err, 0, "the map of a sparse file is malformed");
		return sparse_number(&extra->segments, number, err);
	} else if (strcmp(key, "numblocks") != 0) {
		return error_set(err, 0, "a sparse file with an unknown record, GNU.sparse.%s", key);
	}
	return 0;
}

/* Pieces in order and apart, inside the file, and as many bytes as there are. */
static int take_segments(struct tar *tar, struct tar_entry *entry, uint64_t real_size, struct error *err)
{
	const struct tar_segments *segments = &tar->extra.segments;
	uint64_t end = 0, sum = 0;
	if (real_size > tar->room)
		return error_set(err, 0, "%s: its size of %llu bytes is out of range", entry->path, (unsigned long long)real_size);
	for (size_t i = 0; i < segments->count; i++) {
		const struct tar_segment *segment = &segments->list[i];
		if (segment->offset < end || segment->offset > real_size || segment->size > real_size - segment->offset)
			return error_set(err, 0, "%s: the map of the sparse file leads out of it, or back", entry->path);
		end = segment->offset + segment->size;
		sum += segment->size;
	}
	if (segments->is_half || sum != tar->payload)
		return error_set(err, 0, "%s: the map of the sparse file and its data do not belong together", entry->path);
	entry->size = real_size;
	entry->segments = segments->list;
	entry->segment_count = segments->count;
	return 0;
}

/* 1.0: the map is the first blocks of the data, a number a line, the first of them their count. */
static int read_map_blocks(struct tar *tar, struct error *err)
{
	uint64_t wanted = 1, number = 0, seen = 0;
	size_t digits = 0;
	const uint8_t *block;
	while (seen < wanted) {
		if (tar->payload < TAR_BLOCK)
			return error_set(err, 0, "the map of a sparse file is longer than its data");
		int result = tar_block(tar, &block, err);
		if (result <= 0)
			return result < 0 ? -1 : error_set(err, 0, "the tar ends inside the data of an entry");
		tar->payload -= TAR_BLOCK;
		for (size_t i = 0; i < TAR_BLOCK && seen < wanted; i++) {
			if (block[i] >= '0' && block[i] <= '9' && digits < 18) {
				number = number * 10 + (block[i] - '0');
				digits++;
				continue;
			}
			if (block[i] != '\n' || !digits)
				return error_set(err, 0, "the map of a sparse file is malformed");
			if (seen == 0 && number > TAR_SEGMENT_LIMIT)
				return error_set(err, 0, "a sparse file has more than %d pieces", TAR_SEGMENT_LIMIT);
			if (seen == 0)
				wanted = 1 + 2 * number;
			else if (sparse_number(&tar->extra.segments, number, err) < 0)
				return -1;
			seen++;
			number = digits = 0;
		}
	}
	return 0;
}

int sparse_pax(struct tar *tar, struct tar_entry *entry, struct error *err)
{
	const struct tar_extra *extra = &tar->extra;
	bool in_data = extra->sparse_major == 1 && extra->sparse_minor == 0;
	if (!in_data && extra->sparse_major != 0)
		return error_set(err, 0, "%s: a sparse file of an unknown form, %llu.%llu", entry->path,
			(unsigned long long)extra->sparse_major, (unsigned long long)extra->sparse_minor);
	if (!extra->has_real_size)
		return error_set(err, 0, "%s: a sparse file whose size is not told", entry->path);
	if (in_data && extra->segments.count)
		return error_set(err, 0, "%s: a sparse file with two maps", entry->path);
	if (in_data && read_map_blocks(tar, err) < 0)
		return error_wrap(err, "%s", entry->path);
	return take_segments(tar, entry, extra->real_size, err);
}

struct old_map {
	char numbers[24]; /* offset, size: twelve each */
};

/* True at the end of the map: a piece that is not used. */
static int read_old(struct tar *tar, const struct old_map *map, size_t count, struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		int64_t offset, size;
		if (map[i].numbers[0] == 0)
			return 0;
		if (!tar_number(map[i].numbers, 12, &offset) || !tar_number(map[i].numbers + 12, 12, &size) || offset < 0 || size < 0)
			return error_set(err, 0, "the map of a sparse file is malformed");
		if (sparse_number(&tar->extra.segments, (uint64_t)offset, err) < 0 ||
			sparse_number(&tar->extra.segments, (uint64_t)size, err) < 0)
			return -1;
	}
	return 0;
}

enum { OLD_MAP = 386, OLD_MAP_COUNT = 4, OLD_MORE = 482, OLD_SIZE = 483, MORE_COUNT = 21, MORE_MORE = 504 };

int sparse_old(struct tar *tar, const struct header *header, struct tar_entry *entry, struct error *err)
{
	const uint8_t *block = (const uint8_t *)header;
	int64_t real_size;
	if (tar->extra.is_sparse)
		return error_set(err, 0, "%s: a sparse file with two maps", entry->path);
	if (!tar_number((const char *)block + OLD_SIZE, 12, &real_size) || real_size < 0)
		return error_set(err, 0, "%s: a number of its header is malformed", entry->path);
	bool more = block[OLD_MORE];
	if (read_old(tar, (const struct old_map *)(block + OLD_MAP), OLD_MAP_COUNT, err) < 0)
		return -1;
	while (more) {
		int result = tar_block(tar, &block, err);
		if (result <= 0)
			return result < 0 ? -1 : error_set(err, 0, "the tar ends inside the map of a sparse file");
		more = block[MORE_MORE];
		if (read_old(tar, (const struct old_map *)block, MORE_COUNT, err) < 0)
			return -1;
	}
	return take_segments(tar, entry, (uint64_t)real_size, err);
}
