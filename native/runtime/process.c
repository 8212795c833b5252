/* What becomes of the child before it is the program: limits, working folder, ids, capabilities. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "caps.h"
#include "container.h"
#include "sync.h"
#include "target.h"
#include "util.h"

int process_keyring(struct container *c, struct error *err)
{
	/* Without a name: a keyring with one could be joined by whoever knows it. */
	if (c->launch.no_new_keyring)
		return 0;
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 && errno != ENOSYS)
		return error_set(err, errno, "make a session keyring (raise kernel.keys.maxkeys?)");
	return 0;
}

int process_rlimits(const struct container *c, pid_t pid, struct error *err)
{
	for (size_t i = 0; i < c->process->rlimit_count; i++) {
		const struct rlimit_rule *rule = &c->process->rlimits[i];
		struct rlimit limit = {rule->soft, rule->hard};
		if (prlimit(pid, (__rlimit_resource_t)rule->resource, &limit, NULL) < 0)
			return error_set(err, errno, "process.rlimits[%zu]: set %llu:%llu", i, (unsigned long long)rule->soft,
				(unsigned long long)rule->hard);
	}
	return 0;
}

int process_limits(struct container *c, struct error *err)
{
	bool from_outside = namespaces_has_new_user(c) && !c->launch.joins;
	if (!from_outside && process_rlimits(c, 0, err) < 0)
		return -1;
	if (c->spec.personality.set && personality((unsigned long)c->spec.personality.value) < 0)
		return error_set(err, errno, "set the personality");
	return scheduling_apply(c, err);
}

int process_own_stdio(const struct container *c, uid_t owner, struct error *err)
{
	for (int fd = 0; fd < 3; fd++) {
		struct stat st;
		/* Pipes are made for the program. Files and terminals are somebody's. */
		if (fstat(fd, &st) < 0 || !S_ISFIFO(st.st_mode) || st.st_uid == owner)
			continue;
		/* An ordinary user may be handed what is not its own to give. */
		if (fchown(fd, owner, (gid_t)-1) < 0 && !c->launch.rootless)
			return error_set(err, errno, "give descriptor %d of container %s to its user", fd, c->id);
	}
	return 0;
}

int process_stdio(struct container *c, struct error *err)
{
	if (c->terminal_fd >= 0)
		return 0;
	if (!c->spec.namespaces[NS_USER].wanted || c->launch.inside)
		return process_own_stdio(c, c->process->uid, err);
	/* Inodes whose owner has no id here can be given away from outside only. */
	if (sync_send(c->sync_child, SYNC_STDIO, (int)c->process->uid, err) < 0)
		return -1;
	return sync_expect(c->sync_child, SYNC_GO, NULL, err);
}

/* The folder is opened while we may, without links that lead through a process's descriptors, and made when it is missing. */
int process_cwd(struct container *c, struct error *err)
{
	const char *cwd = c->process->cwd;
	c->cwd_fd = open_in_root(c->rootfs, cwd, O_PATH | O_DIRECTORY, 0);
	if (c->cwd_fd < 0 && errno == ENOENT && !c->launch.joins)
		c->cwd_fd = target_open(c->rootfs, cwd, TARGET_DIRECTORY, 0755, NULL, err);
	else if (c->cwd_fd < 0)
		return error_set(err, errno, "process.cwd %s", cwd);
	return c->cwd_fd < 0 ? error_wrap(err, "process.cwd") : 0;
}

/* A working folder that has no path from "/" lies outside: the kernel then says "(unreachable)". */
static int enter_cwd(struct container *c, struct error *err)
{
	char path[PATH_MAX];
	if (fchdir(c->cwd_fd) < 0)
		return error_set(err, errno, "process.cwd %s", c->process->cwd);
	if (syscall(SYS_getcwd, path, sizeof path) < 0 || path[0] != '/')
		return error_set(err, 0, "process.cwd %s is outside of the container", c->process->cwd);
	close(steal_fd(&c->cwd_fd));
	return 0;
}

void process_default_signals(void)
{
	sigset_t none;
	sigemptyset(&none);
	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static int set_groups(const struct container *c, struct error *err)
{
	const struct process *process = c->process;
	if (process->keeps_groups && process->group_count == 0)
		return 0;
	if (syscall(SYS_setgroups, process->group_count, process->groups) == 0)
		return 0;
	/* A user who mapped but the own id had to give up the right; the groups have no ids inside, so none of them shows. */
	if (errno == EPERM && c->launch.rootless && process->group_count == 0)
		return 0;
	return error_set(err, errno, "set %zu additional groups", process->group_count);
}

static int set_ids(const struct container *c, struct error *err)
{
	const struct process *process = c->process;
	if (set_groups(c, err) < 0)
		return -1;
	if (setresgid(process->gid, process->gid, process->gid) < 0)
		return error_set(err, errno, "set group id %u", process->gid);
	if (setresuid(process->uid, process->uid, process->uid) < 0)
		return error_set(err, errno, "set user id %u", process->uid);
	return 0;
}

int process_identity(struct container *c, struct error *err)
{
	struct process *process = c->process;
	process_default_signals();
	if (enter_cwd(c, err) < 0 || caps_bound(process, err) < 0)
		return -1;
	/* Only seccomp without no_new_privs needs privilege, so there it is loaded before that goes. */
	if (!process->no_new_privileges && filter_load(c, err) < 0)
		return -1;
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		return error_set(err, errno, "keep capabilities");
	if (set_ids(c, err) < 0)
		return -1;
	if (prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) < 0)
		return error_set(err, errno, "keep capabilities");
	if (caps_apply(process, err) < 0)
		return -1;
	umask(process->umask.set ? (mode_t)process->umask.value : 0022);
	if (process->no_new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return error_set(err, errno, "set no_new_privs");
	/* A listener is handed over while the caller is there to do it. */
	return process->no_new_privileges && listener_is_wanted(c) ? filter_load(c, err) : 0;
}

static const char *env_get(const struct process *process, const char *key)
{
	size_t length = strlen(key);
	for (size_t i = process->env.count; i-- > 0;)
		if (strncmp(process->env.list[i], key, length) == 0 && process->env.list[i][length] == '=')
			return process->env.list[i] + length + 1;
	return NULL;
}

static int exec_fail(struct error *err, int code, const char *name)
{
	static const struct {
		int code, exit;
		const char *words;
	} table[] = {
		{ENOENT, EXEC_MISSING, "no such file or directory"},
		{ENOTDIR, EXEC_REFUSED, "not a directory"},
		{EACCES, EXEC_REFUSED, "permission denied"},
		{EPERM, EXEC_REFUSED, "operation not permitted"},
		{EISDIR, EXEC_REFUSED, "is a directory: permission denied"},
		{ENOEXEC, EXEC_REFUSED, "exec format error"},
		{ELOOP, EXEC_REFUSED, "too many levels of symbolic links"},
		{0, EXEC_MISSING, "executable file not found in $PATH"},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (table[i].code == code) {
			error_set(err, 0, "exec: \"%s\": %s", name, table[i].words);
			err->code = table[i].exit;
			return -1;
		}
	error_set(err, code, "exec: \"%s\"", name);
	err->code = EXEC_REFUSED;
	return -1;
}

/* A filter that does not let us look: then execve() must tell. */
static bool is_filtered(int code)
{
	return code == EPERM || code == ENOSYS;
}

/* 0 when it is a file that we may run, else the errno. access() asks for the real ids, which are the effective ones; it is
 * older than its kin, so that every filter knows it. */
static int check_program(const char *path)
{
	struct stat st;
	if (stat(path, &st) < 0)
		return is_filtered(errno) ? 0 : errno;
	if (S_ISDIR(st.st_mode))
		return EISDIR;
	return access(path, X_OK) < 0 && !is_filtered(errno) ? errno : 0;
}

int process_find(struct container *c, const char **path, struct error *err)
{
	const char *name = c->process->args.list[0];
	if (!*name)
		return exec_fail(err, 0, name);
	if (strchr(name, '/')) {
		int code = check_program(name);
		*path = name;
		if (code == ENOENT) {
			error_set(err, 0, "exec: \"%s\": stat %s: no such file or directory", name, name);
			err->code = EXEC_MISSING;
			return -1;
		}
		return code ? exec_fail(err, code, name) : 0;
	}
	const char *list = env_get(c->process, "PATH");
	int denied = 0;
	for (const char *at = list; at; at = strchr(at, ':') ? strchr(at, ':') + 1 : NULL) {
		int length = (int)strcspn(at, ":");
		*path = arena_print(&c->spec.arena, "%.*s%s%s", length, at, length ? "/" : "./", name);
		int code = check_program(*path);
		if (code == 0)
			return 0;
		if (code == EACCES)
			denied = code;
	}
	return exec_fail(err, denied, name);
}

/* The program's name is looked up again by the kernel; between the two it is the container that could have changed it. */
int process_exec(struct container *c, struct error *err)
{
	const char *path = NULL;
	if (process_find(c, &path, err) < 0)
		return -1;
	if (c->process->no_new_privileges && !listener_is_wanted(c) && filter_load(c, err) < 0)
		return -1;
	execve(path, (char *const *)(uintptr_t)c->process->args.list, (char *const *)(uintptr_t)c->process->env.list);
	return exec_fail(err, errno, path);
}
