#include "session.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "clock.h"
#include "journal.h"
#include "monitor.h"
#include "util.h"

#define MAX_SESSIONS 1000
#define ID_LIMIT 64
/* For output after the process's end, which its own children may hold open for ever. */
#define DRAIN_TIME (500 * MS)
/* How long an exit code that nobody has read is kept. */
#define KEEP_TIME (300 * SECOND)

struct session {
	struct session *next;
	char id[ID_LIMIT + 1];
	unsigned number;
	struct client *starter; /* while it waits for the answer */
	char *command;
	bool tty, detached, ended, finished;
	struct job job;
	struct child child;
	struct console *console;
	struct streams streams;
	struct timer timer;
	int child_fds[3];
	int64_t began;
	pid_t pid;
	int exit_code, signal;
	int64_t finished_at;
	unsigned rows, cols;
};

static struct session *sessions;
static unsigned session_count, last_number;

static void session_free(struct session *session)
{
	for (struct session **at = &sessions; *at; at = &(*at)->next)
		if (*at == session) {
			*at = session->next;
			break;
		}
	session_count--;
	timer_cancel(&session->timer);
	child_forget(&session->child);
	while (session->streams.clients) {
		struct client *client = session->streams.clients;
		session->streams.clients = client->next_joined;
		client->streams = NULL;
		client->holds = false;
	}
	streams_close(&session->streams);
	if (session->console)
		console_close(session->console);
	free(session->console);
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

static void file_name(const struct session *session, const char *suffix, char name[32])
{
	snprintf(name, 32, "exec.%u%s", session->number, suffix);
}

static void remove_files(struct session *session)
{
	char name[32];
	file_name(session, "", name);
	unlink(name);
	file_name(session, ".pid", name);
	unlink(name);
	for (int i = 0; i < 3; i++) {
		if (session->child_fds[i] >= 0)
			close(session->child_fds[i]);
		session->child_fds[i] = -1;
	}
}

static void session_event(const struct session *session, const char *verb)
{
	char action[320], code[8];
	snprintf(code, sizeof code, "%d", session->exit_code);
	bool die = strcmp(verb, "exec_die") == 0;
	snprintf(action, sizeof action, die ? "%s" : "%s: %.256s", verb, session->command);
	journal_event(&monitor.plan, action, (struct attribute[]){{"execID", session->id}, {die ? "exitCode" : NULL, code}, {0}});
}

static void send_exit(const struct session *session, struct client *client)
{
	char text[160], stamp[STAMP_SIZE];
	struct fields_writer writer = {text, sizeof text, 0, false};
	fields_put(&writer, "exit-code", "%d", session->exit_code);
	fields_put(&writer, "signal", "%d", session->signal);
	fields_put(&writer, "oom", "no");
	fields_put(&writer, "finished-at", "%s", format_time(stamp, session->finished_at));
	client_send_fields(client, FRAME_EXIT, &writer);
	client_finish(client);
}

static void keep_time_over(struct timer *timer)
{
	session_free(container_of(timer, struct session, timer));
}

/* The process has ended and its output is here: whoever listens hears it; else the code is kept for a while. */
static void finish(struct session *session)
{
	session->finished = true;
	session->finished_at = wall_ns();
	session_event(session, "exec_die");
	bool told = session->streams.clients;
	for (struct client *client = session->streams.clients; client; client = client->next_joined)
		send_exit(session, client);
	if (told) {
		session_free(session);
		return;
	}
	session->timer.fire = keep_time_over;
	timer_set(&session->timer, KEEP_TIME);
}

static void drain_time_over(struct timer *timer)
{
	struct session *session = container_of(timer, struct session, timer);
	if (streams_is_held(&session->streams))
		timer_set(timer, DRAIN_TIME);
	else
		finish(session);
}

static void output_drained(struct streams *streams)
{
	struct session *session = container_of(streams, struct session, streams);
	if (!session->ended || session->finished)
		return;
	timer_cancel(&session->timer);
	finish(session);
}

static void process_ended(struct child *child, int status)
{
	struct session *session = container_of(child, struct session, child);
	session->ended = true;
	session->exit_code = exit_code_of(status);
	session->signal = signal_of(status);
	if (streams_is_drained(&session->streams)) {
		finish(session);
		return;
	}
	session->timer.fire = drain_time_over;
	timer_set(&session->timer, DRAIN_TIME);
}

static void refuse(struct session *session, int code, const char *text)
{
	if (session->starter)
		client_fail(session->starter, code, code == 125 ? "internal" : "invalid", "%s", text);
	session_free(session);
}

static int take_process(struct session *session, struct error *err)
{
	char name[32];
	uint64_t pid;
	file_name(session, ".pid", name);
	cleanup_free char *text = read_file_at(AT_FDCWD, name, 64, NULL, err);
	if (!text)
		return -1;
	text[strcspn(text, "\n")] = 0;
	if (!parse_u64(text, INT32_MAX, &pid) || pid < 2)
		return error_set(err, 0, "the runtime left no pid");
	session->pid = (pid_t)pid;
	if (!session->tty)
		return 0;
	int terminal = console_receive(session->console, err);
	free(session->console);
	session->console = NULL;
	return terminal < 0 ? -1 : streams_open_tty(&session->streams, terminal, session->rows, session->cols, err);
}

static void tell_starter(struct session *session)
{
	struct client *client = session->starter;
	char text[32];
	struct fields_writer writer = {text, sizeof text, 0, false};
	session->starter = NULL;
	if (!client)
		return;
	fields_put(&writer, "pid", "%d", (int)session->pid);
	client_send_fields(client, FRAME_OK, &writer);
	if (session->detached)
		client_finish(client);
	else
		client_join(client, &session->streams);
}

static void runtime_done(struct job *job, int status)
{
	struct session *session = container_of(job, struct session, job);
	struct error err;
	if (status != 0) {
		if (!session->tty)
			streams_read_rest(&session->streams, job->text, sizeof job->text);
		remove_files(session);
		job_last_line(job);
		refuse(session, code_of_words(job->text),
			job->text[0] ? job->text : "the runtime could not run the process and did not say why");
		return;
	}
	int result = take_process(session, &err);
	remove_files(session);
	if (result < 0) {
		refuse(session, 125, err.text);
		return;
	}
	session_event(session, "exec_create");
	session_event(session, "exec_start");
	tell_starter(session);
	streams_update(&session->streams);
	child_expect(&session->child, session->pid, session->began, process_ended);
}

static int open_streams(struct session *session, bool input, struct error *err)
{
	streams_init(&session->streams, NULL, session->tty, output_drained);
	if (!session->tty)
		return streams_open_pipes(&session->streams, input, session->child_fds, err);
	session->console = calloc(1, sizeof *session->console);
	return session->console ? console_open(session->console, monitor.folder, session->number, err) : error_set(err, ENOMEM, "console");
}

static int run(struct session *session, const char *process, size_t size, bool input, struct error *err)
{
	char name[32], process_file[PATH_MAX + 40], pid_file[PATH_MAX + 40];
	file_name(session, "", name);
	snprintf(process_file, sizeof process_file, "%s/%s", monitor.folder, name);
	snprintf(pid_file, sizeof pid_file, "%s/%s.pid", monitor.folder, name);
	cleanup_close int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || write_all(fd, process, size) < 0)
		return error_set(err, errno, "write %s", process_file);
	if (open_streams(session, input, err) < 0)
		return -1;
	const char *const words[] = {"exec", "--detach", "--process", process_file, "--pid-file", pid_file,
		session->tty ? "--console-socket" : monitor.plan.id, session->tty ? session->console->path : NULL, monitor.plan.id, NULL};
	session->began = monotonic_ns();
	return run_runtime(&session->job, session->tty ? NULL : session->child_fds, words, err);
}

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
	session->number = ++last_number;
	session->starter = client;
	session->tty = flag_of(client, "tty");
	session->detached = flag_of(client, "detach");
	session->rows = size_of(client, "rows");
	session->cols = size_of(client, "cols");
	session->child_fds[0] = session->child_fds[1] = session->child_fds[2] = -1;
	session->job.done = runtime_done;
	streams_init(&session->streams, NULL, false, output_drained);
	session->next = sessions;
	sessions = session;
	session_count++;
	return session;
}

void session_begin(struct client *client, const char *process, size_t size)
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
	if (run(session, process, size, client->input && !session->detached, &err) == 0)
		return;
	remove_files(session);
	refuse(session, 125, err.text);
}

void session_attach(struct client *client)
{
	const char *id = fields_get(&client->request, "id");
	struct session *session = find(id);
	char text[32];
	struct fields_writer writer = {text, sizeof text, 0, false};
	if (!session || !session->pid) {
		client_fail(client, 125, "not-found", "there is no exec session %s", id ? id : "without an id");
		return;
	}
	fields_put(&writer, "pid", "%d", (int)session->pid);
	client_send_fields(client, FRAME_OK, &writer);
	client->owns_input = client->input && !session->tty;
	client_join(client, &session->streams);
	streams_resize(&session->streams, size_of(client, "rows"), size_of(client, "cols"));
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
		if (session->pid)
			fields_put(&writer, "exec", "%s %d %s %d", session->id, (int)session->pid, session->finished ? "exited" : "running",
				session->exit_code);
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
		/* Its helper may still be at work; it will find the container gone. */
		if (session->job.pid || session->finished)
			continue;
		if (!session->ended) {
			session->exit_code = 137;
			session->signal = 9;
		}
		timer_cancel(&session->timer);
		child_forget(&session->child);
		finish(session);
	}
}
