/* What the world is told: the status file after each change, the exit record, and answers to waiting clients. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "clock.h"
#include "monitor.h"
#include "record.h"
#include "util.h"

/* In the words of docs/formats.md; what lies between two of them counts as the one that it leads away from. */
static const char *const state_names[STATES] = {
	[CREATING] = "created",
	[WIRING] = "created",
	[CREATED] = "created",
	[STARTING] = "created",
	[RUNNING] = "running",
	[PAUSING] = "running",
	[PAUSED] = "paused",
	[RESUMING] = "paused",
	[STOPPING] = "stopping",
	[DRAINING] = "stopping",
	[CLEANING] = "stopping",
	[WAITING] = "restarting",
	[ENDED] = "exited",
};

static void put_time(struct fields_writer *writer, const char *key, int64_t ns)
{
	char stamp[STAMP_SIZE];
	fields_put(writer, key, "%s", format_time(stamp, ns));
}

static const char *yes(bool flag)
{
	return flag ? "yes" : "no";
}

/* What status and exit record share. */
static void put_end(const struct monitor *m, struct fields_writer *writer)
{
	fields_put(writer, "exit-code", "%d", m->exit_code);
	fields_put(writer, "signal", "%d", m->signal);
	fields_put(writer, "oom", "%s", yes(m->oom));
	put_time(writer, "started-at", m->started_at);
	put_time(writer, "finished-at", m->finished_at);
	fields_put(writer, "restarts", "%u", m->restarts);
	fields_put(writer, "manual", "%s", yes(m->manual));
	fields_put(writer, "error", "%s", m->error);
}

/* By which they can be found again among the container's descriptors. */
static void put_pipes(const struct monitor *m, struct fields_writer *writer)
{
	static const char *const keys[] = {"stdin-pipe", "stdout-pipe", "stderr-pipe"};
	const int fds[] = {m->streams.input.fd, m->streams.out[0].watch.fd, m->streams.out[1].watch.fd};
	struct stat st;
	for (unsigned i = 0; i < 3 && !m->plan.tty && m->pid; i++)
		if (fds[i] >= 0 && fstat(fds[i], &st) == 0)
			fields_put(writer, keys[i], "%llu", (unsigned long long)st.st_ino);
}

void put_status(const struct monitor *m, struct fields_writer *writer)
{
	static uint64_t own_start, keeper_start;
	if (!own_start) {
		own_start = process_start_time(getpid());
		keeper_start = process_start_time(m->keeper.pid);
	}
	fields_put(writer, "version", "1");
	fields_put(writer, "state", "%s", state_names[m->state]);
	fields_put(writer, "pid", "%d", (int)m->pid);
	fields_put(writer, "pid-start", "%llu", (unsigned long long)m->pid_start);
	fields_put(writer, "monitor", "%d", (int)getpid());
	fields_put(writer, "monitor-start", "%llu", (unsigned long long)own_start);
	fields_put(writer, "keeper", "%d", (int)m->keeper.pid);
	fields_put(writer, "keeper-start", "%llu", (unsigned long long)keeper_start);
	put_end(m, writer);
	if (m->plan.health)
		fields_put(writer, "health", "%s", health_word(&m->health));
	put_pipes(m, writer);
	if (m->adopted)
		fields_put(writer, "adopted", "%u", m->adopted);
	if (m->state == WAITING)
		put_time(writer, "next-start", m->next_start);
	fields_put(writer, "log-dropped", "%llu", (unsigned long long)m->log.dropped);
	if (m->log.forward.dropped)
		fields_put(writer, "forward-dropped", "%llu", (unsigned long long)m->log.forward.dropped);
}

void put_exit(const struct monitor *m, struct fields_writer *writer)
{
	fields_put(writer, "exit-code", "%d", m->exit_code);
	fields_put(writer, "signal", "%d", m->signal);
	fields_put(writer, "oom", "%s", yes(m->oom));
	put_time(writer, "finished-at", m->finished_at);
}

void announce(struct monitor *m)
{
	char text[2048];
	struct fields_writer writer = {text, sizeof text, 0, false};
	put_status(m, &writer);
	/* Nobody is left to tell when /run itself refuses; the record on disk does not depend on it. */
	replace_file_at(AT_FDCWD, "status", writer.data, writer.used, 0600, false, NULL);
}

void record_end(struct monitor *m)
{
	char text[2048];
	struct error err;
	struct fields_writer writer = {text, sizeof text, 0, false};
	fields_put(&writer, "version", "1");
	fields_put(&writer, "id", "%s", m->plan.id);
	put_end(m, &writer);
	if (record_write(m->plan.exit_record, &writer, &err) < 0 && !m->error[0])
		snprintf(m->error, sizeof m->error, "%.500s", err.text);
}

void answer_clients(struct monitor *m, enum awaiting awaiting, bool ok)
{
	for (struct client *client = clients_next(NULL); client; client = clients_next(client)) {
		if (client->awaiting != awaiting)
			continue;
		client->awaiting = AWAIT_NOTHING;
		if (ok)
			client_ok(client);
		else
			client_fail(client, m->error_code ? m->error_code : 125, "unavailable", "%s", m->error);
	}
}
