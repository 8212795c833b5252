/* One strict reader for every tar that Hawser takes in: POSIX ustar and pax, GNU long names, base-256 numbers. What two
 * readers could understand in two ways is refused: sparse files, sizes on things without data, global headers that rename. */
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

struct tar_entry {
	enum tar_type type;
	char path[TAR_NAME_LIMIT]; /* as it stands in the archive */
	char link[TAR_NAME_LIMIT];
	mode_t mode; /* the lower twelve bits */
	uid_t uid;
	gid_t gid;
	uint64_t size; /* of the data that follows */
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

/* Reads the records of a pax header into `extra`; `text` is changed and pointed into. */
int pax_parse(struct tar_extra *extra, char *text, size_t size, struct error *err);
int pax_check_global(char *text, size_t size, struct error *err);
