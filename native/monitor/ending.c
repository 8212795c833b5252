/* A container has ended: its last output, its record, what the runtime and the network helper take down, and whether it comes back. */
#include "clock.h"
#include "detach.h"
#include "journal.h"
#include "life.h"
#include "session.h"
#include "uses.h"
#include "util.h"

#define DRAIN_TIME (2 * SECOND)
#define LINGER_TIME (10 * SECOND)
/* Docker's: 100 ms, doubled each time up to a minute; a run of 10 s makes it 100 ms again. */
#define BACKOFF_FIRST (100 * MS)
#define BACKOFF_MOST (60 * SECOND)
#define BACKOFF_RESET (10 * SECOND)

void on_died(struct monitor *m)
{
	timer_cancel(&m->timer);
	m->finished_at = wall_ns();
	m->exit_code = m->unseen ? 255 : exit_code_of(m->wait_status);
	m->signal = m->unseen ? 0 : signal_of(m->wait_status);
	if (m->unseen)
		snprintf(m->error, sizeof m->error, "its monitor was killed, and nobody saw how it ended");
	m->pid = 0;
	m->pid_start = 0;
	m->state = DRAINING;
	health_unfollow(&m->health);
	oom_check(&m->oom_watch);
	announce(m);
	/* Processes of another pid namespace may hold the pipes for ever. */
	if (streams_is_drained(&m->streams))
		clean(m);
	else
		timer_set(&m->timer, DRAIN_TIME);
}

void on_drain_time(struct monitor *m)
{
	/* Output that waits for a reader who must not lose any is not late. */
	if (streams_is_held(&m->streams))
		timer_set(&m->timer, DRAIN_TIME);
	else
		clean(m);
}

void died_unstarted(struct monitor *m)
{
	on_died(m);
	/* Nobody asked for it: then it is a failure. */
	if (!m->stop_next && !m->manual)
		set_error(m, 125, "the container's first process was killed before it was started");
}

static void cleaner_done(struct job *job, int status)
{
	struct monitor *m = &monitor;
	job_last_line(job);
	if (status != 0 && !m->error[0])
		snprintf(m->error, sizeof m->error, "%s", job->text[0] ? job->text : "a helper could not clean up and did not say why");
	if (--m->cleaning == 0)
		happen(m, DONE);
}

void clean(struct monitor *m)
{
	timer_cancel(&m->timer);
	timer_cancel(&m->tick);
	m->state = CLEANING;
	oom_check(&m->oom_watch);
	oom_unfollow(&m->oom_watch);
	guard_unfollow(&m->guard);
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
		run_net_down(m, &m->cleaners[1]);
	/* While they work: the word that must not be lost. */
	if (m->answered)
		record_end(m);
}

void stop_waiting(struct monitor *m)
{
	timer_cancel(&m->timer);
	if (m->again)
		begin_create(m);
	else
		end(m);
}

static void report_end(struct monitor *m)
{
	char code[8], duration[24];
	snprintf(code, sizeof code, "%d", m->exit_code);
	snprintf(duration, sizeof duration, "%lld", (long long)((m->finished_at - m->started_at) / SECOND));
	if (m->ran) {
		journal_event(&m->plan, "die", (struct attribute[]){{"execDuration", duration}, {"exitCode", code}, {0}});
		uses_left(&m->plan);
	}
	if (m->stop_asked)
		journal_event(&m->plan, "stop", NULL);
}

static bool policy_restarts(const struct monitor *m)
{
	if (m->manual || m->final || m->error_code)
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
	orphan_forget(&m->orphan);
	if (m->pidfd >= 0)
		close(m->pidfd);
	m->pidfd = -1;
	m->pid = 0;
	m->pid_start = 0;
	/* Only now: until here the table has led there to the container. */
	ports_close(&m->ports);
	streams_close(&m->streams);
	log_finish(&m->log);
	sessions_end();
}

void on_cleaned(struct monitor *m)
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
			client_fail(client, m->error_code ? m->error_code : 125, "conflict", "%s",
				m->error[0] ? m->error : "the container has ended");
		else if (!client->closing)
			client_finish(client);
	}
}

void end(struct monitor *m)
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

void linger(struct monitor *m)
{
	if (clients_pending(true))
		timer_set(&m->timer, LINGER_TIME);
	else
		m->done = true;
}
