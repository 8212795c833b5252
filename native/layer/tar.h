/* One strict reader for every tar that Hawser takes in: POSIX ustar and pax, GNU long names, base-256 numbers. What two
 * readers could understand in two ways is refused: sizes on things without data, global headers that rename. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "error.h"
#include "ring.h"

enum {
	TAR_BLOCK = 512,
	TAR_NAME_LIMIT = 4096, /* PATH_MAX, with the NUL */
	TAR_PAX_LIMIT = 1 << 20,
	TAR_XATTR_LIMIT = 256,
	TAR_XATTR_SIZE = 65536,
	TAR_ENTRY_LIMIT = 10000000,
	TAR_SEGMENT_LIMIT = 250000,
};

enum tar_type {
	TAR_FILE = '0',
	TAR_HARD_LINK = '1',
	TAR_SYMLINK = '2',
	TAR_CHAR = '3',
	TAR_BLOCK_DEVICE = '4',
	TAR_FOLDER = '5',
	TAR_FIFO = '6',
};

struct tar_xattr {
	const char *name;
	const void *value;
	size_t size;
};

/* A piece of a sparse file that is there; what is between them are holes. */
struct tar_segment {
	uint64_t offset, size;
};

struct tar_entry {
	enum tar_type type;
	char path[TAR_NAME_LIMIT]; /* as it stands in the archive */
	char link[TAR_NAME_LIMIT];
	mode_t mode; /* the lower twelve bits */
	uid_t uid;
	gid_t gid;
	uint64_t size; /* of the file; of its data too, unless it is sparse */
	bool is_sparse;
	const struct tar_segment *segments; /* in order, apart; the data is theirs alone */
	size_t segment_count;
	struct timespec mtime, atime;
	unsigned major, minor;
	const struct tar_xattr *xattrs;
	size_t xattr_count;
};

/* What extended headers say about the next entry. */
struct tar_extra {
	bool has_pax, has_path, has_link, has_size, has_uid, has_gid, has_mtime, has_atime;
	char path[TAR_NAME_LIMIT], link[TAR_NAME_LIMIT];
	uint64_t size, uid, gid;
	struct timespec mtime, atime;
	struct tar_xattr xattrs[TAR_XATTR_LIMIT];
	size_t xattr_count;
	/* GNU's three ways to tell of a sparse file: the map in records (0.0, 0.1), or before the data (1.0). */
	bool is_sparse, has_real_size, has_sparse_name;
	uint64_t sparse_major, sparse_minor, real_size;
	struct tar_segments {
		struct tar_segment *list;
		size_t count, room;
		bool is_half; /* an offset whose size is still to come */
	} segments;
};

struct tar {
	struct ring *ring;
	int reader;
	const uint8_t *data; /* the slot in hand */
	size_t left;
	uint64_t room; /* the most that an entry may say it has */
	uint64_t entries;
	uint64_t payload, padding; /* of the entry in hand, not read yet */
	struct tar_extra extra;
	char *pax; /* what the xattrs of `extra` point into */
};

int tar_init(struct tar *tar, struct ring *ring, int reader, uint64_t room, struct error *err);
void tar_finish(struct tar *tar);

/* 1 with the next entry (whose data, when left unread, is passed over), 0 at the end of the archive, -1. */
int tar_next(struct tar *tar, struct tar_entry *entry, struct error *err);

/* 1 with the next bytes of the entry's data, 0 at their end, -1. */
int tar_data(struct tar *tar, const uint8_t **data, size_t *size, struct error *err);

/* Reads whatever follows the end of the archive, to the end of the stream. */
int tar_drain(struct tar *tar, struct error *err);

/* The next number of a sparse file's map: offset and size by turns. */
int sparse_number(struct tar_segments *segments, uint64_t number, struct error *err);
/* GNU.sparse.KEY of a pax header. */
int sparse_record(struct tar_extra *extra, const char *key, const char *value, size_t size, struct error *err);
/* Reads what is left of the map, and checks all of it. `entry->size` becomes that of the file, the data left is its pieces. */
int sparse_pax(struct tar *tar, struct tar_entry *entry, struct error *err);
struct header;
int sparse_old(struct tar *tar, const struct header *header, struct tar_entry *entry, struct error *err);

/* For the reader's own parts: the next block, 1, 0 at the end, -1; and a number of a header. */
int tar_block(struct tar *tar, const uint8_t **block, struct error *err);
bool tar_number(const char *field, size_t size, int64_t *number);

/* Reads the records of a pax header into `extra`; `text` is changed and pointed into. */
int pax_parse(struct tar_extra *extra, char *text, size_t size, struct error *err);
int pax_check_global(char *text, size_t size, struct error *err);
