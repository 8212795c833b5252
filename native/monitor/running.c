/* A container runs: it is started, watched each second, signalled, paused. */
#include <malloc.h>
#include <signal.h>
#include <sys/syscall.h>

#include "cgroup.h"
#include "clock.h"
#include "detach.h"
#include "journal.h"
#include "life.h"
#include "uses.h"
#include "util.h"

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

void begin_start(struct monitor *m)
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

void on_started(struct monitor *m)
{
	m->started_at = wall_ns();
	m->started_ns = monotonic_ns();
	m->finished_at = 0;
	m->ran = true;
	m->state = RUNNING;
	health_follow(&m->health, true);
	announce(m);
	uses_taken(&m->plan);
	journal_event(&m->plan, "start", NULL);
	answer_clients(m, AWAIT_START, true);
	if (m->again) {
		m->again = m->manual = false;
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
		cgroup_enter(m->plan.monitor_cgroup, m->keeper.pid);
	m->in_cgroup = true;
}

static void trim_memory(struct monitor *m)
{
	/* Queues of clients come and go without output of ours: look every now and then. */
	bool quiet = streams_trim();
	if (quiet)
		log_trim(&m->log);
	if (quiet || !m->in_cgroup || ++m->ticks % 8 == 0)
		malloc_trim(0);
}

void on_tick(struct timer *timer)
{
	struct monitor *m = container_of(timer, struct monitor, tick);
	timer_set(timer, SECOND);
	if (m->oom_watch.alarmed)
		oom_check(&m->oom_watch);
	m->oom_watch.alarmed = false;
	stats_sample(&m->stats);
	trim_memory(m);
	enter_cgroup(m);
	uint64_t dropped = m->log.dropped + m->log.forward.dropped;
	if (dropped != m->told_dropped) {
		m->told_dropped = dropped;
		announce(m);
	}
}

void stop(struct monitor *m)
{
	m->state = STOPPING;
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

void stop_paused(struct monitor *m)
{
	stop(m);
	/* Its end changes nothing: the signal is on its way. */
	m->side.done = ignore_job;
	if (!m->side.pid)
		run_step(&m->side, NULL, (const char *const[]){"resume", m->plan.id, NULL});
}

void stop_soon(struct monitor *m)
{
	m->stop_next = true;
}

void stop_hard(struct monitor *m)
{
	kill_with_event(m, SIGKILL);
}

void stop_unstarted(struct monitor *m)
{
	signal_init(m, SIGKILL);
}

void drop_if_abandoned(struct monitor *m)
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

void on_kill(struct monitor *m)
{
	/* Whoever sends these means the end: the policy must not bring it back. */
	if (is_final(m, m->kill_signal))
		m->manual = true;
	kill_with_event(m, m->kill_signal);
}

void kill_paused(struct monitor *m)
{
	on_kill(m);
	if (is_final(m, m->kill_signal))
		happen(m, UNPAUSE);
}

void begin_pause(struct monitor *m)
{
	m->state = PAUSING;
	run_step(&m->job, NULL, (const char *const[]){"pause", m->plan.id, NULL});
}

void begin_resume(struct monitor *m)
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

static void settle(struct monitor *m, enum state state, enum awaiting awaiting, const char *done)
{
	m->state = state;
	announce(m);
	if (done)
		journal_event(&m->plan, done, NULL);
	else
		snprintf(m->error, sizeof m->error, "%.500s", m->job.text);
	answer_clients(m, awaiting, done);
	m->error[0] = 0;
	catch_up(m);
}

void on_paused(struct monitor *m)
{
	m->stats.flags |= SAMPLE_PAUSED;
	health_unfollow(&m->health);
	settle(m, PAUSED, AWAIT_PAUSE, "pause");
}

void on_not_paused(struct monitor *m)
{
	settle(m, RUNNING, AWAIT_PAUSE, NULL);
}

void on_resumed(struct monitor *m)
{
	m->stats.flags &= (uint16_t)~SAMPLE_PAUSED;
	health_follow(&m->health, false);
	settle(m, RUNNING, AWAIT_UNPAUSE, "unpause");
}

void on_not_resumed(struct monitor *m)
{
	settle(m, PAUSED, AWAIT_UNPAUSE, NULL);
}
