/* Where cgroups are, on v1, hybrid and v2 hosts. */
#pragma once

#include <limits.h>
#include <stdbool.h>

/* Whether /sys/fs/cgroup is one unified hierarchy. */
bool cgroup_is_unified(void);
/* The path of `file` in cgroup `path` of `controller` (which only v1 needs). */
void cgroup_file(char out[PATH_MAX], const char *controller, const char *path, const char *file);
/* Moves this process to `path`, made where it is missing, in the hierarchies that matter to a monitor. Best effort: a host may
 * not let us, and the container is none the worse for it. */
void cgroup_enter(const char *path);
/* Leaves for the root and removes `path`, unless others are still in it. */
void cgroup_leave(const char *path);
