/* hawser-init -- PROGRAM ARGS…: process 1 of a container started with --init. It passes signals on to the program, reaps whatever is
 * orphaned, and ends as the program ends. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Those stay ours: they tell of our own faults, of children, and of a terminal that is the program's. */
static const int kept[] = {SIGFPE, SIGILL, SIGSEGV, SIGBUS, SIGABRT, SIGTRAP, SIGSYS, SIGTTIN, SIGTTOU};

static void block_signals(sigset_t *waited, sigset_t *before)
{
	sigfillset(waited);
	for (unsigned i = 0; i < sizeof kept / sizeof *kept; i++)
		sigdelset(waited, kept[i]);
	sigprocmask(SIG_SETMASK, waited, before);
	/* To hand the terminal over, a process of the background must not be stopped. */
	signal(SIGTTIN, SIG_IGN);
	signal(SIGTTOU, SIG_IGN);
}

static void become(char *argv[], const sigset_t *mask)
{
	/* A group of its own, which the terminal's keys reach. */
	if (setpgid(0, 0) < 0 || (tcsetpgrp(0, getpgrp()) < 0 && errno != ENOTTY && errno != ENXIO && errno != EBADF))
		dprintf(2, "docker-init: process group: %s\n", strerror(errno));
	signal(SIGTTIN, SIG_DFL);
	signal(SIGTTOU, SIG_DFL);
	sigprocmask(SIG_SETMASK, mask, NULL);
	execvp(argv[0], argv);
	int code = errno;
	dprintf(2, "docker-init: exec %s: %s\n", argv[0], strerror(code));
	_exit(code == ENOENT ? 127 : 126);
}

/* Reaps all that have ended; the program's exit code once it is among them, else -1. */
static int reap(pid_t program)
{
	int status, code = -1;
	for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;)
		if (pid == program)
			code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	return code;
}

int main(int argc, char *argv[])
{
	sigset_t waited, before;
	char **words = argv + 1 + (argc > 1 && strcmp(argv[1], "--") == 0);
	if (!words[0]) {
		dprintf(2, "usage: docker-init [--] PROGRAM [ARG…]\n");
		return 1;
	}
	block_signals(&waited, &before);
	pid_t program = fork();
	if (program < 0) {
		dprintf(2, "docker-init: fork: %s\n", strerror(errno));
		return 1;
	}
	if (program == 0)
		become(words, &before);
	for (;;) {
		int signal_number = sigwaitinfo(&waited, NULL);
		int code = -1;
		if (signal_number == SIGCHLD)
			code = reap(program);
		else if (signal_number > 0)
			kill(program, signal_number);
		if (code >= 0)
			return code;
	}
}
