/* Control groups: one container is one path, in each v1 hierarchy and (or only) in v2. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "arena.h"
#include "error.h"
#include "spec.h"

#define CGROUP_HIERARCHIES 24

struct hierarchy {
	const char *controllers; /* v1: "cpu,cpuacct" or "name=systemd"; v2: "" */
	const char *point;	 /* where it is mounted */
	const char *path;	 /* the container's folder in it */
	bool unified;
	int fd;	   /* that folder, -1 when not open */
	int tasks; /* its file to enter, -1 when not open */
};

struct cgroup {
	struct arena *arena;
	struct hierarchy list[CGROUP_HIERARCHIES];
	size_t count;
	bool pure;	  /* nothing but v2 */
	const char *unit; /* the scope of systemd that it is; NULL: none */
};

/* Finds the mounted hierarchies and names the container's folder in each. */
/* A cgroup with a unit has a folder in a v2 hierarchy beside those of v1, since systemd may look for its processes there. */
int cgroup_find(struct cgroup *cgroup, struct arena *arena, const char *path, struct error *err);
/* Makes the folders; parents that had to be made are noted below `root` (the state root) so that they can go again. */
int cgroup_create(struct cgroup *cgroup, int root, struct error *err);
/* memory.checkBeforeUpdate: a limit below what is in use is refused. */
int cgroup_check_memory(struct cgroup *cgroup, const struct resources *resources, struct error *err);
int cgroup_apply(struct cgroup *cgroup, const struct resources *resources, struct error *err);
/* The rules for devices that are in force, from the last one for all of them on. */
const struct device_rule *cgroup_device_rules(struct arena *arena, const struct spec *spec, size_t *count);
int cgroup_apply_devices(struct cgroup *cgroup, const struct spec *spec, struct error *err);
/* Opens the files that a process of ours will enter by. */
int cgroup_open(struct cgroup *cgroup, struct error *err);
/* The calling process enters, from inside: a write to another's cgroup.procs would wait for an RCU period. */
int cgroup_enter(struct cgroup *cgroup, struct error *err);
/* The descriptor for CLONE_INTO_CGROUP, or -1 where there is no v2 folder. */
int cgroup_clone_fd(const struct cgroup *cgroup);
int cgroup_remove(struct cgroup *cgroup, int root, struct error *err);
/* Ends every process in it, those that fork meanwhile too. */
int cgroup_kill(struct cgroup *cgroup, struct error *err);
int cgroup_freeze(struct cgroup *cgroup, bool frozen, struct error *err);
bool cgroup_is_frozen(struct cgroup *cgroup);
/* Pids in it and below it; the caller frees `*pids`. */
int cgroup_pids(struct cgroup *cgroup, pid_t **pids, size_t *count, struct error *err);
void cgroup_finish(struct cgroup *cgroup);

/* The hierarchy that has a v1 controller, or the v2 one in a pure system; NULL: not there. */
struct hierarchy *cgroup_with(struct cgroup *cgroup, const char *controller);
/* Writes to a file of it: "write cpu.max of cgroup /x: …". */
int cgroup_write(struct hierarchy *hierarchy, const char *file, struct error *err, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

int cgroup1_apply(struct cgroup *cgroup, const struct resources *resources, struct error *err);
int cgroup2_apply(struct cgroup *cgroup, const struct resources *resources, struct error *err);
int cgroup2_enable(const char *point, const char *path, struct error *err);
/* An eBPF program from the rules, the last match wins, attached to the folder `fd`. */
int device_filter_attach(int fd, const struct device_rule *rules, size_t count, struct error *err);
