/* The life of a container: one table of what follows from which event in which state. */
#include "life.h"

static action *const table[STATES][EVENTS] = {
	[CREATING] = {[DONE] = on_made, [FAILED] = on_not_made, [STOP] = stop_soon},
	[WIRING] = {[DONE] = on_wired, [FAILED] = on_helper_failed, [DIED] = note_death, [STOP] = stop_soon},
	[CREATED] = {[START] = begin_start,
		[STOP] = stop_unstarted,
		[KILL] = stop_unstarted,
		[DIED] = died_unstarted,
		[TIMER] = drop_if_abandoned},
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

static void on_timer(struct timer *timer)
{
	happen(container_of(timer, struct monitor, timer), TIMER);
}

static void job_done(struct job *job, int status)
{
	job_last_line(job);
	happen(container_of(job, struct monitor, job), status == 0 ? DONE : FAILED);
}

static void output_drained(struct streams *streams)
{
	happen(container_of(streams, struct monitor, streams), DRAINED);
}

void life_init(struct monitor *m)
{
	m->timer.fire = on_timer;
	m->tick.fire = on_tick;
	m->job.done = job_done;
	m->start_next = m->plan.start_now;
	m->stop_signal = m->plan.stop_signal;
	m->stop_timeout = m->plan.stop_timeout;
	m->pidfd = m->console.fd = m->oom_watch.counter = m->oom_watch.watch.fd = m->orphan.watch.fd = m->guard.watch.fd = -1;
	m->child_fds[0] = m->child_fds[1] = m->child_fds[2] = m->ports.socket = -1;
	streams_init(&m->streams, &m->log, false, output_drained);
}

void life_begin(struct monitor *m)
{
	life_init(m);
	begin_create(m);
}
