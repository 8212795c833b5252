/* Hooks: programs of the caller, run at fixed points with the container's state on their stdin. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>

#include "container.h"
#include "state.h"
#include "util.h"

static const char *const names[HOOK_KINDS] = {"prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"};

static bool is_inside(int kind)
{
	return kind == HOOK_START_CONTAINER;
}

/* run.oci.hooks.stdout and .stderr, as crun has them: files of the caller's that get what hooks on the host's side say. */
static int open_output(const struct container *c, int kind, const char *key, int otherwise)
{
	const char *path = is_inside(kind) ? NULL : spec_annotation(&c->spec, key);
	return path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : otherwise;
}

/* Nothing of the container's: not its environment, not its descriptors. What runs inside of it gets nothing of the caller's. */
static void hook_child(const struct container *c, int kind, const struct hook *hook, int input, int errors)
{
	process_default_signals();
	int output = open_output(c, kind, "run.oci.hooks.stdout", open("/dev/null", O_RDWR));
	errors = open_output(c, kind, "run.oci.hooks.stderr", errors);
	if (dup2(input, 0) < 0 || (output >= 0 && dup2(output, 1) < 0) || dup2(errors, 2) < 0 ||
		close_range(3, ~0u, CLOSE_RANGE_CLOEXEC) < 0)
		_exit(126);
	if ((is_inside(kind) || chdir(c->bundle) < 0) && chdir("/") < 0)
		_exit(126);
	const char *fallback[] = {hook->path, NULL};
	bool inherits = !hook->has_env && !is_inside(kind);
	execve(hook->path, (char *const *)(uintptr_t)(hook->args.count ? hook->args.list : fallback),
		inherits ? environ : (char *const *)(uintptr_t)hook->env.list);
	_exit(errno == ENOENT ? 127 : 126);
}

/* What it had to say, as far as it goes into one line: the end is where programs say why. */
static const char *last_words(int errors, char *text, size_t room)
{
	off_t size = lseek(errors, 0, SEEK_END), from = size > (off_t)room - 3 ? size - ((off_t)room - 3) : 0;
	ssize_t n = size > 0 ? pread(errors, text + 2, room - 3, from) : 0;
	while (n > 0 && (text[n + 1] == '\n' || text[n + 1] == ' '))
		n--;
	if (n <= 0)
		return "";
	memcpy(text, ": ", 2);
	text[n + 2] = 0;
	for (char *at = text; *at; at++)
		if (*at == '\n')
			*at = ' ';
	return text;
}

static int wait_for(const char *kind, const struct hook *hook, pid_t pid, int errors, struct error *err)
{
	cleanup_close int fd = pidfd_open(pid, 0);
	struct pollfd event = {.fd = fd, .events = POLLIN};
	char text[512];
	int status = 0, ready = poll(&event, 1, hook->timeout ? hook->timeout * 1000 : -1);
	if (ready == 0)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (ready == 0)
		return error_set(err, 0, "%s hook did not end within %d s: %s", kind, hook->timeout, hook->path);
	if (WIFSIGNALED(status))
		return error_set(err, 0, "%s hook was ended by signal %d: %s", kind, WTERMSIG(status), hook->path);
	if (WEXITSTATUS(status))
		return error_set(err, 0, "%s hook failed with exit code %d: %s%s", kind, WEXITSTATUS(status), hook->path,
			WEXITSTATUS(status) == 127 ? " (is it there?)" : last_words(errors, text, sizeof text));
	return 0;
}

static void give_state(int fd, const char *text)
{
	/* A hook need not read its state. The text is far smaller than a pipe, so this does not wait. */
	void (*before)(int) = signal(SIGPIPE, SIG_IGN);
	if (fcntl(fd, F_SETFL, O_NONBLOCK) == 0 && write_all(fd, text, strlen(text)) < 0 && errno != EPIPE)
		errno = 0;
	signal(SIGPIPE, before);
	close(fd);
}

static int run_one(const struct container *c, int kind, const struct hook *hook, const char *text, struct error *err)
{
	int pipe_fds[2];
	cleanup_close int errors = memfd_create("hook", MFD_CLOEXEC);
	if (errors < 0 || pipe2(pipe_fds, O_CLOEXEC) < 0)
		return error_set(err, errno, "hook %s", hook->path);
	pid_t pid = fork();
	if (pid == 0)
		hook_child(c, kind, hook, pipe_fds[0], errors);
	close(pipe_fds[0]);
	if (pid < 0) {
		close(pipe_fds[1]);
		return error_set(err, errno, "hook %s", hook->path);
	}
	give_state(pipe_fds[1], text);
	return wait_for(names[kind], hook, pid, errors, err);
}

bool hooks_come_early(const struct container *c)
{
	const struct hooks *hooks = c->spec.hooks;
	return hooks[HOOK_PRESTART].count || hooks[HOOK_CREATE_RUNTIME].count || hooks[HOOK_CREATE_CONTAINER].count;
}

int hooks_run(struct container *c, int kind, const char *status, struct error *err)
{
	const struct hooks *hooks = &c->spec.hooks[kind];
	if (hooks->count == 0)
		return 0;
	cleanup_free char *text = state_text(c->id, status, c->pid, c->bundle, c->spec.annotations, NULL);
	for (size_t i = 0; text && i < hooks->count; i++) {
		if (run_one(c, kind, &hooks->list[i], text, err) == 0)
			continue;
		if (kind != HOOK_POSTSTOP)
			return -1;
		log_write(&c->options->log, LOG_WARNING, err->text);
	}
	return text ? 0 : error_set(err, ENOMEM, "hooks");
}
