#include "detach.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

#include "util.h"

static int fork_away(struct error *err)
{
	pid_t pid = fork();
	if (pid < 0)
		return error_set(err, errno, "fork");
	if (pid > 0)
		_exit(0);
	return 0;
}

int detach(struct error *err)
{
	/* First of all: a hang-up of the terminal must not find us between two steps. */
	signal(SIGHUP, SIG_IGN);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null >= 0)
		null = fcntl(null, F_DUPFD_CLOEXEC, ANSWER_FD);
	if (null < 0)
		return error_set(err, errno, "open /dev/null");
	for (int fd = 0; fd <= 2; fd++)
		if (dup2(null, fd) < 0)
			return error_set(err, errno, "descriptor %d", fd);
	if (close_range(ANSWER_FD + 1, ~0U, 0) < 0)
		return error_set(err, errno, "close_range");
	/* Started without a pipe, the number stays taken by /dev/null. */
	if (null != ANSWER_FD && fcntl(ANSWER_FD, F_SETFD, FD_CLOEXEC) < 0)
		return error_set(err, errno, "descriptor %d", ANSWER_FD);
	umask(077);
	if (fork_away(err) < 0)
		return -1;
	/* The leader of the session becomes the keeper; the monitor is its child, so that no terminal that it opens can become its own. */
	return setsid() < 0 ? error_set(err, errno, "setsid") : 0;
}

static bool answered;

void answer_nobody(void)
{
	answered = true;
}

void answer(const char *text, size_t size)
{
	if (answered)
		return;
	answered = true;
	/* A launcher that is gone is no reason to stop. */
	if (write_all(ANSWER_FD, text, size) < 0)
		errno = 0;
	close(ANSWER_FD);
}
