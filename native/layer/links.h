/* Inodes with several names, and the first path at which each was met. */
#pragma once

#include <stddef.h>
#include <sys/stat.h>

#include "error.h"

struct links {
	struct link_slot {
		dev_t device;
		ino_t inode;
		char *path;
	} * slots;
	size_t room, used;
};

/* `*first` becomes the path at which this inode was met before, or NULL (then `path` is noted). Only files with several names count. */
int links_find(struct links *links, const struct stat *st, const char *path, const char **first, struct error *err);
void links_finish(struct links *links);
