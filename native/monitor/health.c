#include "health.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/random.h>

#include "clock.h"
#include "journal.h"
#include "json.h"
#include "monitor.h"
#include "process.h"
#include "util.h"

#define OUTPUT_MOST 4096
/* For the runtime; the plan's timeout begins when the process runs. */
#define START_TIME (30 * SECOND)
/* From SIGTERM to SIGKILL. */
#define TERM_TIME (10 * SECOND)
#define MESSAGE_ROOM (OUTPUT_MOST + 128)

struct probe {
	struct process process;
	struct health *health; /* NULL: nobody wants its result any more */
	struct head output;
	struct timer timer;
	int64_t at, began; /* wall, monotonic */
	bool late, stubborn;
	char id[65];
	char room[OUTPUT_MOST + 4];
};

static struct probe *probe_of(struct process *process)
{
	return container_of(process, struct probe, process);
}

const char *health_word(const struct health *health)
{
	static const char *const words[] = {"starting", "healthy", "unhealthy"};
	return words[health->status];
}

/* The file `health`, in Docker's shape of State.Health. */
static void write_health(const struct health *health)
{
	size_t size = 128;
	for (unsigned i = 0; i < health->count; i++)
		size += strlen(health->log[i]) + 1;
	cleanup_free char *text = malloc(size);
	if (!text)
		return;
	size_t used =
		(size_t)snprintf(text, size, "{\"Status\":\"%s\",\"FailingStreak\":%u,\"Log\":[", health_word(health), health->streak);
	for (unsigned i = 0; i < health->count; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%s", i ? "," : "", health->log[i]);
	used += (size_t)snprintf(text + used, size - used, "]}\n");
	replace_file_at(AT_FDCWD, "health", text, used, 0600, false, NULL);
}

static void set_status(struct health *health, enum health_status status)
{
	char action[32];
	bool changes = health->status != status;
	health->status = status;
	write_health(health);
	if (!changes)
		return;
	snprintf(action, sizeof action, "health_status: %s", health_word(health));
	announce(&monitor);
	journal_event(&monitor.plan, action, NULL);
}

static char *make_entry(const struct probe *probe, int code, const char *output, size_t size)
{
	char start[STAMP_SIZE], end[STAMP_SIZE];
	size_t room = size * JSON_GROWTH + 160;
	char *text = malloc(room);
	if (!text)
		return NULL;
	int used = snprintf(text, room, "{\"Start\":\"%s\",\"End\":\"%s\",\"ExitCode\":%d,\"Output\":\"", format_time(start, probe->at),
		format_time(end, wall_ns()), code);
	char *at = json_escape(text + used, output, size);
	memcpy(at, "\"}", 3);
	/* Kept for long: no more room than it takes. */
	char *fitted = realloc(text, (size_t)(at - text) + 3);
	return fitted ? fitted : text;
}

static void keep_entry(struct health *health, char *entry)
{
	if (!entry)
		return;
	if (health->count == HEALTH_LOG) {
		free(health->log[0]);
		memmove(health->log, health->log + 1, sizeof *health->log * --health->count);
	}
	health->log[health->count++] = entry;
}

static bool in_start_period(const struct health *health, int64_t at)
{
	return at - health->began < monitor.plan.health_start_period;
}

static void judge(struct health *health, const struct probe *probe, int code)
{
	enum health_status status = health->status;
	if (code == 0) {
		health->streak = 0;
		status = HEALTH_HEALTHY;
	} else if (status != HEALTH_STARTING || !in_start_period(health, probe->began)) {
		if (++health->streak >= monitor.plan.health_retries)
			status = HEALTH_UNHEALTHY;
	}
	set_status(health, status);
}

static void wait_for_next(struct health *health)
{
	const struct plan *plan = &monitor.plan;
	bool starting = health->status == HEALTH_STARTING && in_start_period(health, monotonic_ns());
	timer_set(&health->timer, starting ? plan->health_start_interval : plan->health_interval);
}

static void report(struct probe *probe, int code, const char *output, size_t size)
{
	struct health *health = probe->health;
	if (health) {
		health->probe = NULL;
		keep_entry(health, make_entry(probe, code, output, size));
		judge(health, probe, code);
		wait_for_next(health);
	}
	timer_cancel(&probe->timer);
	process_free(&probe->process);
	free(probe);
}

/* As Go prints it: 1m30s, 500ms. */
static void put_duration(char text[40], int64_t ns)
{
	int64_t minutes = ns / (60 * SECOND);
	double seconds = (double)(ns % (60 * SECOND)) / SECOND;
	if (ns < SECOND)
		snprintf(text, 40, "%.9gms", (double)ns / MS);
	else if (minutes == 0)
		snprintf(text, 40, "%.9gs", seconds);
	else if (minutes < 60)
		snprintf(text, 40, "%lldm%.9gs", (long long)minutes, seconds);
	else
		snprintf(text, 40, "%lldh%lldm%.9gs", (long long)minutes / 60, (long long)minutes % 60, seconds);
}

static void report_late(struct probe *probe)
{
	char message[MESSAGE_ROOM], duration[40];
	put_duration(duration, monitor.plan.health_timeout);
	int size = snprintf(message, sizeof message, "Health check exceeded timeout (%s)%s%.*s", duration, probe->output.used ? ": " : "",
		(int)probe->output.used, probe->output.data);
	report(probe, -1, message, (size_t)size);
}

static void finished(struct process *process)
{
	struct probe *probe = probe_of(process);
	journal_exec(&monitor.plan, "exec_die", probe->id, NULL, process->exit_code);
	if (probe->output.cut) {
		memcpy(probe->output.data + probe->output.used, "...", 3);
		probe->output.used += 3;
	}
	if (probe->late)
		report_late(probe);
	else
		report(probe, process->exit_code, probe->output.data, probe->output.used);
}

/* Without the names of the parts of the runtime that met it. */
static const char *after_names(const char *text)
{
	static const char *const names[] = {"hawser-runtime: ", "container: ", "program: "};
	for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
		if (strncmp(text, names[i], strlen(names[i])) == 0)
			text += strlen(names[i]);
	return text;
}

static void failed(struct process *process, int code, const char *text)
{
	struct probe *probe = probe_of(process);
	char message[ERROR_TEXT];
	(void)code;
	if (probe->late)
		snprintf(message, sizeof message, "timed out starting health check for container %s", monitor.plan.id);
	else
		snprintf(message, sizeof message, "OCI runtime exec failed: exec failed: unable to start container process: %s: unknown",
			after_names(text));
	report(probe, -1, message, strlen(message));
}

static void started(struct process *process)
{
	struct probe *probe = probe_of(process);
	if (!probe->health)
		process_signal(process, SIGKILL);
	timer_set(&probe->timer, monitor.plan.health_timeout);
}

static void too_late(struct timer *timer)
{
	struct probe *probe = container_of(timer, struct probe, timer);
	probe->late = true;
	process_signal(&probe->process, probe->stubborn ? SIGKILL : SIGTERM);
	probe->stubborn = true;
	timer_set(timer, TERM_TIME);
}

static void draw_id(char id[65])
{
	unsigned char bytes[32] = {0};
	if (getrandom(bytes, sizeof bytes, 0) < 0)
		bytes[0] = 0;
	for (size_t i = 0; i < sizeof bytes; i++)
		snprintf(id + 2 * i, 3, "%02x", bytes[i]);
}

static void begin_probe(struct timer *timer)
{
	static const struct process_owner owner = {failed, started, finished};
	struct health *health = container_of(timer, struct health, timer);
	struct probe *probe = calloc(1, sizeof *probe);
	struct error err;
	if (!probe) {
		wait_for_next(health);
		return;
	}
	health->probe = probe;
	probe->health = health;
	probe->at = wall_ns();
	probe->began = monotonic_ns();
	probe->timer.fire = too_late;
	probe->output = (struct head){.data = probe->room, .room = OUTPUT_MOST};
	probe->process.owner = &owner;
	process_init(&probe->process);
	probe->process.streams.head = &probe->output;
	draw_id(probe->id);
	journal_exec(&monitor.plan, "exec_create", probe->id, monitor.plan.health_command, 0);
	journal_exec(&monitor.plan, "exec_start", probe->id, monitor.plan.health_command, 0);
	timer_set(&probe->timer, START_TIME);
	if (process_begin(&probe->process, monitor.plan.health, false, &err) < 0)
		failed(&probe->process, 125, err.text);
}

void health_follow(struct health *health, bool fresh)
{
	if (!monitor.plan.health || health->follows)
		return;
	health->follows = true;
	health->timer.fire = begin_probe;
	if (fresh) {
		health->began = monotonic_ns();
		health->status = HEALTH_STARTING;
		health->streak = 0;
		write_health(health);
	}
	wait_for_next(health);
}

void health_unfollow(struct health *health)
{
	if (!health->follows)
		return;
	health->follows = false;
	timer_cancel(&health->timer);
	if (health->probe) {
		health->probe->health = NULL;
		process_signal(&health->probe->process, SIGKILL);
		health->probe = NULL;
	}
	health->status = HEALTH_UNHEALTHY;
	write_health(health);
}
