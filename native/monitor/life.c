/* The life of a container: one table of what follows from which event in which state. */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>

#include "cgroup.h"
#include "clock.h"
#include "detach.h"
#include "journal.h"
#include "monitor.h"
#include "record.h"
#include "session.h"
#include "util.h"

#define DRAIN_TIME (2 * SECOND)
#define LINGER_TIME (10 * SECOND)
/* A container that was made for a client which never came to start it. */
#define ABANDONED_TIME (30 * SECOND)
/* Docker's: 100 ms, doubled each time up to a minute; a run of 10 s makes it 100 ms again. */
#define BACKOFF_FIRST (100 * MS)
#define BACKOFF_MOST (60 * SECOND)
#define BACKOFF_RESET (10 * SECOND)
#define PID_FILE "init.pid"

static void begin_create(struct monitor *m);
static void begin_start(struct monitor *m);
static void clean(struct monitor *m);
static void end(struct monitor *m);

/* Helpers */

static void job_done(struct job *job, int status)
{
	struct monitor *m = container_of(job, struct monitor, job);
	job_last_line(job);
	happen(m, status == 0 ? DONE : FAILED);
}

/* The runtime's command line: program, its own arguments, --root, then up to nine words. */
int run_runtime(struct job *job, const int fds[3], const char *const words[], struct error *err)
{
	const struct plan *plan = &monitor.plan;
	const char *argv[64];
	size_t n = 0;
	argv[n++] = plan->runtime;
	for (const char **arg = plan->runtime_args; arg && *arg && n < 40; arg++)
		argv[n++] = *arg;
	argv[n++] = "--root";
	argv[n++] = plan->runtime_root;
	while (*words)
		argv[n++] = *words++;
	argv[n] = NULL;
	return job_start(job, argv, fds, err);
}

/* A helper that cannot even be started is one that failed. */
static void not_run(struct job *job, const struct error *err)
{
	snprintf(job->text, sizeof job->text, "%.500s", err->text);
	job->done(job, 125 << 8);
}

static void run_step(struct job *job, const int fds[3], const char *const words[])
{
	struct error err;
	if (run_runtime(job, fds, words, &err) < 0)
		not_run(job, &err);
}

static void run_net(struct monitor *m, struct job *job, const char *verb, const char *pid)
{
	const char *const argv[] = {m->plan.net, verb, m->plan.net_plan, pid, NULL};
	struct error err;
	if (job_start(job, argv, NULL, &err) < 0)
		not_run(job, &err);
}

static void close_child_fds(struct monitor *m)
{
	for (int i = 0; i < 3; i++) {
		if (m->child_fds[i] >= 0)
			close(m->child_fds[i]);
		m->child_fds[i] = -1;
	}
}

static void set_error(struct monitor *m, int code, const char *text)
{
	m->error_code = code;
	snprintf(m->error, sizeof m->error, "%.*s", (int)strcspn(text, "\n"), text);
	m->exit_code = code;
}

int code_of_words(const char *text)
{
	bool exec = strcasestr(text, "exec");
	if (strcasestr(text, "not found in $PATH") || (exec && strcasestr(text, "no such file or directory")))
		return 127;
	if (exec && (strcasestr(text, "permission denied") || strcasestr(text, "is a directory") || strcasestr(text, "exec format error")))
		return 126;
	return 125;
}

static int signal_init(struct monitor *m, int signal)
{
	return m->pidfd < 0 ? -1 : (int)syscall(SYS_pidfd_send_signal, m->pidfd, signal, NULL, 0);
}

static void kill_with_event(struct monitor *m, int signal)
{
	char number[8];
	snprintf(number, sizeof number, "%d", signal);
	if (signal_init(m, signal) == 0)
		journal_event(&m->plan, "kill", (struct attribute[]){{"signal", number}, {0}});
}

/* Creating */

static void output_drained(struct stdio *stdio)
{
	happen(container_of(stdio, struct monitor, stdio), DRAINED);
}

static int open_streams(struct monitor *m, struct error *err)
{
	stdio_init(&m->stdio, &m->log, false, output_drained);
	if (m->plan.tty)
		return console_open(&m->console, m->folder, 0, err);
	return stdio_open_pipes(&m->stdio, m->plan.stdin_open, m->child_fds, err);
}

static void give_up(struct monitor *m, int code, const char *text)
{
	set_error(m, code, text);
	m->finished_at = wall_ns();
	clean(m);
}

static void begin_create(struct monitor *m)
{
	char pid_file[PATH_MAX + 16];
	struct error err;
	timer_cancel(&m->timer);
	m->state = CREATING;
	m->error[0] = 0;
	m->error_code = m->exit_code = m->signal = 0;
	m->oom = m->ran = m->died = m->manual = m->stop_asked = m->stop_next = m->input_owned = false;
	m->created_ns = monotonic_ns();
	m->job.done = job_done;
	if (open_streams(m, &err) < 0) {
		give_up(m, 125, err.text);
		return;
	}
	snprintf(pid_file, sizeof pid_file, "%s/" PID_FILE, m->folder);
	const char *const words[] = {"create", "--bundle", m->plan.bundle, "--pid-file", pid_file, m->plan.tty ? "--console-socket" : m->plan.id,
		m->plan.tty ? m->console.path : NULL, m->plan.id, NULL};
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

static void init_ended(struct child *child, int status)
{
	struct monitor *m = container_of(child, struct monitor, init);
	m->wait_status = status;
	happen(m, DIED);
}

static void oom_happened(struct oom *oom)
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
		stdio_update(&m->stdio);
		return 0;
	}
	int terminal = console_receive(&m->console, err);
	return terminal < 0 ? -1 : stdio_open_tty(&m->stdio, terminal, m->plan.rows, m->plan.cols, err);
}

static void created(struct monitor *m)
{
	m->state = CREATED;
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

static void on_made(struct monitor *m)
{
	struct error err;
	char pid[16];
	close_child_fds(m);
	if (take_process(m, &err) < 0) {
		give_up(m, 125, err.text);
		return;
	}
	oom_follow(&m->oom_watch, m->plan.cgroup, oom_happened);
	m->state = WIRING;
	child_expect(&m->init, m->pid, m->created_ns, init_ended);
	snprintf(pid, sizeof pid, "%d", (int)m->pid);
	m->has_network = m->plan.net;
	if (m->plan.net)
		run_net(m, &m->job, "up", pid);
	else
		happen(m, DONE);
}

static void on_not_made(struct monitor *m)
{
	/* With pipes the runtime's words went where the program's would go. */
	close_child_fds(m);
	if (!m->plan.tty)
		stdio_read_rest(&m->stdio, m->job.text, sizeof m->job.text);
	job_last_line(&m->job);
	const char *text = m->job.text[0] ? m->job.text : "the runtime could not create the container and did not say why";
	give_up(m, code_of_words(text), text);
}

static void note_death(struct monitor *m)
{
	m->died = true;
}

static void on_wired(struct monitor *m)
{
	stats_follow(&m->stats, m->plan.cgroup, m->pid);
	if (m->died)
		give_up(m, 125, "the container's first process was killed before it was started");
	else
		created(m);
}

static void on_helper_failed(struct monitor *m)
{
	const char *text = m->job.text[0] ? m->job.text : "a helper failed and did not say why";
	give_up(m, m->state == STARTING ? code_of_words(text) : 125, text);
}

/* Running */

static void begin_start(struct monitor *m)
{
	timer_cancel(&m->timer);
	m->state = STARTING;
	run_step(&m->job, NULL, (const char *const[]){"start", m->plan.id, NULL});
}

static void tell_launcher(struct monitor *m)
{
	char text[64];
	struct fields_writer writer = {text, sizeof text, 0, false};
	fields_put(&writer, "ok", "running");
	fields_put(&writer, "pid", "%d", (int)m->pid);
	answer(text, writer.used);
	m->answered = true;
}

static void on_started(struct monitor *m)
{
	m->started_at = wall_ns();
	m->started_ns = monotonic_ns();
	m->finished_at = 0;
	m->ran = true;
	m->state = RUNNING;
	announce(m);
	journal_event(&m->plan, "start", NULL);
	answer_clients(m, AWAIT_START, true);
	if (m->again) {
		m->again = false;
		journal_event(&m->plan, "restart", NULL);
		answer_clients(m, AWAIT_RESTART, true);
	}
	timer_set(&m->tick, SECOND);
	tell_launcher(m);
	if (m->died)
		happen(m, DIED);
}

/* Away from the login's cgroup: not before the first second, because moving costs a container that is about to start milliseconds. */
static void enter_cgroup(struct monitor *m)
{
	if (!m->in_cgroup)
		cgroup_enter(m->plan.monitor_cgroup);
	m->in_cgroup = true;
}

static void trim_memory(struct monitor *m)
{
	if (!stdio_trim() && m->in_cgroup)
		return;
	log_trim(&m->log);
	malloc_trim(0);
}

static void on_tick(struct timer *timer)
{
	struct monitor *m = container_of(timer, struct monitor, tick);
	timer_set(timer, SECOND);
	if (m->oom_watch.alarmed)
		oom_check(&m->oom_watch);
	m->oom_watch.alarmed = false;
	stats_sample(&m->stats);
	trim_memory(m);
	enter_cgroup(m);
	if (m->log.dropped != m->told_dropped) {
		m->told_dropped = m->log.dropped;
		announce(m);
	}
}

static void on_timer(struct timer *timer)
{
	happen(container_of(timer, struct monitor, timer), TIMER);
}

static void stop(struct monitor *m)
{
	m->state = STOPPING;
	m->manual = true;
	announce(m);
	kill_with_event(m, m->stop_signal);
	if (m->stop_timeout >= 0)
		timer_set(&m->timer, m->stop_timeout * SECOND);
}

static void ignore_job(struct job *job, int status)
{
	(void)job;
	(void)status;
}

static void stop_paused(struct monitor *m)
{
	stop(m);
	/* Its end changes nothing: the signal is on its way. */
	m->side.done = ignore_job;
	if (!m->side.pid)
		run_step(&m->side, NULL, (const char *const[]){"resume", m->plan.id, NULL});
}

static void stop_soon(struct monitor *m)
{
	m->stop_next = true;
}

static void stop_hard(struct monitor *m)
{
	kill_with_event(m, SIGKILL);
}

static void stop_unstarted(struct monitor *m)
{
	m->manual = true;
	signal_init(m, SIGKILL);
}

static void stop_waiting(struct monitor *m)
{
	timer_cancel(&m->timer);
	m->manual = true;
	if (m->again)
		begin_create(m);
	else
		end(m);
}

static void drop_if_abandoned(struct monitor *m)
{
	if (clients_none())
		signal_init(m, SIGKILL);
	else
		timer_set(&m->timer, ABANDONED_TIME);
}

static bool is_final(const struct monitor *m, int signal)
{
	return signal == SIGKILL || signal == m->plan.stop_signal;
}

static void on_kill(struct monitor *m)
{
	/* Whoever sends these means the end: the policy must not bring it back. */
	if (is_final(m, m->kill_signal))
		m->manual = true;
	kill_with_event(m, m->kill_signal);
}

static void kill_paused(struct monitor *m)
{
	on_kill(m);
	if (is_final(m, m->kill_signal))
		happen(m, UNPAUSE);
}

static void begin_pause(struct monitor *m)
{
	m->state = PAUSING;
	run_step(&m->job, NULL, (const char *const[]){"pause", m->plan.id, NULL});
}

static void begin_resume(struct monitor *m)
{
	m->state = RESUMING;
	run_step(&m->job, NULL, (const char *const[]){"resume", m->plan.id, NULL});
}

/* After a helper: what was asked for, or happened, while it worked. */
static void catch_up(struct monitor *m)
{
	if (m->died)
		happen(m, DIED);
	else if (m->stop_next)
		happen(m, STOP);
}

static void settle(struct monitor *m, enum state state, enum awaiting awaiting, const char *action)
{
	m->state = state;
	announce(m);
	if (action)
		journal_event(&m->plan, action, NULL);
	else
		snprintf(m->error, sizeof m->error, "%.500s", m->job.text);
	answer_clients(m, awaiting, action);
	m->error[0] = 0;
	catch_up(m);
}

static void on_paused(struct monitor *m)
{
	m->stats.flags |= SAMPLE_PAUSED;
	settle(m, PAUSED, AWAIT_PAUSE, "pause");
}

static void on_not_paused(struct monitor *m)
{
	settle(m, RUNNING, AWAIT_PAUSE, NULL);
}

static void on_resumed(struct monitor *m)
{
	m->stats.flags &= (uint16_t)~SAMPLE_PAUSED;
	settle(m, RUNNING, AWAIT_UNPAUSE, "unpause");
}

static void on_not_resumed(struct monitor *m)
{
	settle(m, PAUSED, AWAIT_UNPAUSE, NULL);
}

/* Ending */

static void on_died(struct monitor *m)
{
	timer_cancel(&m->timer);
	m->finished_at = wall_ns();
	m->exit_code = exit_code_of(m->wait_status);
	m->signal = signal_of(m->wait_status);
	m->pid = 0;
	m->pid_start = 0;
	m->state = DRAINING;
	oom_check(&m->oom_watch);
	announce(m);
	/* Processes of another pid namespace may hold the pipes for ever. */
	if (stdio_is_drained(&m->stdio))
		clean(m);
	else
		timer_set(&m->timer, DRAIN_TIME);
}

static void on_drain_time(struct monitor *m)
{
	/* Output that waits for a reader who must not lose any is not late. */
	if (stdio_is_held(&m->stdio))
		timer_set(&m->timer, DRAIN_TIME);
	else
		clean(m);
}

static void died_unstarted(struct monitor *m)
{
	set_error(m, 125, "the container's first process was killed before it was started");
	on_died(m);
}

static void cleaner_done(struct job *job, int status)
{
	struct monitor *m = &monitor;
	job_last_line(job);
	if (status != 0 && !m->error[0])
		snprintf(m->error, sizeof m->error, "%s", job->text);
	if (--m->cleaning == 0)
		happen(m, DONE);
}

static void clean(struct monitor *m)
{
	timer_cancel(&m->timer);
	timer_cancel(&m->tick);
	m->state = CLEANING;
	oom_check(&m->oom_watch);
	oom_unfollow(&m->oom_watch);
	if (m->ran)
		stats_sample(&m->stats);
	stats_unfollow(&m->stats);
	console_close(&m->console);
	close_child_fds(m);
	m->cleaning = 1 + m->has_network;
	m->cleaners[0].done = m->cleaners[1].done = cleaner_done;
	bool network = m->has_network;
	m->has_network = false;
	/* A runtime that never heard of it is content with --force. */
	run_step(&m->cleaners[0], NULL, (const char *const[]){"delete", "--force", m->plan.id, NULL});
	if (network)
		run_net(m, &m->cleaners[1], "down", NULL);
	/* While they work: the word that must not be lost. */
	if (m->answered)
		record_end(m);
}

static void report_end(struct monitor *m)
{
	char code[8], duration[24];
	snprintf(code, sizeof code, "%d", m->exit_code);
	snprintf(duration, sizeof duration, "%lld", (long long)((m->finished_at - m->started_at) / SECOND));
	if (m->ran)
		journal_event(&m->plan, "die", (struct attribute[]){{"execDuration", duration}, {"exitCode", code}, {0}});
	if (m->stop_asked)
		journal_event(&m->plan, "stop", NULL);
}

static bool policy_restarts(const struct monitor *m)
{
	if (m->manual || m->error_code)
		return false;
	switch (m->plan.restart) {
	case RESTART_ALWAYS:
	case RESTART_UNLESS_STOPPED:
		return true;
	case RESTART_ON_FAILURE:
		return m->exit_code != 0 && (m->plan.restart_max == 0 || m->restarts < m->plan.restart_max);
	case RESTART_NO:
		break;
	}
	return false;
}

static void wait_to_restart(struct monitor *m)
{
	bool long_run = m->started_ns && monotonic_ns() - m->started_ns >= BACKOFF_RESET;
	m->backoff = m->backoff == 0 || long_run ? BACKOFF_FIRST : m->backoff * 2 > BACKOFF_MOST ? BACKOFF_MOST : m->backoff * 2;
	m->next_start = wall_ns() + m->backoff;
	m->restarts++;
	m->stats.flags |= SAMPLE_RESTARTED;
	m->state = WAITING;
	announce(m);
	timer_set(&m->timer, m->backoff);
}

/* EXIT, and the end of the connection; `all`: also to those who wait for the end for good. */
static void tell_exit(struct monitor *m, bool all)
{
	char text[256];
	struct fields_writer writer = {text, sizeof text, 0, false};
	put_exit(m, &writer);
	for (struct client *client = clients_next(NULL); client; client = clients_next(client))
		if (client->wants_end || (all && client->wants_exit)) {
			client_send_fields(client, FRAME_EXIT, &writer);
			client->got_exit = true;
			client_finish(client);
		}
}

static void refuse_creation(struct monitor *m)
{
	char text[ERROR_TEXT];
	struct fields_writer writer = {text, sizeof text, 0, false};
	fields_put(&writer, "error", "%d", m->error_code);
	fields_put(&writer, "message", "%s", m->error);
	clients_unlisten();
	unlink("status");
	answer(text, writer.used);
	m->done = true;
}

static void forget_process(struct monitor *m)
{
	child_forget(&m->init);
	if (m->pidfd >= 0)
		close(m->pidfd);
	m->pidfd = -1;
	m->pid = 0;
	m->pid_start = 0;
	stdio_close(&m->stdio);
	log_finish(&m->log);
	sessions_end();
}

static void on_cleaned(struct monitor *m)
{
	forget_process(m);
	if (!m->answered) {
		refuse_creation(m);
		return;
	}
	report_end(m);
	m->start_next = true;
	if (m->again && !m->error_code) {
		tell_exit(m, false);
		begin_create(m);
	} else if (policy_restarts(m)) {
		wait_to_restart(m);
		tell_exit(m, false);
	} else {
		end(m);
	}
}

/* Those who waited for something else than the end, or have not said yet what they want. */
static void dismiss_others(struct monitor *m)
{
	for (struct client *client = clients_next(NULL); client; client = clients_next(client)) {
		if (client->awaiting != AWAIT_NOTHING)
			client_fail(client, m->error_code ? m->error_code : 125, "conflict", "%s", m->error[0] ? m->error : "the container has ended");
		else if (!client->closing)
			client_finish(client);
	}
}

static void end(struct monitor *m)
{
	m->state = ENDED;
	announce(m);
	clients_unlisten();
	tell_exit(m, true);
	dismiss_others(m);
	log_close(&m->log);
	m->done = clients_none();
	timer_set(&m->timer, LINGER_TIME);
}

static void linger(struct monitor *m)
{
	if (clients_pending(true))
		timer_set(&m->timer, LINGER_TIME);
	else
		m->done = true;
}

/* The table */

typedef void action(struct monitor *m);

static action *const table[STATES][EVENTS] = {
	[CREATING] = {[DONE] = on_made, [FAILED] = on_not_made},
	[WIRING] = {[DONE] = on_wired, [FAILED] = on_helper_failed, [DIED] = note_death},
	[CREATED] = {[START] = begin_start, [STOP] = stop_unstarted, [KILL] = stop_unstarted, [DIED] = died_unstarted, [TIMER] = drop_if_abandoned},
	[STARTING] = {[DONE] = on_started, [FAILED] = on_helper_failed, [DIED] = note_death, [STOP] = stop_unstarted, [KILL] = on_kill},
	[RUNNING] = {[DIED] = on_died, [STOP] = stop, [KILL] = on_kill, [PAUSE] = begin_pause},
	[PAUSING] = {[DONE] = on_paused, [FAILED] = on_not_paused, [DIED] = note_death, [STOP] = stop_soon, [KILL] = on_kill},
	[PAUSED] = {[DIED] = on_died, [STOP] = stop_paused, [KILL] = kill_paused, [UNPAUSE] = begin_resume},
	[RESUMING] = {[DONE] = on_resumed, [FAILED] = on_not_resumed, [DIED] = note_death, [STOP] = stop_soon, [KILL] = on_kill},
	[STOPPING] = {[DIED] = on_died, [TIMER] = stop_hard, [STOP] = stop, [KILL] = on_kill},
	[DRAINING] = {[DRAINED] = clean, [TIMER] = on_drain_time},
	[CLEANING] = {[DONE] = on_cleaned},
	[WAITING] = {[TIMER] = begin_create, [START] = begin_create, [STOP] = stop_waiting, [KILL] = stop_waiting},
	[ENDED] = {[TIMER] = linger},
};

void happen(struct monitor *m, enum event event)
{
	action *act = table[m->state][event];
	if (act)
		act(m);
}

void life_begin(struct monitor *m)
{
	m->timer.fire = on_timer;
	m->tick.fire = on_tick;
	m->start_next = m->plan.start_now;
	m->stop_signal = m->plan.stop_signal;
	m->stop_timeout = m->plan.stop_timeout;
	m->pidfd = m->console.fd = m->oom_watch.counter = m->oom_watch.watch.fd = -1;
	m->child_fds[0] = m->child_fds[1] = m->child_fds[2] = -1;
	begin_create(m);
}
