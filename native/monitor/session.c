#include "session.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "clock.h"
#include "journal.h"
#include "monitor.h"
#include "process.h"
#include "util.h"

#define MAX_SESSIONS 1000
#define ID_LIMIT 64
#define FILE_NAME (ID_LIMIT + 8)
/* How long an exit code that nobody has read is kept. */
#define KEEP_TIME (300 * SECOND)

struct session {
	struct session *next;
	char id[ID_LIMIT + 1];
	struct client *starter; /* while it waits for the answer */
	char *command;
	bool detached, finished;
	struct process process;
	struct timer timer;
	int64_t finished_at;
};

static struct session *sessions;
static unsigned session_count;

static struct session *session_of(struct process *process)
{
	return container_of(process, struct session, process);
}

static void file_name(const struct session *session, char name[FILE_NAME])
{
	snprintf(name, FILE_NAME, "exec-%s", session->id);
}

static void remove_file(const struct session *session)
{
	char name[FILE_NAME];
	file_name(session, name);
	unlink(name);
}

static void session_free(struct session *session)
{
	for (struct session **at = &sessions; *at; at = &(*at)->next)
		if (*at == session) {
			*at = session->next;
			break;
		}
	session_count--;
	timer_cancel(&session->timer);
	process_free(&session->process);
	free(session->command);
	free(session);
}

static struct session *find(const char *id)
{
	struct session *session = sessions;
	while (session && (!id || strcmp(session->id, id) != 0))
		session = session->next;
	return session;
}

static void send_exit(const struct session *session, struct client *client)
{
	char text[160], stamp[STAMP_SIZE];
	struct fields_writer writer = {text, sizeof text, 0, false};
	fields_put(&writer, "exit-code", "%d", session->process.exit_code);
	fields_put(&writer, "signal", "%d", session->process.signal);
	fields_put(&writer, "oom", "no");
	fields_put(&writer, "finished-at", "%s", format_time(stamp, session->finished_at));
	client_send_fields(client, FRAME_EXIT, &writer);
	client_finish(client);
}

static void keep_time_over(struct timer *timer)
{
	session_free(container_of(timer, struct session, timer));
}

/* Whoever listens hears it; else the code is kept for a while. */
static void finished(struct process *process)
{
	struct session *session = session_of(process);
	remove_file(session);
	session->finished = true;
	session->finished_at = wall_ns();
	journal_exec(&monitor.plan, "exec_die", session->id, NULL, process->exit_code);
	bool told = process->streams.clients;
	for (struct client *client = process->streams.clients; client; client = client->next_joined)
		send_exit(session, client);
	if (told) {
		session_free(session);
		return;
	}
	session->timer.fire = keep_time_over;
	timer_set(&session->timer, KEEP_TIME);
}

static void failed(struct process *process, int code, const char *text)
{
	struct session *session = session_of(process);
	remove_file(session);
	if (session->starter)
		client_fail(session->starter, code, code == 125 ? "internal" : "invalid", "%s", text);
	session_free(session);
}

static void started(struct process *process)
{
	struct session *session = session_of(process);
	struct client *client = session->starter;
	char text[32];
	struct fields_writer writer = {text, sizeof text, 0, false};
	session->starter = NULL;
	if (!client)
		return;
	fields_put(&writer, "pid", "%d", (int)process->pid);
	client_send_fields(client, FRAME_OK, &writer);
	if (session->detached)
		client_finish(client);
	else
		client_join(client, &process->streams);
}

static const struct process_owner owner = {failed, started, finished};

static bool good_id(const char *id)
{
	size_t size = strspn(id, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_.-");
	return size > 0 && size <= ID_LIMIT && id[size] == 0;
}

static bool flag_of(const struct client *client, const char *key)
{
	const char *value = fields_get(&client->request, key);
	return value && strcmp(value, "yes") == 0;
}

static unsigned size_of(const struct client *client, const char *key)
{
	const char *text = fields_get(&client->request, key);
	uint64_t value = 0;
	return text && parse_u64(text, 65535, &value) ? (unsigned)value : 0;
}

static struct session *session_new(struct client *client, const char *id)
{
	struct session *session = calloc(1, sizeof *session);
	const char *command = fields_get(&client->request, "command");
	if (!session)
		return NULL;
	strcpy(session->id, id);
	session->command = strdup(command ? command : "");
	session->starter = client;
	session->detached = flag_of(client, "detach");
	session->process = (struct process){
		.owner = &owner,
		.tty = flag_of(client, "tty"),
		.rows = size_of(client, "rows"),
		.cols = size_of(client, "cols"),
	};
	process_init(&session->process);
	session->next = sessions;
	sessions = session;
	session_count++;
	return session;
}

/* The process JSON, in a file for the runtime. It stays as long as the process lives: the engine sees there which sessions there are. */
static int run(struct session *session, const char *json, size_t size, bool input, struct error *err)
{
	char name[FILE_NAME], path[PATH_MAX + FILE_NAME];
	file_name(session, name);
	snprintf(path, sizeof path, "%s/%s", monitor.folder, name);
	cleanup_close int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write_all(fd, json, size) < 0)
		return error_set(err, errno, "write %s", path);
	return process_begin(&session->process, path, input, err);
}

void session_begin(struct client *client, const char *json, size_t size)
{
	const char *id = fields_get(&client->request, "id");
	struct error err;
	if (!id || !good_id(id)) {
		client_fail(
			client, 125, "invalid", "an exec session needs an id of at most %d letters, digits, '_', '.' and '-'", ID_LIMIT);
		return;
	}
	if (find(id) || session_count >= MAX_SESSIONS) {
		client_fail(client, 125, "conflict",
			session_count >= MAX_SESSIONS ? "too many exec sessions, with %s" : "there is an exec session %s already", id);
		return;
	}
	struct session *session = session_new(client, id);
	if (!session || !session->command) {
		client_fail(client, 125, "internal", "no memory for an exec session");
		if (session)
			session_free(session);
		return;
	}
	client->owns_input = client->input;
	journal_exec(&monitor.plan, "exec_create", id, session->command, 0);
	journal_exec(&monitor.plan, "exec_start", id, session->command, 0);
	if (run(session, json, size, client->input && !session->detached, &err) < 0)
		failed(&session->process, 125, err.text);
}

void session_attach(struct client *client)
{
	const char *id = fields_get(&client->request, "id");
	struct session *session = find(id);
	char text[32];
	struct fields_writer writer = {text, sizeof text, 0, false};
	if (!session || !session->process.pid) {
		client_fail(client, 125, "not-found", "there is no exec session %s", id ? id : "without an id");
		return;
	}
	fields_put(&writer, "pid", "%d", (int)session->process.pid);
	client_send_fields(client, FRAME_OK, &writer);
	client->owns_input = client->input && !session->process.tty;
	client_join(client, &session->process.streams);
	streams_resize(&session->process.streams, size_of(client, "rows"), size_of(client, "cols"));
	if (!session->finished)
		return;
	send_exit(session, client);
	session_free(session);
}

void sessions_list(struct client *client)
{
	char text[FIELDS_LIMIT];
	struct fields_writer writer = {text, sizeof text, 0, false};
	for (struct session *session = sessions; session; session = session->next)
		if (session->process.pid)
			fields_put(&writer, "exec", "%s %d %s %d", session->id, (int)session->process.pid,
				session->finished ? "exited" : "running", session->process.exit_code);
	client_send_fields(client, FRAME_OK, &writer);
	client_finish(client);
}

void sessions_forget(struct client *client)
{
	for (struct session *session = sessions; session; session = session->next)
		if (session->starter == client)
			session->starter = NULL;
}

void sessions_end(void)
{
	for (struct session *session = sessions, *next; session; session = next) {
		next = session->next;
		if (!session->finished)
			process_end(&session->process);
	}
}
