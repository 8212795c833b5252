#pragma once

#include <sys/types.h>

#include "error.h"

/* A copy, to be mounted, of the mount at `path` in another process's mount namespace and root. Everything in between is that
 * process's: it is resolved in its root, and no link leads out. */
int foreign_mount(pid_t pid, const char *path, struct error *err);
