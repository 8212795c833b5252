/* hawser-monitor DIR: one container's keeper. It reads DIR/plan, leaves its launcher, has the runtime make the container, and
 * stays until the container has ended for good (docs/formats.md, "hawser-monitor"). With --adopt it takes over a container that has lost
 * its monitor. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "adopt.h"
#include "cgroup.h"
#include "detach.h"
#include "life.h"
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

static void ends_ready(struct watch *watch, uint32_t events)
{
	struct keeper_end end;
	(void)events;
	while (read(watch->fd, &end, sizeof end) == sizeof end)
		child_was_reaped(end.pid, end.status);
}

/* Everything that can be refused before something exists. */
static int prepare(struct monitor *m, struct error *err)
{
	const struct plan *plan = &m->plan;
	if (!realpath(".", m->folder))
		return error_set(err, errno, "the working folder");
	if (plan_read(&m->plan, AT_FDCWD, err) < 0 || loop_init(err) < 0 || jobs_init(on_term, err) < 0)
		return -1;
	if (record_prepare(plan->exit_record, err) < 0 || log_open(&m->log, plan, err) < 0)
		return -1;
	m->ends.ready = ends_ready;
	if (stats_open(&m->stats, plan->stats, err) < 0 || watch_add(&m->ends, m->keeper.ends, EPOLLIN, err) < 0)
		return -1;
	return clients_listen(&verb_handlers, err);
}

static void leave(struct monitor *m)
{
	if (m->in_cgroup)
		cgroup_leave(m->plan.monitor_cgroup, m->keeper.pid);
	if (m->state == ENDED && m->plan.exit_command && !m->promised)
		run_detached(m->plan.exit_command);
}

/* One monitor at a time: the lock goes with the last process that has it. Its descriptor, or -1. */
static int enter(const char *folder, struct error *err)
{
	if (chdir(folder) < 0)
		return error_set(err, errno, "%s", folder);
	int lock = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (lock < 0 || flock(lock, LOCK_EX | LOCK_NB) < 0)
		return error_set(err, errno == EWOULDBLOCK ? 0 : errno, "the container has a monitor already");
	return lock;
}

static int begin(struct monitor *m, struct error *err)
{
	if (prepare(m, err) < 0)
		return -1;
	life_begin(m);
	return 0;
}

/* Apart from begin(): what the predecessor knew takes pages of the stack. */
static __attribute__((noinline)) int begin_again(struct monitor *m, int lock, struct error *err)
{
	struct monitor old = *m;
	memset(m, 0, sizeof *m);
	m->keeper = old.keeper;
	bool has_predecessor = m->keeper.successors;
	if (has_predecessor)
		adopt_descriptors(&old, lock);
	if (prepare(m, err) < 0 || (!has_predecessor && adopt_from_status(m, &old, err) < 0))
		return -1;
	adopt(m, &old);
	return 0;
}

int main(int argc, char *argv[])
{
	struct error err;
	bool adopts = argc == 3 && strcmp(argv[1], "--adopt") == 0;
	if (argc != 2 + adopts) {
		dprintf(2, "usage: hawser-monitor [--adopt] DIR\n");
		return 125;
	}
	if (check_launcher(argv[1 + adopts], &err) < 0 || detach(&err) < 0)
		return fail(&err);
	int lock = enter(argv[1 + adopts], &err);
	if (lock < 0)
		return fail(&err);
	spare_from_oom();
	if (keeper_begin(&monitor.keeper, &monitor, sizeof monitor, &err) < 0)
		return fail(&err);
	if ((adopts || monitor.keeper.successors ? begin_again(&monitor, lock, &err) : begin(&monitor, &err)) < 0) {
		clients_unlisten();
		return fail(&err);
	}
	loop_run(&monitor.done);
	clients_close_all();
	leave(&monitor);
	return 0;
}
