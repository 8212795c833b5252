/* A procfs of our own: every write to /proc goes through it, so that nothing that is mounted in the container can catch it. */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include "container.h"
#include "util.h"

bool procfs_is_needed(const struct container *c)
{
	const char *const labels[] = {c->process->apparmor, c->process->selinux};
	return (c->spec.sysctl.count && !c->launch.joins) || (labels[0] && *labels[0]) || (labels[1] && *labels[1]);
}

/* In a user namespace that shares its pids with the host, or masks parts of /proc, there can be no new one: then the one
 * that is there is taken, and looked at. Before the pivot that is the host's. */
static int open_existing(struct container *c)
{
	struct statfs fs;
	c->proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return c->proc_fd >= 0 && fstatfs(c->proc_fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC ? 0 : -1;
}

int procfs_open(struct container *c, struct error *err)
{
	cleanup_close int fs = fsopen("proc", FSOPEN_CLOEXEC);
	if (fs >= 0 && fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
		c->proc_fd = fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	if (c->proc_fd < 0 && errno == EPERM && c->spec.namespaces[NS_USER].wanted && open_existing(c) == 0)
		return 0;
	return c->proc_fd < 0 ? error_set(err, errno, "make a procfs") : 0;
}

int procfs_write(struct container *c, const char *path, const char *text)
{
	struct open_how how = {
		.flags = O_WRONLY | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	cleanup_close int fd = (int)syscall(SYS_openat2, c->proc_fd, path, &how, sizeof how);
	if (fd < 0)
		return -1;
	ssize_t n = write(fd, text, strlen(text));
	if (n >= 0 && (size_t)n != strlen(text))
		errno = EIO;
	return n == (ssize_t)strlen(text) ? 0 : -1;
}

/* Keys that belong to a namespace; everything else would change the host. */
static int namespace_of(const char *key)
{
	static const char *const ipc[] = {"kernel/msgmax", "kernel/msgmnb", "kernel/msgmni", "kernel/sem", "kernel/shmall", "kernel/shmmax",
		"kernel/shmmni", "kernel/shm_rmid_forced", "kernel/msg_next_id", "kernel/sem_next_id", "kernel/shm_next_id"};
	for (size_t i = 0; i < sizeof ipc / sizeof *ipc; i++)
		if (strcmp(ipc[i], key) == 0)
			return NS_IPC;
	if (strncmp(key, "fs/mqueue/", 10) == 0)
		return NS_IPC;
	if (strncmp(key, "net/", 4) == 0)
		return NS_NET;
	if (strcmp(key, "kernel/domainname") == 0)
		return NS_UTS;
	return -1;
}

/* "net.ipv4.ip_forward" to "net/ipv4/ip_forward"; with a '/' in it the key is in that form already. */
static bool key_path(const char *key, char *path, size_t room)
{
	if ((size_t)snprintf(path, room, "%s", key) >= room || !*key || *key == '.' || *key == '/')
		return false;
	bool slashes = strchr(key, '/');
	for (char *at = path; *at; at++) {
		bool good = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || (*at >= '0' && *at <= '9') || strchr("._-/", *at);
		if (!good)
			return false;
		if (*at == '.' && !slashes)
			*at = '/';
	}
	return !strstr(path, "//") && !strstr(path, "..");
}

int sysctl_check(struct container *c, struct error *err)
{
	for (size_t i = 0; i < c->spec.sysctl.count; i++) {
		const struct pair *pair = &c->spec.sysctl.list[i];
		char path[512];
		int kind = key_path(pair->key, path, sizeof path) ? namespace_of(path) : -1;
		if (strcmp(path, "kernel/hostname") == 0)
			return error_set(err, 0, "linux.sysctl.%s: hostname is the place for that", pair->key);
		if (kind < 0)
			return error_set(err, 0, "linux.sysctl.%s is not a key that belongs to a container", pair->key);
		if (kind == NS_UTS && c->spec.domainname && *c->spec.domainname && strcmp(c->spec.domainname, pair->value) != 0)
			return error_set(err, 0, "linux.sysctl.%s contradicts domainname", pair->key);
		if (!c->spec.namespaces[kind].wanted)
			return error_set(err, 0, "linux.sysctl.%s would change the host: the container has no namespace of its own for it",
				pair->key);
		if (strchr(pair->value, '\n'))
			return error_set(err, 0, "linux.sysctl.%s must be one line", pair->key);
	}
	return 0;
}

int sysctl_apply(struct container *c, struct error *err)
{
	for (size_t i = 0; i < c->spec.sysctl.count; i++) {
		const struct pair *pair = &c->spec.sysctl.list[i];
		char key[512], path[520];
		if (!key_path(pair->key, key, sizeof key))
			return error_set(err, 0, "linux.sysctl.%s is not a key", pair->key);
		snprintf(path, sizeof path, "sys/%s", key);
		if (procfs_write(c, path, pair->value) < 0)
			return error_set(err, errno, "write '%s' to sysctl %s", pair->value, pair->key);
	}
	return 0;
}
