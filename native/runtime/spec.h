/* config.json as typed data. spec*.c alone know how the JSON looks; everybody else reads these. */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "json.h"

struct id_map {
	uint32_t inside, outside, size;
};
struct id_maps {
	struct id_map *list;
	size_t count;
};

enum { NS_MOUNT, NS_CGROUP, NS_UTS, NS_IPC, NS_USER, NS_PID, NS_NET, NS_TIME, NS_KINDS };

struct namespace
{
	bool wanted;
	const char *path; /* join this one; NULL: a new one */
};

struct mount {
	const char *target, *type, *source;
	uint64_t set, clear;			 /* MOUNT_ATTR_* of the mount itself */
	uint64_t recursive_set, recursive_clear; /* … and of all below it */
	uint64_t propagation;			 /* MS_SHARED …, 0: leave */
	bool propagation_recursive;
	/* A part of the source, which may be shaped by strangers: found inside of it. */
	const char *subdir;
	bool source_link /* a source that is a link is bound itself */;
	bool bind, recursive, copy_up /* take over what the image has at the target */, idmap, idmap_recursive;
	struct strings data; /* options of the file system, "key" or "key=value" */
	struct id_maps uids, gids;
};

struct device {
	const char *path;
	char type; /* c, b, p */
	unsigned major, minor;
	mode_t mode;
	uid_t uid;
	gid_t gid;
};

struct device_rule {
	bool allow;
	char type;	      /* a, b, c */
	int64_t major, minor; /* -1: every */
	bool read, write, mknod;
};

struct rlimit_rule {
	int resource;
	uint64_t soft, hard;
};

struct hook {
	const char *path;
	struct strings args, env;
	bool has_env; /* none: that of the caller */
	int timeout;  /* seconds, 0: none */
};
enum { HOOK_PRESTART, HOOK_CREATE_RUNTIME, HOOK_CREATE_CONTAINER, HOOK_START_CONTAINER, HOOK_POSTSTART, HOOK_POSTSTOP, HOOK_KINDS };
struct hooks {
	struct hook *list;
	size_t count;
};

enum { CAPS_BOUNDING, CAPS_EFFECTIVE, CAPS_INHERITABLE, CAPS_PERMITTED, CAPS_AMBIENT, CAPS_SETS };

struct scheduler {
	struct number policy; /* SCHED_* */
	int nice;
	uint32_t priority;
	uint64_t flags;				 /* SCHED_FLAG_* */
	struct amount runtime, deadline, period; /* ns */
};

struct memory_policy {
	struct number mode; /* MPOL_* with flags */
	const char *nodes;
};

/* Of a new time namespace, against the host's clocks. */
struct time_offset {
	int64_t seconds;
	uint32_t nanoseconds;
};
enum { CLOCK_OF_MONOTONIC, CLOCK_OF_BOOTTIME, OFFSET_CLOCKS };

struct process {
	bool terminal, no_new_privileges;
	bool keeps_groups; /* those of the caller, as podman's --group-add keep-groups asks */
	unsigned rows, columns;
	uid_t uid;
	gid_t gid;
	struct number umask;
	gid_t *groups;
	size_t group_count;
	struct strings args, env;
	const char *user_name, *group_names; /* annotations io.hawser.user and io.hawser.groups */
	const char *cwd;
	uint64_t caps[CAPS_SETS];
	struct rlimit_rule *rlimits;
	size_t rlimit_count;
	struct number oom_score_adj;
	const char *apparmor, *selinux;
	struct scheduler scheduler;
	struct number io_class, io_priority;
	const char *affinity_initial, *affinity_final; /* lists of processors, for exec: before and after it is in the cgroup */
};

struct pair {
	const char *key, *value;
};
struct pairs {
	struct pair *list;
	size_t count;
};

struct block_rule {
	unsigned major, minor;
	struct number weight, leaf_weight;
	uint64_t rate;
};
struct block_rules {
	struct block_rule *list;
	size_t count;
};
enum { THROTTLE_READ_BPS, THROTTLE_WRITE_BPS, THROTTLE_READ_IOPS, THROTTLE_WRITE_IOPS, THROTTLE_KINDS };

struct huge_limit {
	const char *size;
	uint64_t limit;
};
struct rdma_limit {
	const char *device;
	struct number handles, objects;
};

struct resources {
	struct {
		struct number limit, reservation, swap, kernel, kernel_tcp, swappiness;
		bool disable_oom_killer, check_before_update;
	} memory;
	struct {
		struct number shares, quota, period, burst, realtime_runtime, realtime_period, idle;
		const char *cpus, *mems;
	} cpu;
	struct number pids;
	struct {
		struct number weight, leaf_weight;
		struct block_rules devices, throttle[THROTTLE_KINDS];
	} block;
	struct huge_limit *huge;
	size_t huge_count;
	struct number class_id;
	struct pairs priorities;
	struct rdma_limit *rdma;
	size_t rdma_count;
	struct pairs unified;
	struct device_rule *devices;
	size_t device_count;
};

struct spec {
	struct arena arena;
	json_t *json;
	const char *version, *hostname, *domainname;
	const char *root;
	bool root_read_only;
	bool has_process;
	struct process process;
	struct mount *mounts;
	size_t mount_count;
	struct hooks hooks[HOOK_KINDS];
	const json_t *annotations;
	struct namespace namespaces[NS_KINDS];
	struct id_maps uids, gids;
	struct device *devices;
	size_t device_count;
	const char *cgroup_path;
	struct resources resources;
	struct pairs sysctl;
	const json_t *seccomp;
	struct strings masked, read_only;
	uint64_t root_propagation;
	const char *mount_label;
	struct number personality;
	struct memory_policy memory_policy;
	struct time_offset offsets[OFFSET_CLOCKS];
	bool has_offsets;
};

#define SPEC_LIMIT (8u << 20)
/* The specification that we speak. */
#define SPEC_VERSION "1.3.0"

/* Reads a whole configuration. The spec owns all it points to; free with spec_finish(), also after a failure. */
int spec_parse(struct spec *spec, const char *text, size_t size, struct error *err);
void spec_finish(struct spec *spec);
#define cleanup_spec __attribute__((cleanup(spec_finish)))

/* The annotations that speak of a process: of config.json, or of the process itself. */
void spec_read_user_annotations(struct reader *r, const json_t *annotations, struct process *process);

/* Value of an annotation, or NULL. */
const char *spec_annotation(const struct spec *spec, const char *key);

/* Parts that other verbs read alone: the process of exec, the resources of update. */
void spec_read_process(struct reader *r, const json_t *object, const char *where, struct process *process);
void spec_read_resources(struct reader *r, const json_t *object, const char *where, struct resources *resources);
void spec_read_scheduling(struct reader *r, const json_t *object, const char *where, struct process *process);
struct memory_policy spec_read_memory_policy(struct reader *r, const json_t *linux_object);
void spec_read_linux(struct reader *r, const json_t *object, struct spec *spec);

struct pairs spec_read_pairs(struct reader *r, const json_t *object, const char *where, const char *key);
/* Fills the option fields of a mount ("ro", "rbind", "size=64m" …). */
void spec_read_mount_options(struct reader *r, const struct strings *options, const char *where, struct mount *mount);
void spec_read_id_maps(struct reader *r, const json_t *object, const char *where, const char *key, struct id_maps *maps);
