/* What a client may ask for: one table of verbs, their fields and what they do. */
#include <string.h>

#include "clock.h"
#include "monitor.h"
#include "session.h"
#include "util.h"

struct monitor monitor;

static const char *field(const struct client *client, const char *key)
{
	return fields_get(&client->request, key);
}

static bool says_yes(const struct client *client, const char *key)
{
	const char *value = field(client, key);
	return value && strcmp(value, "yes") == 0;
}

static bool is_up(const struct monitor *m)
{
	return m->state >= RUNNING && m->state <= STOPPING;
}

static void refuse(struct client *client, const char *why)
{
	client_fail(client, 125, "conflict", "container %s %s", monitor.plan.name, why);
}

static void do_status(struct monitor *m, struct client *client)
{
	char text[2048];
	struct fields_writer writer = {text, sizeof text, 0, false};
	put_status(m, &writer);
	client_send_fields(client, FRAME_OK, &writer);
	client_finish(client);
}

static void do_start(struct monitor *m, struct client *client)
{
	if (m->state != CREATED && m->state != WAITING) {
		refuse(client, "is already started");
		return;
	}
	client->awaiting = AWAIT_START;
	happen(m, START);
}

static void resize_to(struct monitor *m, struct client *client)
{
	const char *rows = field(client, "rows"), *cols = field(client, "cols");
	uint64_t r, c;
	if (!rows || !cols || !parse_u64(rows, 65535, &r) || !parse_u64(cols, 65535, &c))
		return;
	/* Remembered for the terminal of a later start. */
	m->plan.rows = (unsigned)r;
	m->plan.cols = (unsigned)c;
	streams_resize(&m->streams, m->plan.rows, m->plan.cols);
}

static void do_attach(struct monitor *m, struct client *client)
{
	char text[32];
	struct fields_writer writer = {text, sizeof text, 0, false};
	client->removes = says_yes(client, "remove");
	client->wants_exit = true;
	client->owns_input = client->input && m->plan.stdin_once && !m->input_owned;
	m->input_owned = m->input_owned || client->owns_input;
	resize_to(m, client);
	fields_put(&writer, "pid", "%d", (int)m->pid);
	client_send_fields(client, FRAME_OK, &writer);
	client_join(client, &m->streams);
}

static void do_kill(struct monitor *m, struct client *client)
{
	const char *signal = field(client, "signal");
	if (!signal || !parse_signal(signal, &m->kill_signal)) {
		client_fail(client, 125, "invalid", "kill needs a signal from 1 to 64");
		return;
	}
	if (!is_up(m) && m->state != STARTING && m->state != CREATED && m->state != WAITING) {
		refuse(client, "is not running");
		return;
	}
	happen(m, KILL);
	client_ok(client);
	client_finish(client);
}

static bool take_stop(struct monitor *m, struct client *client)
{
	const char *signal = field(client, "signal"), *timeout = field(client, "timeout");
	m->stop_signal = m->plan.stop_signal;
	m->stop_timeout = m->plan.stop_timeout;
	if ((!signal || parse_signal(signal, &m->stop_signal)) && (!timeout || parse_seconds(timeout, &m->stop_timeout)))
		return true;
	client_fail(client, 125, "invalid", "the signal or the time to wait is not one");
	return false;
}

static void do_stop(struct monitor *m, struct client *client)
{
	char text[64], stamp[STAMP_SIZE];
	struct fields_writer writer = {text, sizeof text, 0, false};
	if (!take_stop(m, client))
		return;
	bool for_ever = m->stop_timeout < 0;
	fields_put(&writer, "deadline", "%s", for_ever ? "-1" : format_time(stamp, wall_ns() + m->stop_timeout * SECOND));
	client_send_fields(client, FRAME_OK, &writer);
	client->wants_exit = true;
	m->stop_asked = is_up(m);
	m->manual = true;
	m->again = false;
	happen(m, STOP);
}

static void do_restart(struct monitor *m, struct client *client)
{
	if (!take_stop(m, client))
		return;
	client->awaiting = AWAIT_RESTART;
	m->stop_asked = is_up(m);
	m->manual = true;
	m->again = true;
	/* What is about to start anyway needs no stop first. */
	if (m->state != CREATING && m->state != WIRING && m->state != STARTING)
		happen(m, m->state == CREATED ? START : STOP);
}

static void do_pause(struct monitor *m, struct client *client)
{
	if (m->state != RUNNING) {
		refuse(client, m->state == PAUSED || m->state == PAUSING ? "is already paused" : "is not running");
		return;
	}
	client->awaiting = AWAIT_PAUSE;
	happen(m, PAUSE);
}

static void do_unpause(struct monitor *m, struct client *client)
{
	if (m->state != PAUSED) {
		refuse(client, "is not paused");
		return;
	}
	client->awaiting = AWAIT_UNPAUSE;
	happen(m, UNPAUSE);
}

static void do_wait(struct monitor *m, struct client *client)
{
	(void)m;
	client->wants_end = true;
	client_ok(client);
}

static void do_exec(struct monitor *m, struct client *client)
{
	if (m->state == PAUSED || m->state == PAUSING)
		refuse(client, "is paused, unpause the container before exec");
	else if (m->state != RUNNING && m->state != STOPPING)
		refuse(client, "is not running");
	else if (!says_yes(client, "blob"))
		client_fail(client, 125, "invalid", "exec needs a process");
	else
		client->awaiting = AWAIT_EXEC;
}

static void do_exec_attach(struct monitor *m, struct client *client)
{
	(void)m;
	session_attach(client);
}

static void do_exec_list(struct monitor *m, struct client *client)
{
	(void)m;
	sessions_list(client);
}

static void do_update(struct monitor *m, struct client *client)
{
	const char *policy = field(client, "restart"), *most = field(client, "restart-max");
	uint64_t value = m->plan.restart_max;
	enum restart_policy restart = m->plan.restart;
	if ((policy && !parse_policy(policy, &restart)) || (most && !parse_u64(most, INT32_MAX, &value))) {
		client_fail(client, 125, "invalid", "the restart policy is not one");
		return;
	}
	m->plan.restart = restart;
	m->plan.restart_max = value;
	client_ok(client);
	client_finish(client);
}

/* `keys`: what the request may hold beside verb, each between spaces. */
static const struct verb {
	const char *name, *keys;
	void (*act)(struct monitor *m, struct client *client);
} verbs[] = {
	{"status", "", do_status},
	{"start", "", do_start},
	{"attach", " input rows cols lossless remove ", do_attach},
	{"kill", " signal ", do_kill},
	{"stop", " signal timeout ", do_stop},
	{"restart", " signal timeout ", do_restart},
	{"pause", "", do_pause},
	{"unpause", "", do_unpause},
	{"wait", "", do_wait},
	{"exec", " blob id tty input rows cols detach output lossless command ", do_exec},
	{"exec-attach", " id input rows cols lossless ", do_exec_attach},
	{"exec-list", "", do_exec_list},
	{"update", " restart restart-max ", do_update},
};

static bool knows_keys(const struct verb *verb, const struct fields *request)
{
	char word[72];
	for (size_t i = 0; i < request->count; i++) {
		snprintf(word, sizeof word, " %.64s ", request->list[i].key);
		if (strcmp(request->list[i].key, "verb") != 0 && !strstr(verb->keys, word))
			return false;
	}
	return true;
}

static void on_request(struct client *client)
{
	const char *name = field(client, "verb");
	const struct verb *verb = verbs, *end = verbs + sizeof verbs / sizeof *verbs;
	while (verb < end && (!name || strcmp(verb->name, name) != 0))
		verb++;
	if (verb == end || !knows_keys(verb, &client->request)) {
		client_fail(client, 125, "invalid", verb == end ? "there is no verb %s" : "a field is not known to the verb %s",
			name ? name : "");
		return;
	}
	client->input = says_yes(client, "input");
	client->lossless = says_yes(client, "lossless");
	verb->act(&monitor, client);
}

static void on_blob(struct client *client, const char *payload, size_t size)
{
	/* Between request and process the container may have ended. */
	if (monitor.state != RUNNING && monitor.state != STOPPING)
		refuse(client, "is not running");
	else
		session_begin(client, payload, size);
}

static void on_gone(struct client *client)
{
	/* It heard the end, to the last byte, and had promised to remove the container. */
	if (client->removes && client->got_exit && !client->first && !client->lost)
		monitor.promised = true;
	sessions_forget(client);
	if (monitor.state == ENDED && clients_none())
		monitor.done = true;
}

const struct client_handlers verb_handlers = {on_request, on_blob, on_gone};
