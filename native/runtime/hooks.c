/* Hooks: programs of the caller, run at fixed points with the container's state on their stdin. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>

#include "container.h"
#include "state.h"
#include "util.h"

static void hook_child(const struct hook *hook, int input)
{
	/* Nothing of the container's: not its environment, not its folder, not its descriptors. */
	process_default_signals();
	int null = open("/dev/null", O_RDWR);
	if (dup2(input, 0) < 0 || (null >= 0 && dup2(null, 1) < 0) || chdir("/") < 0 || close_range(3, ~0u, CLOSE_RANGE_CLOEXEC) < 0)
		_exit(126);
	const char *fallback[] = {hook->path, NULL};
	execve(hook->path, (char *const *)(uintptr_t)(hook->args.count ? hook->args.list : fallback),
		(char *const *)(uintptr_t)hook->env.list);
	_exit(errno == ENOENT ? 127 : 126);
}

static int wait_for(const struct hook *hook, pid_t pid, struct error *err)
{
	cleanup_close int fd = pidfd_open(pid, 0);
	struct pollfd event = {.fd = fd, .events = POLLIN};
	int status = 0, ready = poll(&event, 1, hook->timeout ? hook->timeout * 1000 : -1);
	if (ready == 0)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (ready == 0)
		return error_set(err, 0, "hook %s did not end within %d s", hook->path, hook->timeout);
	if (WIFSIGNALED(status))
		return error_set(err, 0, "hook %s was ended by signal %d", hook->path, WTERMSIG(status));
	if (WEXITSTATUS(status) == 127)
		return error_set(err, 0, "hook %s: no such program, or it ended with 127", hook->path);
	return WEXITSTATUS(status) ? error_set(err, 0, "hook %s ended with %d", hook->path, WEXITSTATUS(status)) : 0;
}

static int run_one(const struct hook *hook, const char *text, struct error *err)
{
	int pipe_fds[2];
	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return error_set(err, errno, "hook %s", hook->path);
	pid_t pid = fork();
	if (pid == 0)
		hook_child(hook, pipe_fds[0]);
	close(pipe_fds[0]);
	if (pid < 0) {
		close(pipe_fds[1]);
		return error_set(err, errno, "hook %s", hook->path);
	}
	/* A hook need not read its state. The text is far smaller than a pipe, so this does not wait. */
	void (*before)(int) = signal(SIGPIPE, SIG_IGN);
	if (fcntl(pipe_fds[1], F_SETFL, O_NONBLOCK) == 0 && write_all(pipe_fds[1], text, strlen(text)) < 0 && errno != EPIPE)
		errno = 0;
	signal(SIGPIPE, before);
	close(pipe_fds[1]);
	return wait_for(hook, pid, err);
}

int hooks_run(struct container *c, int kind, const char *status, struct error *err)
{
	const struct hooks *hooks = &c->spec.hooks[kind];
	if (hooks->count == 0)
		return 0;
	cleanup_free char *text = state_text(c->id, status, c->pid, c->bundle, c->spec.annotations, NULL);
	for (size_t i = 0; text && i < hooks->count; i++)
		if (run_one(&hooks->list[i], text, err) < 0)
			return -1;
	return text ? 0 : error_set(err, ENOMEM, "hooks");
}
