/* Places inside a root file system that a hostile image may have shaped: each is resolved once, in the root, to a descriptor. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "error.h"

enum target_kind { TARGET_DIRECTORY, TARGET_FILE };

/* Opens `path` below `root` (O_PATH), making what is missing. `resolved`, of PATH_MAX bytes, gets the path without links. */
int target_open(int root, const char *path, enum target_kind kind, mode_t mode, char *resolved, struct error *err);

/* /dev, /proc and /sys carry all that protects the rest: they must be real folders and not links. */
int target_open_plain(int root, const char *path, struct error *err);

/* Puts the mount `fd` on the place `target`. */
int target_mount(int fd, int target);
