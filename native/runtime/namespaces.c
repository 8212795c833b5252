#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <linux/sched.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "container.h"
#include "maps.h"
#include "sync.h"
#include "util.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

static const struct {
	int flag;
	const char *name;
} kinds[NS_KINDS] = {
	[NS_MOUNT] = {CLONE_NEWNS, "mount"},
	[NS_CGROUP] = {CLONE_NEWCGROUP, "cgroup"},
	[NS_UTS] = {CLONE_NEWUTS, "uts"},
	[NS_IPC] = {CLONE_NEWIPC, "ipc"},
	[NS_USER] = {CLONE_NEWUSER, "user"},
	[NS_PID] = {CLONE_NEWPID, "pid"},
	[NS_NET] = {CLONE_NEWNET, "network"},
	[NS_TIME] = {CLONE_NEWTIME, "time"},
};

static bool is_new(const struct container *c, int kind)
{
	if (kind == NS_USER && c->launch.inside)
		return false;
	return c->spec.namespaces[kind].wanted && !c->spec.namespaces[kind].path;
}

bool namespaces_has_new_user(const struct container *c)
{
	return is_new(c, NS_USER);
}

bool namespaces_has_old_mount(const struct container *c)
{
	return c->spec.namespaces[NS_MOUNT].path;
}

/* What is mounted in another's namespace goes with that one; in the caller's own it would stay on the host. */
static int check_foreign(int fd, const char *path, struct error *err)
{
	struct stat own, other;
	if (stat("/proc/self/ns/mnt", &own) < 0 || fstat(fd, &other) < 0)
		return error_set(err, errno, "look at the mount namespace %s", path);
	if (own.st_ino == other.st_ino && own.st_dev == other.st_dev)
		return error_set(err, 0, "the mount namespace %s is the caller's own: the container's mounts would stay in it", path);
	return 0;
}

/* The paths come from the caller, but are checked to be what they are said to be. */
int namespaces_open(struct container *c, struct error *err)
{
	if (is_new(c, NS_USER) && !c->spec.uids.count)
		maps_default(&c->spec.arena, &c->spec.uids, &c->spec.gids);
	for (int kind = 0; kind < NS_KINDS; kind++) {
		const char *path = c->spec.namespaces[kind].path;
		if (!path || (kind == NS_USER && c->launch.inside))
			continue;
		int fd = c->namespace_fds[kind] = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
		if (fd < 0)
			return error_set(err, errno, "open the %s namespace %s", kinds[kind].name, path);
		if (ioctl(fd, NS_GET_NSTYPE) != kinds[kind].flag)
			return error_set(err, 0, "%s is not a %s namespace", path, kinds[kind].name);
		if (kind == NS_MOUNT && check_foreign(fd, path, err) < 0)
			return -1;
	}
	return 0;
}

static pid_t clone_child(uint64_t flags, int into, int *pidfd)
{
	struct clone_args args = {
		.flags = flags | CLONE_PIDFD | (into >= 0 ? CLONE_INTO_CGROUP : 0),
		.pidfd = (uintptr_t)pidfd,
		.exit_signal = flags & CLONE_PARENT ? 0 : SIGCHLD, /* a sibling has that of its parent's child */
		.cgroup = into >= 0 ? (uint64_t)into : 0,
	};
	return (pid_t)syscall(SYS_clone3, &args, sizeof args);
}

bool namespaces_has_offsets(const struct container *c)
{
	return c->spec.has_offsets;
}

static uint64_t new_flags(const struct container *c)
{
	uint64_t flags = 0;
	/* The cgroup namespace takes the cgroup of whoever asks as its root: the child unshares it once it is inside. A time
	 * namespace's offsets can be written only as long as no process is in it: it too is made later. */
	for (int kind = 0; kind < NS_KINDS; kind++)
		if (is_new(c, kind) && kind != NS_CGROUP && !(kind == NS_TIME && c->spec.has_offsets))
			flags |= (uint64_t)kinds[kind].flag;
	return flags;
}

/* A pid namespace is for children only: joining it puts the child in, not us. */
static int join_for_children(const struct container *c, struct error *err)
{
	if (c->namespace_fds[NS_PID] >= 0 && setns(c->namespace_fds[NS_PID], CLONE_NEWPID) < 0)
		return error_set(err, errno, "join the pid namespace %s", c->spec.namespaces[NS_PID].path);
	return 0;
}

static int join_user(const struct container *c, struct error *err)
{
	/* The pid namespace first: it need not belong to that user namespace. */
	if (join_for_children(c, err) < 0)
		return -1;
	if (setns(c->namespace_fds[NS_USER], CLONE_NEWUSER) < 0)
		return error_set(err, errno, "join the user namespace %s", c->spec.namespaces[NS_USER].path);
	return 0;
}

/* Its own frames must not come before the one that tells its pid. */
static int child_when_known(struct container *c, int (*child)(struct container *))
{
	struct error err;
	close(steal_fd(&c->sync_parent));
	return sync_expect(c->sync_child, SYNC_GO, NULL, &err) < 0 ? 1 : child(c);
}

/* New namespaces under a user namespace that is joined belong to it only when made from inside: a go-between enters it
 * and makes the child as its own sibling. */
static int go_between(struct container *c, int (*child)(struct container *))
{
	struct error err = {0};
	int pidfd = -1;
	pid_t pid = join_user(c, &err) < 0 ? -1 : clone_child(new_flags(c) | CLONE_PARENT, -1, &pidfd);
	if (pid == 0)
		_exit(child_when_known(c, child));
	if (pid > 0 && sync_send(c->sync_child, SYNC_PID, pid, &err) == 0)
		return 0;
	if (!*err.text)
		error_set(&err, errno, "clone");
	sync_send_error(c->sync_child, &err);
	return 1;
}

static int clone_through(struct container *c, int (*child)(struct container *), struct error *err)
{
	int pidfd = -1, pid;
	pid_t between = clone_child(0, cgroup_clone_fd(&c->cgroup), &pidfd);
	if (between == 0)
		_exit(go_between(c, child));
	if (between < 0)
		return error_set(err, errno, "clone");
	/* CLONE_PARENT: the pid that is told is seen in the namespace of the go-between, which is ours. */
	int result = sync_expect(c->sync_parent, SYNC_PID, &pid, err);
	waitpid(between, NULL, 0);
	close(pidfd);
	if (result < 0)
		return -1;
	c->pid = pid;
	c->pidfd = pidfd_open(pid, 0);
	return c->pidfd < 0 ? error_set(err, errno, "open process %d", pid) : sync_send(c->sync_parent, SYNC_GO, 0, err);
}

int namespaces_clone(struct container *c, int (*child)(struct container *), struct error *err)
{
	if (c->namespace_fds[NS_USER] >= 0)
		return clone_through(c, child, err);
	if (join_for_children(c, err) < 0)
		return -1;
	c->pid = clone_child(new_flags(c), cgroup_clone_fd(&c->cgroup), &c->pidfd);
	if (c->pid == 0)
		_exit(child(c));
	return c->pid < 0 ? error_set(err, errno, "clone with new namespaces") : 0;
}

int namespaces_write_maps(struct container *c, struct error *err)
{
	if (maps_write(c->pid, &c->spec.uids, &c->spec.gids, err) < 0)
		return -1;
	return sync_send(c->sync_parent, SYNC_GO, 0, err);
}

/* What an id of the child's user namespace is here. */
static int find_outside(pid_t pid, uint32_t id, uint32_t *outside, struct error *err)
{
	char path[64];
	uint32_t first, start, size;
	snprintf(path, sizeof path, "/proc/%d/uid_map", (int)pid);
	cleanup_free char *text = read_file_at(AT_FDCWD, path, 65536, NULL, err);
	for (char *line = text; line && *line; line += strcspn(line, "\n"), line += *line == '\n')
		if (sscanf(line, "%u %u %u", &first, &start, &size) == 3 && id >= first && id - first < size) {
			*outside = start + (id - first);
			return 0;
		}
	return text ? error_set(err, 0, "user id %u has no mapping in the user namespace", id) : -1;
}

int namespaces_answer_stdio(struct container *c, struct error *err)
{
	if (!c->spec.namespaces[NS_USER].wanted || c->launch.inside || c->process->terminal)
		return 0;
	int inside;
	uint32_t outside = 0;
	if (sync_expect(c->sync_parent, SYNC_STDIO, &inside, err) < 0 || find_outside(c->pid, (uint32_t)inside, &outside, err) < 0 ||
		process_own_stdio(c, outside, err) < 0)
		return -1;
	return sync_send(c->sync_parent, SYNC_GO, 0, err);
}

/* The caller's part: it may write there when the child, undumpable and perhaps in a user namespace, may not. */
int namespaces_write_offsets(struct container *c, struct error *err)
{
	static const char *const clocks[OFFSET_CLOCKS] = {"monotonic", "boottime"};
	char path[64], text[160];
	int used = 0;
	for (int i = 0; i < OFFSET_CLOCKS; i++)
		used += snprintf(text + used, sizeof text - (size_t)used, "%s %lld %u\n", clocks[i], (long long)c->spec.offsets[i].seconds,
			c->spec.offsets[i].nanoseconds);
	snprintf(path, sizeof path, "/proc/%d/timens_offsets", (int)c->pid);
	if (sync_expect(c->sync_parent, SYNC_TIME, NULL, err) < 0)
		return -1;
	if (write_file_at(AT_FDCWD, path, text) < 0)
		return error_set(err, errno, "write linux.timeOffsets (would a clock be below 0?)");
	return sync_send(c->sync_parent, SYNC_GO, 0, err);
}

/* The child's part: made for our children, then entered. */
int namespaces_make_time(struct container *c, struct error *err)
{
	if (unshare(CLONE_NEWTIME) < 0)
		return error_set(err, errno, "make a time namespace");
	if (sync_send(c->sync_child, SYNC_TIME, 0, err) < 0 || sync_expect(c->sync_child, SYNC_GO, NULL, err) < 0)
		return -1;
	cleanup_close int fd = open("/proc/self/ns/time_for_children", O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWTIME) < 0)
		return error_set(err, errno, "enter the time namespace");
	return 0;
}

int namespaces_join(struct container *c, struct error *err)
{
	static const int order[] = {NS_IPC, NS_UTS, NS_NET, NS_TIME, NS_CGROUP, NS_MOUNT};
	for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
		int kind = order[i];
		if (c->namespace_fds[kind] >= 0 && setns(c->namespace_fds[kind], kinds[kind].flag) < 0)
			return error_set(err, errno, "join the %s namespace %s", kinds[kind].name, c->spec.namespaces[kind].path);
	}
	/* That took the working folder too, on which the root file system is put. */
	if (namespaces_has_old_mount(c) && chdir(c->spec.root) < 0)
		return error_set(err, errno, "open root.path %s in the mount namespace", c->spec.root);
	if (is_new(c, NS_CGROUP) && unshare(CLONE_NEWCGROUP) < 0)
		return error_set(err, errno, "make a cgroup namespace");
	return 0;
}

/* A new network namespace's own interface is down, and nobody but the runtime would think of it. */
int namespaces_loopback(struct container *c, struct error *err)
{
	if (!is_new(c, NS_NET))
		return 0;
	struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	cleanup_close int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	/* A kernel without IPv4 has no loopback to bring up. */
	if (fd < 0 && errno == EAFNOSUPPORT)
		return 0;
	return fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0 ? error_set(err, errno, "bring the loopback interface up") : 0;
}

int namespaces_names(struct container *c, struct error *err)
{
	const char *host = c->spec.hostname, *domain = c->spec.domainname;
	if (host && *host && sethostname(host, strlen(host)) < 0)
		return error_set(err, errno, "set the host name to %s", host);
	if (domain && *domain && setdomainname(domain, strlen(domain)) < 0)
		return error_set(err, errno, "set the domain name to %s", domain);
	return 0;
}
