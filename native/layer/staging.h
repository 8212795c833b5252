/* Locked folders of ROOT/staging and locked part files of ROOT/content/ingest. A lock dies with its process: what lies there
 * unlocked was left by one that is gone. */
#pragma once

#include <stdbool.h>

#include "error.h"

/* Makes and locks staging folder `path`, waiting for another process that has it (`waiting` goes to `progress` then). What a dead
 * one left in it is removed. 1: locked, in *fd; 0: `done` exists, the other process made it; -1. */
int staging_lock(const char *path, const char *done, int progress, int *fd, struct error *err);

/* Opens and locks a part file, waiting for another process that has it. Returns the descriptor, or -1. */
int part_lock(const char *path, int progress, struct error *err);

/* The locks live as long as the process: it stays until the one who asked has put the result into its place, or is gone; `fd` is then at
 * its end. Closes stdout, which says that the result is whole. */
void staging_hold(int fd);

/* Removes from `path` every folder that nobody has locked, and parts that are empty or forgotten. */
int staging_clean(const char *path, struct error *err);
