/* What one create (or exec) works on: handed from step to step, first in the caller's process, then in the container's. */
#pragma once

#include <linux/filter.h>
#include <stdbool.h>
#include <sys/types.h>

#include "cgroup.h"
#include "error.h"
#include "log.h"
#include "spec.h"

/* Codes beside errno: the program itself cannot be run. Their low byte is the exit code of run and exec. */
enum { EXEC_REFUSED = 0x10000 | 126, EXEC_MISSING = 0x10000 | 127 };

struct filter {
	struct sock_filter *code; /* NULL: no filter */
	size_t count;
	unsigned flags;
	bool listens; /* somebody gets its notify descriptor */
};

struct options {
	const char *root; /* --root */
	bool debug;
	uid_t uid; /* of the caller, also when we are in a user namespace of its */
	struct log log;
	enum { MANAGER_CGROUPFS, MANAGER_SYSTEMD, MANAGER_NONE } manager;
};

struct launch {
	const char *console_socket, *pid_file;
	int preserve_fds;
	bool no_new_keyring;
	bool inside;   /* we are in the container's user namespace already */
	bool rootless; /* … since the caller is an ordinary user */
	bool joins;    /* exec: the container is there, and only a process is added */
};

struct container {
	const struct options *options;
	struct launch launch;
	const char *id, *bundle;
	const char *config_path; /* NULL: the bundle's config.json */
	char *config;		 /* text of config.json */
	size_t config_size;
	struct spec spec;
	struct process *process;
	const char *slice; /* of systemd, for cgroup.unit */
	struct cgroup cgroup;
	struct filter filter;

	/* Descriptors that the caller prepares and the child inherits. */
	int root_dir;	 /* ROOT */
	int state_dir;	 /* ROOT/ID */
	int rootfs;	 /* the root file system, a detached mount; in the container later its "/" */
	int *mount_fds;	 /* one for each spec.mounts: detached mounts */
	int *device_fds; /* in a user namespace: detached mounts of the host's nodes, for the standard ones and spec.devices */
	int nodes_fd;	 /* a file system with nodes of ours for spec.devices, -1: none */
	int *cgroup_fds; /* v1: detached mounts of the container's own folders */
	int null_fd;	 /* detached mount of /dev/null, for masks */
	int namespace_fds[NS_KINDS];
	int start_fd, started_fd; /* the fifos by which `start` lets the program go and hears of it */
	int console_fd;		  /* connected console socket */
	int listener_fd;	  /* connected to linux.seccomp.listenerPath */
	int sync_parent, sync_child;

	/* Made in the container. */
	int proc_fd; /* a procfs of our own, never reached by a path */
	int dev_fd;  /* the tmpfs on /dev */
	int terminal_fd;
	int cwd_fd;

	pid_t pid;
	pid_t holder;	/* keeps the scope of systemd in being until there is a process of the container in it; 0: none */
	bool has_scope; /* systemd has taken the order to start it */
	pid_t init;	/* exec: the container's first process */
	int pidfd;
};

void container_init(struct container *c, const struct options *options);
void container_finish(struct container *c);

/* A plan is a list of named steps; an error carries the name of the step that it came from. */
struct step {
	const char *name;
	int (*run)(struct container *c, struct error *err);
	bool (*wanted)(const struct container *c); /* NULL: always */
};
int plan_walk(const struct step *steps, struct container *c, struct error *err);

/* The steps themselves, by file. */
int namespaces_open(struct container *c, struct error *err);
int namespaces_clone(struct container *c, int (*child)(struct container *), struct error *err);
int namespaces_write_maps(struct container *c, struct error *err);
int namespaces_join(struct container *c, struct error *err);
bool namespaces_has_offsets(const struct container *c);
int namespaces_write_offsets(struct container *c, struct error *err);
int namespaces_make_time(struct container *c, struct error *err);
int namespaces_loopback(struct container *c, struct error *err);
int namespaces_names(struct container *c, struct error *err);
bool namespaces_has_new_user(const struct container *c);
/* A mount namespace that is somebody else's is joined: only the root of the container's processes can be ours. */
bool namespaces_has_old_mount(const struct container *c);
/* The caller's answer to process_stdio() of a child in a user namespace. */
int namespaces_answer_stdio(struct container *c, struct error *err);

bool rootless_is(void);
/* What comes before all other steps when the caller is an ordinary user: of create, and of exec. */
int rootless_enter(struct container *c, struct error *err);
int rootless_join(struct container *c, struct error *err);

int cgroups_find(struct container *c, struct error *err);
int cgroups_make(struct container *c, struct error *err);
bool cgroups_are_held(const struct container *c);
/* The container's own process is in its cgroups: the one that held them is no longer wanted. */
int cgroups_let_go(struct container *c, struct error *err);

int rootfs_open(struct container *c, struct error *err);
int rootfs_attach(struct container *c, struct error *err);
int rootfs_pivot(struct container *c, struct error *err);
int rootfs_finish(struct container *c, struct error *err);
int overlay_open(struct container *c, const char *lower, struct error *err);

int mounts_open(struct container *c, struct error *err);
int mounts_make(struct container *c, struct error *err);
int mounts_attach(struct container *c, struct error *err);
bool mounts_come_early(const struct container *c);
bool mounts_come_late(const struct container *c);
int mounts_finish(struct container *c, struct error *err);
/* A user namespace with this mapping and no process in it, for idmap_set() on a detached mount: -1 with errno. */
int idmap_open(const struct id_maps *uids, const struct id_maps *gids, struct error *err);
int idmap_set(int fd, int namespace, bool recursive);
/* Gives a detached mount the id mapping that it is asked to have. */
int idmap_apply(const struct container *c, const struct mount *mount, int fd, struct error *err);
int masks_apply(struct container *c, struct error *err);

int devices_open(struct container *c, struct error *err);
bool devices_are_ours(const struct container *c);
int devices_take(struct container *c, struct error *err);
int devices_make(struct container *c, struct error *err);

int terminal_connect(struct container *c, struct error *err);
int terminal_make(struct container *c, struct error *err);
int terminal_place(struct container *c, struct error *err);
int terminal_take(struct container *c, struct error *err);

int sysctl_check(struct container *c, struct error *err);
int sysctl_apply(struct container *c, struct error *err);
int procfs_open(struct container *c, struct error *err);
bool procfs_is_needed(const struct container *c);
/* Writes `text` to a file of our own procfs, crossing no mount and no link. */
int procfs_write(struct container *c, const char *path, const char *text);

int filter_prepare(struct container *c, struct error *err);
int filter_load(struct container *c, struct error *err);
bool listener_is_wanted(const struct container *c);
int listener_connect(struct container *c, struct error *err);
int listener_offer(struct container *c, int fd, struct error *err);
int listener_pass(struct container *c, int number, struct error *err);

/* Every signal unblocked and with its default meaning, as a program expects them. */
void process_default_signals(void);
/* The calling process moves to these processors ("0-3,7"; NULL: stays). */
int scheduling_set_processors(const char *list, struct error *err);
int scheduling_apply(struct container *c, struct error *err);
int process_keyring(struct container *c, struct error *err);
int process_limits(struct container *c, struct error *err);
/* The rlimits alone, of another process: in a user namespace nobody may raise one for himself. */
int process_rlimits(const struct container *c, pid_t pid, struct error *err);
/* A program whose user is not the caller's must still be able to open /dev/stdout. The child asks, the caller answers by
 * `owner` for its own three, which are the same. */
int process_stdio(struct container *c, struct error *err);
int process_own_stdio(const struct container *c, uid_t owner, struct error *err);
int process_cwd(struct container *c, struct error *err);
int process_identity(struct container *c, struct error *err);
int process_exec(struct container *c, struct error *err);
/* Finds the program; the errors are runc's words, which callers look for. `*path` lives in the spec's arena. */
int process_find(struct container *c, const char **path, struct error *err);

bool user_is_wanted(const struct container *c);
int user_resolve(struct container *c, struct error *err);

int descriptors_listen(struct container *c, struct error *err);
/* Closes every descriptor but the standard three, the caller's, and those that the last steps need. */
int descriptors_keep(const struct container *c, struct error *err);

int lsm_check(struct container *c, struct error *err);
int lsm_apply(struct container *c, struct error *err);

/* The first that fails ends it; of poststop all are run, and a failure is a warning. */
int hooks_run(struct container *c, int kind, const char *status, struct error *err);
/* Some are promised the mounts while the host's root is still there. */
bool hooks_come_early(const struct container *c);

/* The child's side. */
int init_main(struct container *c);
