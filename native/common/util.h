/* Leaf helpers without any knowledge of containers: ownership of descriptors and memory, whole reads and writes. */
#pragma once

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

#include "error.h"

static inline void cleanup_closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}
static inline void cleanup_freep(void *p)
{
	free(*(void **)p);
}
static inline void cleanup_dirp(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}
static inline void cleanup_filep(FILE **file)
{
	if (*file)
		fclose(*file);
}

/* What the line opens, the end of the block closes. */
#define cleanup_close __attribute__((cleanup(cleanup_closep)))
#define cleanup_free __attribute__((cleanup(cleanup_freep)))
#define cleanup_dir __attribute__((cleanup(cleanup_dirp)))
#define cleanup_file __attribute__((cleanup(cleanup_filep)))

/* Hands a descriptor over: the holder forgets it. */
static inline int steal_fd(int *fd)
{
	int taken = *fd;
	*fd = -1;
	return taken;
}

/* Writes all of it, through EINTR and short writes. Returns 0, or -1 with errno. */
int write_all(int fd, const void *data, size_t size);

/* Reads until `size` bytes or the end. Returns the count, or -1 with errno. */
ssize_t read_full(int fd, void *data, size_t size);

/* Reads a whole file of at most `limit` bytes into fresh memory with a NUL after it; `*size` without the NUL.
 * A larger file is EFBIG, something that is not a regular file EINVAL (files of procfs and cgroupfs are regular). */
char *read_file_at(int dirfd, const char *path, size_t limit, size_t *size, struct error *err);

/* Writes `text` to an existing file in one write(), as procfs and cgroupfs want it. Returns 0, or -1 with errno. */
int write_file_at(int dirfd, const char *path, const char *text);

/* Writes `path` beside itself and renames it into place, so that a reader sees the old or the new, never a part.
 * With `durable` the file and its folder are fsynced first. */
int replace_file_at(int dirfd, const char *path, const void *data, size_t size, mode_t mode, bool durable, struct error *err);

/* openat2(2) below `dirfd` with RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS, tried again on EAGAIN (a rename storm). */
int open_in_root(int dirfd, const char *path, uint64_t flags, mode_t mode);

/* Parses a whole decimal number without sign, space or trailing bytes. Returns false when it is not one or is over `max`. */
bool parse_u64(const char *text, uint64_t max, uint64_t *value);

/* Nanoseconds of CLOCK_MONOTONIC. */
int64_t monotonic_ns(void);

/* Field 22 of /proc/PID/stat: the start time that tells a process from a later one with the same pid. 0 when it is gone. */
uint64_t process_start_time(pid_t pid);
