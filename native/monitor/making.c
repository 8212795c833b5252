/* A container comes into being: streams, runtime, network; then its launcher hears of it. */
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>

#include "clock.h"
#include "detach.h"
#include "journal.h"
#include "life.h"
#include "util.h"

#define PID_FILE "init.pid"

void close_child_fds(struct monitor *m)
{
	for (int i = 0; i < 3; i++) {
		if (m->child_fds[i] >= 0)
			close(m->child_fds[i]);
		m->child_fds[i] = -1;
	}
}

static int open_streams(struct monitor *m, struct error *err)
{
	if (m->plan.tty)
		return console_open(&m->console, m->folder, 0, err);
	return streams_open_pipes(&m->streams, m->plan.stdin_open, m->child_fds, err);
}

void give_up(struct monitor *m, int code, const char *text)
{
	set_error(m, code, text);
	m->finished_at = wall_ns();
	clean(m);
}

void begin_create(struct monitor *m)
{
	char pid_file[PATH_MAX + 16];
	struct error err;
	timer_cancel(&m->timer);
	m->state = CREATING;
	m->error[0] = 0;
	m->error_code = m->exit_code = m->signal = 0;
	m->oom = m->unseen = m->ran = m->died = m->manual = m->final = m->stop_asked = m->stop_next = m->input_owned = false;
	m->created_ns = monotonic_ns();
	if (open_streams(m, &err) < 0) {
		give_up(m, 125, err.text);
		return;
	}
	snprintf(pid_file, sizeof pid_file, "%s/" PID_FILE, m->folder);
	const char *const words[] = {"create", "--bundle", m->plan.bundle, "--pid-file", pid_file,
		m->plan.tty ? "--console-socket" : m->plan.id, m->plan.tty ? m->console.path : NULL, m->plan.id, NULL};
	run_step(&m->job, m->plan.tty ? NULL : m->child_fds, words);
}

static pid_t read_pid_file(const char *name, struct error *err)
{
	uint64_t pid;
	cleanup_free char *text = read_file_at(AT_FDCWD, name, 64, NULL, err);
	unlink(name);
	if (!text)
		return -1;
	text[strcspn(text, "\n")] = 0;
	if (!parse_u64(text, INT32_MAX, &pid) || pid < 2)
		return error_set(err, 0, "the runtime left no pid");
	return (pid_t)pid;
}

void init_ended(struct child *child, int status)
{
	struct monitor *m = container_of(child, struct monitor, init);
	orphan_forget(&m->orphan);
	m->wait_status = status;
	happen(m, DIED);
}

void oom_happened(struct oom *oom)
{
	struct monitor *m = container_of(oom, struct monitor, oom_watch);
	m->oom = true;
	m->stats.flags |= SAMPLE_OOM;
	journal_event(&m->plan, "oom", NULL);
	announce(m);
}

static int take_process(struct monitor *m, struct error *err)
{
	m->pid = read_pid_file(PID_FILE, err);
	if (m->pid < 0)
		return -1;
	m->pid_start = process_start_time(m->pid);
	m->pidfd = (int)syscall(SYS_pidfd_open, m->pid, 0);
	if (!m->plan.tty) {
		streams_update(&m->streams);
		return 0;
	}
	int terminal = console_receive(&m->console, err);
	return terminal < 0 ? -1 : streams_open_tty(&m->streams, terminal, m->plan.rows, m->plan.cols, err);
}

static void created(struct monitor *m)
{
	m->state = CREATED;
	if (m->stop_next) {
		stop_unstarted(m);
		return;
	}
	if (m->start_next) {
		begin_start(m);
		return;
	}
	announce(m);
	char text[64];
	struct fields_writer writer = {text, sizeof text, 0, false};
	fields_put(&writer, "ok", "created");
	fields_put(&writer, "pid", "%d", (int)m->pid);
	answer(text, writer.used);
	m->answered = true;
	timer_set(&m->timer, ABANDONED_TIME);
}

void on_made(struct monitor *m)
{
	struct error err;
	close_child_fds(m);
	if (take_process(m, &err) < 0) {
		give_up(m, 125, err.text);
		return;
	}
	oom_follow(&m->oom_watch, m->plan.cgroup, oom_happened);
	m->state = WIRING;
	child_expect(&m->init, m->pid, m->created_ns, init_ended);
	m->has_network = m->plan.net;
	if (m->plan.net)
		run_net_up(m, &m->job, m->pid);
	else
		happen(m, DONE);
}

void on_not_made(struct monitor *m)
{
	/* With pipes the runtime's words went where the program's would go. */
	close_child_fds(m);
	if (!m->plan.tty)
		streams_read_rest(&m->streams, m->job.text, sizeof m->job.text);
	job_last_line(&m->job);
	const char *text = m->job.text[0] ? m->job.text : "the runtime could not create the container and did not say why";
	give_up(m, code_of_words(text), text);
}

void note_death(struct monitor *m)
{
	m->died = true;
}

void on_wired(struct monitor *m)
{
	struct error err;
	stats_follow(&m->stats, m->plan.cgroup, m->pid);
	if (m->died)
		give_up(m, 125, "the container's first process was killed before it was started");
	else if (ports_take(&m->ports, &err) < 0)
		give_up(m, 125, err.text);
	else {
		if (m->has_network)
			guard_follow(&m->guard, m->plan.net, m->plan.net_plan, m->pid);
		created(m);
	}
}

void on_helper_failed(struct monitor *m)
{
	const char *text = m->job.text[0] ? m->job.text : "a helper failed and did not say why";
	give_up(m, m->state == STARTING ? code_of_words(text) : 125, text);
}
