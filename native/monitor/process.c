#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>

#include "client.h"
#include "monitor.h"
#include "util.h"

/* For output after the process's end, which its own children may hold open for ever. */
#define DRAIN_TIME (500 * MS)

static void pid_file_name(const struct process *process, char name[32])
{
	snprintf(name, 32, "exec.%u.pid", process->number);
}

/* What only the runtime needed. */
static void forget_start(struct process *process)
{
	char name[32];
	pid_file_name(process, name);
	unlink(name);
	for (int i = 0; i < 3; i++) {
		if (process->child_fds[i] >= 0)
			close(process->child_fds[i]);
		process->child_fds[i] = -1;
	}
}

static void drain_time_over(struct timer *timer)
{
	struct process *process = container_of(timer, struct process, timer);
	if (streams_is_held(&process->streams))
		timer_set(timer, DRAIN_TIME);
	else
		process->owner->finished(process);
}

static void output_drained(struct streams *streams)
{
	struct process *process = container_of(streams, struct process, streams);
	if (!process->ended || !process->timer.armed)
		return;
	timer_cancel(&process->timer);
	process->owner->finished(process);
}

static void process_ended(struct child *child, int status)
{
	struct process *process = container_of(child, struct process, child);
	process->ended = true;
	process->exit_code = exit_code_of(status);
	process->signal = signal_of(status);
	if (streams_is_drained(&process->streams))
		process->owner->finished(process);
	else
		timer_set(&process->timer, DRAIN_TIME);
}

static int take_process(struct process *process, struct error *err)
{
	char name[32];
	uint64_t pid;
	pid_file_name(process, name);
	cleanup_free char *text = read_file_at(AT_FDCWD, name, 64, NULL, err);
	if (!text)
		return -1;
	text[strcspn(text, "\n")] = 0;
	if (!parse_u64(text, INT32_MAX, &pid) || pid < 2)
		return error_set(err, 0, "the runtime left no pid");
	process->pid = (pid_t)pid;
	if (!process->tty)
		return 0;
	int terminal = console_receive(process->console, err);
	free(process->console);
	process->console = NULL;
	return terminal < 0 ? -1 : streams_open_tty(&process->streams, terminal, process->rows, process->cols, err);
}

static void runtime_done(struct job *job, int status)
{
	struct process *process = container_of(job, struct process, job);
	struct error err;
	if (status != 0) {
		if (!process->tty)
			streams_read_rest(&process->streams, job->text, sizeof job->text);
		forget_start(process);
		job_last_line(job);
		process->owner->failed(process, code_of_words(job->text),
			job->text[0] ? job->text : "the runtime could not run the process and did not say why");
		return;
	}
	int result = take_process(process, &err);
	forget_start(process);
	if (result < 0) {
		process->owner->failed(process, 125, err.text);
		return;
	}
	process->owner->started(process);
	streams_update(&process->streams);
	child_expect(&process->child, process->pid, process->began, process_ended);
}

void process_init(struct process *process)
{
	static unsigned last_number;
	process->number = ++last_number;
	process->child_fds[0] = process->child_fds[1] = process->child_fds[2] = -1;
	process->job.done = runtime_done;
	process->timer.fire = drain_time_over;
	streams_init(&process->streams, NULL, process->tty, output_drained);
}

static int open_streams(struct process *process, bool input, struct error *err)
{
	if (!process->tty)
		return streams_open_pipes(&process->streams, input, process->child_fds, err);
	process->console = calloc(1, sizeof *process->console);
	return process->console ? console_open(process->console, monitor.folder, process->number, err) : error_set(err, ENOMEM, "console");
}

int process_begin(struct process *process, const char *file, bool input, struct error *err)
{
	char name[32], pid_file[PATH_MAX + 40];
	pid_file_name(process, name);
	snprintf(pid_file, sizeof pid_file, "%s/%s", monitor.folder, name);
	const char *words[] = {"exec", "--detach", "--process", file, "--pid-file", pid_file,
		process->tty ? "--console-socket" : monitor.plan.id, NULL, NULL, NULL};
	if (open_streams(process, input, err) < 0)
		return -1;
	if (process->tty) {
		words[7] = process->console->path;
		words[8] = monitor.plan.id;
	}
	process->began = monotonic_ns();
	return run_runtime(&process->job, process->tty ? NULL : process->child_fds, words, err);
}

void process_signal(struct process *process, int signal)
{
	/* Neither is reaped before we hear of it: the pid is still its own. */
	if (process->job.pid)
		kill(process->job.pid, SIGKILL);
	else if (process->pid && !process->ended)
		kill(process->pid, signal);
}

void process_end(struct process *process)
{
	/* The helper will find the container gone. */
	if (process->job.pid)
		return;
	if (!process->ended) {
		process->exit_code = 128 + SIGKILL;
		process->signal = SIGKILL;
	}
	process->ended = true;
	timer_cancel(&process->timer);
	child_forget(&process->child);
	process->owner->finished(process);
}

void process_free(struct process *process)
{
	forget_start(process);
	timer_cancel(&process->timer);
	child_forget(&process->child);
	clients_leave(&process->streams);
	streams_close(&process->streams);
	if (process->console)
		console_close(process->console);
	free(process->console);
	process->console = NULL;
}
