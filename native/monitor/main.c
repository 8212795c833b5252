/* hawser-monitor DIR: one container's keeper. It reads DIR/plan, leaves its launcher, has the runtime make the container, and
 * stays until the container has ended for good (docs/formats.md, "hawser-monitor"). */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgroup.h"
#include "detach.h"
#include "monitor.h"
#include "record.h"
#include "util.h"

static int fail(const struct error *err)
{
	char text[ERROR_TEXT + 64];
	struct fields_writer writer = {text, sizeof text, 0, false};
	fields_put(&writer, "error", "125");
	fields_put(&writer, "message", "%s", err->text);
	answer(text, writer.used);
	return 125;
}

/* Launched by a process that has been killed since: the next one that claims the folder must not meet us in it. Whoever claims it
 * later than this check finds this process. */
static int check_launcher(const char *folder, struct error *err)
{
	cleanup_close int dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return error_set(err, errno, "%s", folder);
	if (faccessat(dir, "claim", F_OK, 0) < 0)
		return 0;
	cleanup_fields struct fields claim = {0};
	if (fields_read_file(&claim, dir, "claim", err) < 0)
		return -1;
	const char *pid = fields_get(&claim, "pid");
	return pid && atoi(pid) == getppid() ? 0 : error_set(err, 0, "the process that was starting the container is gone");
}

/* The host goes down: the container ends as with a stop, but a policy may bring it back another day. */
static void on_term(void)
{
	monitor.final = true;
	happen(&monitor, STOP);
}

/* Everything that can be refused before something exists. */
static int prepare(struct monitor *m, struct error *err)
{
	const struct plan *plan = &m->plan;
	if (plan_read(&m->plan, AT_FDCWD, err) < 0 || loop_init(err) < 0 || jobs_init(on_term, err) < 0)
		return -1;
	if (record_prepare(plan->exit_record, err) < 0 || log_open(&m->log, plan, err) < 0)
		return -1;
	return stats_open(&m->stats, plan->stats, err) < 0 ? -1 : clients_listen(&verb_handlers, err);
}

static void leave(struct monitor *m)
{
	if (m->in_cgroup)
		cgroup_leave(m->plan.monitor_cgroup);
	if (m->state == ENDED && m->plan.exit_command && !m->promised)
		run_detached(m->plan.exit_command);
}

int main(int argc, char *argv[])
{
	struct error err;
	if (argc != 2) {
		dprintf(2, "usage: hawser-monitor DIR\n");
		return 125;
	}
	if (check_launcher(argv[1], &err) < 0 || detach(&err) < 0)
		return fail(&err);
	if (!realpath(argv[1], monitor.folder) || chdir(monitor.folder) < 0) {
		error_set(&err, errno, "%s", argv[1]);
		return fail(&err);
	}
	if (prepare(&monitor, &err) < 0) {
		clients_unlisten();
		return fail(&err);
	}
	life_begin(&monitor);
	loop_run(&monitor.done);
	clients_close_all();
	leave(&monitor);
	return 0;
}
