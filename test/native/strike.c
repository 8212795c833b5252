/* Runs a command and kills it, it alone, when it makes its Nth system call.
 *   strike N COMMAND [ARGUMENT]…
 * Ends with 137 when it was killed, with the command's own code when it ended before. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int status;
	if (argc < 3)
		return 2;
	pid_t pid = fork();
	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL | PTRACE_O_TRACEEXEC);
	/* Each call stops twice: the kill is before it is made, or after. */
	for (int left = atoi(argv[1]), signal = 0; left > 0; signal = 0) {
		ptrace(PTRACE_SYSCALL, pid, 0, signal);
		if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
			return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
		if (WSTOPSIG(status) == (SIGTRAP | 0x80))
			left--;
		else if (status >> 16 == 0)
			signal = WSTOPSIG(status);
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return 137;
}
