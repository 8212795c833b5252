#include "adopt.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "cgroup.h"
#include "clock.h"
#include "detach.h"
#include "journal.h"
#include "life.h"
#include "util.h"

static bool is_kept(const struct monitor *old, int lock, int fd)
{
	const int kept[] = {lock, old->keeper.ends, old->keeper.ends_in, old->streams.out[0].watch.fd, old->streams.out[1].watch.fd,
		old->streams.input.fd};
	for (unsigned i = 0; i < sizeof kept / sizeof *kept; i++)
		if (fd == kept[i])
			return true;
	return fd <= STDERR_FILENO || (fd == ANSWER_FD && !old->answered);
}

/* Sockets of the internet are those that hold the container's ports, but for one that is connected: that is the log's. */
static bool is_port(int fd)
{
	int domain;
	socklen_t size = sizeof domain;
	struct sockaddr_storage peer;
	socklen_t peer_size = sizeof peer;
	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && (domain == AF_INET || domain == AF_INET6) &&
	       getpeername(fd, (struct sockaddr *)&peer, &peer_size) < 0;
}

void adopt_descriptors(const struct monitor *old, int lock)
{
	cleanup_dir DIR *dir = opendir("/proc/self/fd");
	for (struct dirent *entry; dir && (entry = readdir(dir));) {
		int fd = atoi(entry->d_name);
		if (entry->d_name[0] != '.' && fd != dirfd(dir) && !is_kept(old, lock, fd) && !is_port(fd))
			close(fd);
	}
}

static void take_ports(struct monitor *m)
{
	cleanup_dir DIR *dir = opendir("/proc/self/fd");
	for (struct dirent *entry; dir && (entry = readdir(dir));)
		if (entry->d_name[0] != '.' && is_port(atoi(entry->d_name)))
			ports_keep(&m->ports, atoi(entry->d_name));
}

/* What its sessions and helpers had under way is lost with it. */
static void clear_leftovers(const struct monitor *old)
{
	const struct job *jobs[] = {&old->job, &old->side, &old->cleaners[0], &old->cleaners[1]};
	for (unsigned i = 0; i < sizeof jobs / sizeof *jobs; i++)
		if (jobs[i]->pid > 0)
			kill(jobs[i]->pid, SIGKILL);
	cleanup_dir DIR *dir = opendir(".");
	for (struct dirent *entry; dir && (entry = readdir(dir));)
		if (strncmp(entry->d_name, "exec-", 5) == 0 || strncmp(entry->d_name, "exec.", 5) == 0)
			unlink(entry->d_name);
}

static void orphan_ended(struct orphan *orphan, int status)
{
	struct monitor *m = container_of(orphan, struct monitor, orphan);
	m->unseen = status < 0;
	m->wait_status = status;
	happen(m, DIED);
}

static void copy_facts(struct monitor *m, const struct monitor *old)
{
	m->pid = old->pid;
	m->pid_start = old->pid_start;
	m->started_at = old->started_at;
	m->finished_at = old->finished_at;
	m->next_start = old->next_start;
	m->created_ns = old->created_ns;
	m->started_ns = old->started_ns;
	m->backoff = old->backoff;
	m->wait_status = old->wait_status;
	m->exit_code = old->exit_code;
	m->signal = old->signal;
	m->oom = old->oom;
	memcpy(m->error, old->error, sizeof m->error);
	m->error_code = old->error_code;
	m->restarts = old->restarts;
	m->answered = old->answered;
	m->ran = old->ran;
	m->in_cgroup = old->in_cgroup;
	m->manual = old->manual;
	m->final = old->final;
	m->stop_asked = old->stop_asked;
	m->health.status = old->health.status;
	m->health.streak = old->health.streak;
	m->has_network = old->has_network;
	m->adopted = old->adopted + 1;
}

/* Its process, streams and counters, from here on. */
static void follow(struct monitor *m, const struct monitor *old)
{
	struct error err;
	streams_adopt(&m->streams, &old->streams, m->plan.tty);
	oom_resume(&m->oom_watch, m->plan.cgroup, oom_happened);
	if (m->has_network)
		guard_follow(&m->guard, m->plan.net, m->plan.net_plan, m->pid);
	stats_resume(&m->stats, m->plan.cgroup, m->pid);
	m->pidfd = (int)syscall(SYS_pidfd_open, m->pid, 0);
	bool lives = m->pidfd >= 0 && process_start_time(m->pid) == m->pid_start;
	if (!lives && m->pidfd >= 0)
		close(m->pidfd);
	if (!lives)
		m->pidfd = -1;
	if (m->keeper.successors)
		child_expect(&m->init, m->pid, 0, init_ended);
	/* The predecessor may have had the word, and was killed before it wrote it down. */
	if (!lives || (!m->keeper.successors && orphan_follow(&m->orphan, m->pid, m->pidfd, orphan_ended, &err) < 0))
		orphan_doubt(&m->orphan, orphan_ended);
}

static void go_on_running(struct monitor *m, const struct monitor *old)
{
	m->state = old->state;
	timer_set(&m->tick, SECOND);
	if (m->state == PAUSED || m->state == RESUMING)
		m->stats.flags |= SAMPLE_PAUSED;
	else
		health_follow(&m->health, false);
	if (m->state == STOPPING && m->stop_timeout >= 0)
		timer_set(&m->timer, m->stop_timeout * SECOND);
	/* Done twice does no harm. */
	if (m->state == PAUSING)
		begin_pause(m);
	if (m->state == RESUMING)
		begin_resume(m);
	follow(m, old);
	announce(m);
}

/* Nobody knows how far it had come: begin again what was begun for a restart, take back what was not. */
static void go_on_creating(struct monitor *m)
{
	m->has_network = m->plan.net;
	if (m->answered) {
		m->again = true;
		clean(m);
	} else {
		give_up(m, 125, "the container's monitor was killed while it made the container");
	}
}

static void go_on_ending(struct monitor *m, const struct monitor *old)
{
	m->state = old->state;
	m->has_network = m->plan.net;
	m->again = old->again;
	streams_adopt(&m->streams, &old->streams, m->plan.tty);
	streams_update(&m->streams);
	if (m->state == DRAINING && !streams_is_drained(&m->streams))
		timer_set(&m->timer, 2 * SECOND);
	else
		clean(m);
}

static void go_on_waiting(struct monitor *m)
{
	int64_t left = m->next_start - wall_ns();
	m->state = WAITING;
	m->start_next = true;
	announce(m);
	timer_set(&m->timer, left < 0 ? 0 : left);
}

void adopt(struct monitor *m, const struct monitor *old)
{
	life_init(m);
	copy_facts(m, old);
	m->stop_signal = old->stop_signal;
	m->stop_timeout = old->stop_timeout;
	if (m->answered)
		answer_nobody();
	clear_leftovers(old);
	take_ports(m);
	journal_event(&m->plan, "adopt", NULL);
	switch (old->state) {
	case CREATING:
	case WIRING:
	case STARTING:
		go_on_creating(m);
		break;
	case CREATED:
		m->state = CREATED;
		timer_set(&m->timer, ABANDONED_TIME);
		follow(m, old);
		announce(m);
		break;
	case DRAINING:
	case CLEANING:
		go_on_ending(m, old);
		break;
	case WAITING:
		go_on_waiting(m);
		break;
	case ENDED:
		end(m);
		break;
	default:
		go_on_running(m, old);
		break;
	}
}

/* Opens the other side of a pipe that process `pid` has open. It may change its descriptors meanwhile: what was opened is looked at. */
static int open_pipe_of(const char *pid, uint64_t inode, int flags)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/%.20s/fd", pid);
	cleanup_dir DIR *dir = opendir(path);
	for (struct dirent *entry; dir && (entry = readdir(dir));) {
		struct stat st;
		if (entry->d_name[0] == '.' || fstatat(dirfd(dir), entry->d_name, &st, 0) < 0 || st.st_ino != inode ||
			!S_ISFIFO(st.st_mode))
			continue;
		int fd = openat(dirfd(dir), entry->d_name, flags | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
		if (fd >= 0 && fstat(fd, &st) == 0 && st.st_ino == inode && S_ISFIFO(st.st_mode))
			return fd;
		if (fd >= 0)
			close(fd);
	}
	return -1;
}

/* Among all processes of the container: its first one may have given its own away. */
static int find_pipe(const struct monitor *m, uint64_t inode, int flags)
{
	char path[PATH_MAX], line[32];
	cgroup_file(path, "memory", m->plan.cgroup, "cgroup.procs");
	cleanup_file FILE *processes = inode ? fopen(path, "re") : NULL;
	int fd = -1;
	while (fd < 0 && processes && fgets(line, sizeof line, processes)) {
		line[strcspn(line, "\n")] = 0;
		fd = open_pipe_of(line, inode, flags);
	}
	return fd;
}

static int64_t time_of(const struct fields *status, const char *key)
{
	const char *text = fields_get(status, key);
	return text ? parse_time(text) : 0;
}

static uint64_t number_of(const struct fields *status, const char *key)
{
	const char *text = fields_get(status, key);
	uint64_t value = 0;
	return text && parse_u64(text, INT64_MAX, &value) ? value : 0;
}

static bool says(const struct fields *status, const char *key, const char *value)
{
	const char *text = fields_get(status, key);
	return text && strcmp(text, value) == 0;
}

static void read_facts(struct monitor *old, const struct fields *status)
{
	old->state = says(status, "state", "paused") ? PAUSED : says(status, "state", "stopping") ? STOPPING : RUNNING;
	old->pid = (pid_t)number_of(status, "pid");
	old->pid_start = number_of(status, "pid-start");
	old->started_at = time_of(status, "started-at");
	old->finished_at = time_of(status, "finished-at");
	old->restarts = (unsigned)number_of(status, "restarts");
	old->adopted = (unsigned)number_of(status, "adopted");
	old->oom = says(status, "oom", "yes");
	old->manual = says(status, "manual", "yes");
	old->health.status = says(status, "health", "healthy")	   ? HEALTH_HEALTHY
			     : says(status, "health", "unhealthy") ? HEALTH_UNHEALTHY
								   : HEALTH_STARTING;
	old->ran = old->answered = true;
}

static void tell_launcher(const struct monitor *m, const struct monitor *old)
{
	char text[128];
	struct fields_writer writer = {text, sizeof text, 0, false};
	fields_put(&writer, "ok", "adopted");
	fields_put(&writer, "pid", "%d", (int)old->pid);
	if (m->plan.tty)
		fields_put(&writer, "lost", "terminal");
	else if (old->streams.out[0].watch.fd < 0 && old->streams.out[1].watch.fd < 0)
		fields_put(&writer, "lost", "output");
	answer(text, writer.used);
}

int adopt_from_status(struct monitor *m, struct monitor *old, struct error *err)
{
	static const char *const keys[] = {"stdin-pipe", "stdout-pipe", "stderr-pipe"};
	cleanup_fields struct fields status = {0};
	if (fields_read_file(&status, AT_FDCWD, "status", err) < 0)
		return -1;
	read_facts(old, &status);
	if (old->pid < 2 || process_start_time(old->pid) != old->pid_start)
		return error_set(err, 0, "the container has ended");
	old->has_network = m->plan.net;
	old->stop_signal = m->plan.stop_signal;
	old->stop_timeout = m->plan.stop_timeout;
	int fds[3];
	for (unsigned i = 0; i < 3; i++)
		fds[i] = find_pipe(m, number_of(&status, keys[i]), i == 0 ? O_WRONLY : O_RDONLY);
	old->streams.input.fd = fds[0];
	old->streams.out[0].watch.fd = fds[1];
	old->streams.out[1].watch.fd = fds[2];
	tell_launcher(m, old);
	return 0;
}
