#include "foreground.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "rights.h"
#include "util.h"
#include "verbs.h"

int foreground_open(struct foreground *foreground, struct container *c, struct error *err)
{
	sigset_t all;
	sigfillset(&all);
	/* Blocked from here on, so that none is lost; the child takes the default ones back before its program. */
	if (sigprocmask(SIG_BLOCK, &all, NULL) < 0 || (foreground->signals = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK)) < 0)
		return error_set(err, errno, "take the signals");
	if (!c->process->terminal || c->launch.console_socket)
		return 0;
	int pair[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return error_set(err, errno, "make a console socket");
	foreground->socket = pair[0];
	c->console_fd = pair[1];
	return 0;
}

static int receive_master(int socket)
{
	char name[64];
	size_t size = sizeof name;
	return rights_receive(socket, name, &size, MSG_DONTWAIT);
}

static void copy_size(int master)
{
	struct winsize size;
	if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0)
		ioctl(master, TIOCSWINSZ, &size);
}

static void become_raw(struct foreground *foreground)
{
	if (tcgetattr(STDIN_FILENO, &foreground->saved) < 0)
		return;
	struct termios raw = foreground->saved;
	cfmakeraw(&raw);
	foreground->raw = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
}

/* false: nothing more will come from there. */
static bool pass(int from, int to)
{
	char data[8192];
	ssize_t n = read(from, data, sizeof data);
	if (n < 0)
		return errno == EINTR || errno == EAGAIN;
	return n > 0 && write_all(to, data, (size_t)n) == 0;
}

static void take_signals(const struct foreground *foreground, int pidfd, int master)
{
	struct signalfd_siginfo info;
	while (read(foreground->signals, &info, sizeof info) == sizeof info) {
		int number = (int)info.ssi_signo;
		if (number == SIGWINCH && master >= 0)
			copy_size(master);
		else if (number != SIGCHLD && number != SIGPIPE && number != SIGURG)
			pidfd_send_signal(pidfd, number, NULL, 0);
	}
}

static void serve(struct foreground *foreground, int pidfd, int master)
{
	enum { PROCESS, SIGNALS, INPUT, OUTPUT };
	struct pollfd events[] = {
		{.fd = pidfd, .events = POLLIN},
		{.fd = foreground->signals, .events = POLLIN},
		{.fd = master >= 0 ? STDIN_FILENO : -1, .events = POLLIN},
		{.fd = master, .events = POLLIN},
	};
	for (;;) {
		if (poll(events, 4, -1) < 0 && errno != EINTR)
			return;
		if (events[SIGNALS].revents)
			take_signals(foreground, pidfd, master);
		if (events[INPUT].revents && !pass(STDIN_FILENO, master))
			events[INPUT].fd = -1;
		/* What the process wrote last is read before its end is believed. */
		if (events[OUTPUT].revents && pass(master, STDOUT_FILENO))
			continue;
		if (events[PROCESS].revents)
			return;
		if (events[OUTPUT].revents)
			events[OUTPUT].fd = -1;
	}
}

int foreground_wait(struct foreground *foreground, pid_t pid)
{
	cleanup_close int pidfd = pidfd_open(pid, 0);
	cleanup_close int master = foreground->socket >= 0 ? receive_master(foreground->socket) : -1;
	if (master >= 0) {
		copy_size(master);
		become_raw(foreground);
	}
	serve(foreground, pidfd, master);
	return wait_code(pid);
}

void foreground_finish(struct foreground *foreground)
{
	if (foreground->raw)
		tcsetattr(STDIN_FILENO, TCSANOW, &foreground->saved);
	if (foreground->signals >= 0)
		close(foreground->signals);
	if (foreground->socket >= 0)
		close(foreground->socket);
}
