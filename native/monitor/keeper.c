#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "util.h"

/* A monitor that crashes again and again is not started for ever. One that is killed by somebody is. */
#define MOST_CRASHES 5

/* Not fork(): the descriptors are to be the same ones, also those that are opened later. */
static pid_t spawn(void)
{
	return (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
}

/* Until the monitor has ended: its status. What its predecessors left to us is told to it. */
static int wait_for(const struct keeper *keeper, pid_t monitor)
{
	for (;;) {
		int status;
		pid_t pid = waitpid(-1, &status, __WALL);
		if (pid == monitor)
			return status;
		const struct keeper_end end = {pid, status};
		if (pid > 0 && write(keeper->ends_in, &end, sizeof end) < 0)
			errno = 0;
		if (pid < 0 && errno != EINTR)
			return 0;
	}
}

/* Whether another one is to be started. */
static bool goes_on(struct keeper *keeper, int status)
{
	if (!WIFSIGNALED(status))
		return false;
	keeper->crashes = WTERMSIG(status) == SIGKILL ? 0 : keeper->crashes + 1;
	return keeper->crashes < MOST_CRASHES;
}

static int share(void *shared, size_t size)
{
	return mmap(shared, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == shared ? 0 : -1;
}

int keeper_begin(struct keeper *keeper, void *shared, size_t size, struct error *err)
{
	int ends[2];
	sigset_t all;
	if (share(shared, size) < 0 || pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		return error_set(err, errno, "begin to keep");
	*keeper = (struct keeper){.pid = getpid(), .ends = ends[0], .ends_in = ends[1]};
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	for (;;) {
		pid_t monitor = spawn();
		if (monitor <= 0)
			return monitor < 0 ? error_set(err, errno, "fork") : 0;
		int status = wait_for(keeper, monitor);
		if (!goes_on(keeper, status))
			_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 125);
		keeper->successors++;
	}
}
