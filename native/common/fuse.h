/* An overlay that fuse-overlayfs serves, for kernels whose own cannot do it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "error.h"

/* Starts `program` with its `-o options` and gives the mount back, attached nowhere. The server lies in the caller's namespaces, belongs to
 * nobody and ends with the mount. `attributes`: MOUNT_ATTR_…. Returns a descriptor, or -1 with the server's own sentence. */
int fuse_overlay(const char *program, const char *options, uint64_t attributes, struct error *err);

/* Whether it keeps its own marks in the writable layer under that name: never a file of the container's. */
bool is_fuse_mark(const char *name);
