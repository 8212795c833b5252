/* Where cgroups are, on v1, hybrid and v2 hosts. */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

/* Whether /sys/fs/cgroup is one unified hierarchy. */
bool cgroup_is_unified(void);
/* The path of `file` in cgroup `path` of `controller` (which only v1 needs). */
void cgroup_file(char out[PATH_MAX], const char *controller, const char *path, const char *file);
/* Moves this process and `other` (0: none) to `path`, made where it is missing, in the hierarchies that matter to a monitor. Best
 * effort: a host may not let us, and the container is none the worse for it. */
void cgroup_enter(const char *path, pid_t other);
/* Both leave for the root; removes `path`, unless others are still in it. */
void cgroup_leave(const char *path, pid_t other);
