#include "job.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include "loop.h"
#include "util.h"

/* A program may end before we know its pid from the runtime: the last few ends of unknown children are kept. */
#define ORPHANS 64

static struct watch signals = {.fd = -1};
static struct job *jobs;
static struct child *children;
static struct {
	pid_t pid;
	int status;
	int64_t at;
} orphans[ORPHANS];
static unsigned next_orphan;
static char old_oom_score[16];
static sigset_t old_mask;
static void (*terminate)(void);

static void read_stderr(struct job *job)
{
	if (job->stderr_fd < 0)
		return;
	ssize_t n = read(job->stderr_fd, job->text, sizeof job->text - 1);
	job->text[n > 0 ? n : 0] = 0;
	close(job->stderr_fd);
	job->stderr_fd = -1;
}

static bool end_job(pid_t pid, int status)
{
	for (struct job **at = &jobs; *at; at = &(*at)->next)
		if ((*at)->pid == pid) {
			struct job *job = *at;
			*at = job->next;
			job->pid = 0;
			read_stderr(job);
			job->done(job, status);
			return true;
		}
	return false;
}

static bool end_child(pid_t pid, int status)
{
	for (struct child *child = children; child; child = child->next)
		if (child->pid == pid) {
			child_forget(child);
			child->ended(child, status);
			return true;
		}
	return false;
}

void child_was_reaped(pid_t pid, int status)
{
	if (end_job(pid, status) || end_child(pid, status))
		return;
	orphans[next_orphan].pid = pid;
	orphans[next_orphan].status = status;
	orphans[next_orphan].at = monotonic_ns();
	next_orphan = (next_orphan + 1) % ORPHANS;
}

static void signals_ready(struct watch *watch, uint32_t events)
{
	struct signalfd_siginfo info;
	int status;
	(void)events;
	while (read(watch->fd, &info, sizeof info) == sizeof info)
		if (info.ssi_signo == SIGTERM)
			terminate();
	for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG | __WALL)) > 0;)
		child_was_reaped(pid, status);
}

static void read_oom_score(void)
{
	cleanup_close int fd = open("/proc/self/oom_score_adj", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, old_oom_score, sizeof old_oom_score - 1);
	old_oom_score[n > 0 ? n : 0] = 0;
}

void spare_from_oom(void)
{
	read_oom_score();
	/* Without the privilege we go on. */
	write_file_at(AT_FDCWD, "/proc/self/oom_score_adj", "-900");
}

int jobs_init(void (*on_term)(void), struct error *err)
{
	static const int ignored[] = {SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGTSTP, SIGTTIN, SIGTTOU, SIGUSR1, SIGUSR2, SIGALRM};
	sigset_t mask;
	for (unsigned i = 0; i < sizeof ignored / sizeof *ignored; i++)
		signal(ignored[i], SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&mask);
	sigaddset(&mask, SIGCHLD);
	sigaddset(&mask, SIGTERM);
	terminate = on_term;
	sigprocmask(SIG_SETMASK, &mask, NULL);
	sigemptyset(&old_mask);
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		return error_set(err, errno, "become a subreaper");
	signals.ready = signals_ready;
	int fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return error_set(err, errno, "signalfd");
	return watch_add(&signals, fd, EPOLLIN, err);
}

/* In the child: nothing of ours stays. Descriptors close by themselves (O_CLOEXEC). */
static void become(const char *const argv[], const int fds[3])
{
	static const char *const environment[] = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", NULL};
	int kept[3];
	for (int i = 0; i < 3; i++)
		if ((kept[i] = fcntl(fds[i], F_DUPFD, 3)) < 0)
			_exit(126);
	for (int i = 0; i < 3; i++)
		if (dup2(kept[i], i) < 0)
			_exit(126);
	for (int i = 0; i < 3; i++)
		close(kept[i]);
	for (int i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	if (*old_oom_score)
		write_file_at(AT_FDCWD, "/proc/self/oom_score_adj", old_oom_score);
	sigprocmask(SIG_SETMASK, &old_mask, NULL);
	if (chdir("/") == 0)
		execve(argv[0], (char *const *)(uintptr_t)argv, (char *const *)(uintptr_t)environment);
	dprintf(2, "%s: %s\n", argv[0], strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

int job_start(struct job *job, const char *const argv[], const int fds[3], struct error *err)
{
	cleanup_close int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	cleanup_close int reader = -1, writer = -1;
	int ends[2], used[3];
	for (int i = 0; i < 3; i++)
		used[i] = fds && fds[i] >= 0 ? fds[i] : null;
	if (!fds || fds[2] < 0) {
		if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
			return error_set(err, errno, "pipe");
		reader = ends[0];
		used[2] = writer = ends[1];
	}
	job->text[0] = 0;
	/* `job` is in pages that the child shares: it must not write there. */
	pid_t pid = fork();
	if (pid < 0)
		return error_set(err, errno, "fork for %s", argv[0]);
	if (pid == 0)
		become(argv, used);
	job->pid = pid;
	job->stderr_fd = steal_fd(&reader);
	job->next = jobs;
	jobs = job;
	return 0;
}

static void unquote(char *text)
{
	char *out = text;
	for (; *text && *text != '"'; text++) {
		if (*text == '\\' && text[1])
			text++;
		*out++ = *text;
	}
	*out = 0;
}

void job_last_line(struct job *job)
{
	char *text = job->text, *end = text + strlen(text);
	while (end > text && (end[-1] == '\n' || end[-1] == ' '))
		*--end = 0;
	char *line = strrchr(text, '\n');
	line = line ? line + 1 : text;
	char *message = strstr(line, " msg=\"");
	if (message)
		unquote(line = message + 6);
	memmove(text, line, strlen(line) + 1);
}

void child_expect(struct child *child, pid_t pid, int64_t since, void (*ended)(struct child *child, int status))
{
	child->pid = pid;
	child->ended = ended;
	for (unsigned i = 0; i < ORPHANS; i++)
		if (orphans[i].pid == pid && orphans[i].at >= since) {
			orphans[i].pid = 0;
			child->ended(child, orphans[i].status);
			return;
		}
	child->next = children;
	children = child;
}

void child_forget(struct child *child)
{
	for (struct child **at = &children; *at; at = &(*at)->next)
		if (*at == child) {
			*at = child->next;
			return;
		}
}

void run_detached(const char *const argv[])
{
	const int fds[3] = {open("/dev/null", O_RDWR | O_CLOEXEC), 0, 0};
	if (fork() != 0)
		return;
	setsid();
	become(argv, (int[]){fds[0], fds[0], fds[0]});
}

int exit_code_of(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int signal_of(int status)
{
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}
