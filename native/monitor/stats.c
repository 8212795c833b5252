#include "stats.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "cgroup.h"
#include "clock.h"
#include "util.h"

#define HEADER 4096
#define FINE_AT HEADER
#define COARSE_AT (FINE_AT + FINE_SLOTS * (off_t)sizeof(struct sample))
#define RING_SIZE (COARSE_AT + COARSE_SLOTS * (off_t)sizeof(struct sample))
/* A container that has not run needs no new look at its memory more often than this. */
#define LOOK_AGAIN 10

struct __attribute__((packed)) header {
	char magic[8];
	uint32_t version, sample_size, fine_slots, coarse_slots;
	uint64_t fine_written, coarse_written, started;
};

static const struct header fresh = {"HWSTATS1", 1, sizeof(struct sample), FINE_SLOTS, COARSE_SLOTS, 0, 0, 0};

/* v2 has the CPU time in cpu.stat; v1 spreads over its controllers. */
static const struct place {
	const char *controller, *v1, *v2;
} places[SOURCES] = {
	[CPU] = {"cpuacct", "cpuacct.usage", "cpu.stat"},
	[CPU_STAT] = {"cpu", "cpu.stat", NULL},
	[MEMORY] = {"memory", "memory.usage_in_bytes", "memory.current"},
	[MEMORY_STAT] = {"memory", "memory.stat", "memory.stat"},
	[SWAP] = {NULL, NULL, "memory.swap.current"},
	[IO] = {"blkio", "blkio.throttle.io_service_bytes_recursive", "io.stat"},
	[PIDS] = {"pids", "pids.current", "pids.current"},
	[PRESSURE_CPU] = {NULL, NULL, "cpu.pressure"},
	[PRESSURE_MEMORY] = {NULL, NULL, "memory.pressure"},
	[PRESSURE_IO] = {NULL, NULL, "io.pressure"},
};

static bool read_header(struct stats *stats)
{
	struct header header;
	if (pread(stats->ring, &header, sizeof header, 0) != sizeof header ||
		memcmp(&header, &fresh, offsetof(struct header, fine_written)) != 0)
		return false;
	stats->fine_written = header.fine_written;
	stats->coarse_written = header.coarse_written;
	stats->started = header.started;
	return true;
}

static int begin_ring(struct stats *stats)
{
	struct header header = fresh;
	header.started = stats->started = (uint64_t)(wall_ns() / 1000000000);
	if (ftruncate(stats->ring, 0) < 0 || ftruncate(stats->ring, RING_SIZE) < 0)
		return -1;
	return pwrite(stats->ring, &header, sizeof header, 0) == sizeof header ? 0 : -1;
}

int stats_open(struct stats *stats, const char *path, struct error *err)
{
	struct stat st;
	*stats = (struct stats){.ring = -1, .unified = cgroup_is_unified()};
	for (int i = 0; i < SOURCES; i++)
		stats->fds[i] = -1;
	if (!path)
		return 0;
	stats->ring = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (stats->ring < 0 || fstat(stats->ring, &st) < 0 || !S_ISREG(st.st_mode))
		return error_set(err, errno, "open the statistics %s", path);
	if ((st.st_size != RING_SIZE || !read_header(stats)) && begin_ring(stats) < 0)
		return error_set(err, errno, "write the statistics %s", path);
	return 0;
}

static ino_t net_namespace(const char *who)
{
	char path[64];
	struct stat st;
	snprintf(path, sizeof path, "/proc/%s/ns/net", who);
	return stat(path, &st) == 0 ? st.st_ino : 0;
}

/* The host's own network says nothing about the container. */
static int open_net(pid_t pid)
{
	char who[16], path[64];
	snprintf(who, sizeof who, "%d", (int)pid);
	snprintf(path, sizeof path, "/proc/%d/net/dev", (int)pid);
	return net_namespace(who) == net_namespace("self") ? -1 : open(path, O_RDONLY | O_CLOEXEC);
}

/* One text at a time: the largest, memory.stat, has about 2 KiB. */
static char text[8192];

static const char *read_source(struct stats *stats, enum source source)
{
	ssize_t n = stats->fds[source] < 0 ? -1 : pread(stats->fds[source], text, sizeof text - 1, 0);
	text[n > 0 ? n : 0] = 0;
	return text;
}

/* The number after `key` and a space at the beginning of a line; 0 when there is none. */
static uint64_t number_of(const char *from, const char *key)
{
	size_t size = strlen(key);
	for (const char *line = from; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, size) == 0 && line[size] == ' ')
			return strtoull(line + size + 1, NULL, 10);
	}
	return 0;
}

/* The sum of the numbers that come after each occurrence of `word`. */
static uint64_t sum_after(const char *from, const char *word)
{
	uint64_t sum = 0;
	for (size_t size = strlen(word); (from = strstr(from, word)); from += size)
		sum += strtoull(from + size, NULL, 10);
	return sum;
}

static uint64_t read_number(struct stats *stats, enum source source)
{
	return strtoull(read_source(stats, source), NULL, 10);
}

static void read_cpu(struct stats *stats, struct counters *now)
{
	if (!stats->unified) {
		now->cpu_ns = read_number(stats, CPU);
		return;
	}
	const char *from = read_source(stats, CPU);
	now->cpu_ns = number_of(from, "usage_usec") * 1000;
	now->throttled_ns = number_of(from, "throttled_usec") * 1000;
}

static void read_memory(struct stats *stats)
{
	struct gauges *gauges = &stats->gauges;
	uint64_t usage = read_number(stats, MEMORY);
	const char *from = read_source(stats, MEMORY_STAT);
	uint64_t inactive = number_of(from, stats->unified ? "inactive_file" : "total_inactive_file");
	gauges->memory = usage > inactive ? usage - inactive : 0;
	gauges->cache = number_of(from, stats->unified ? "file" : "total_cache");
	gauges->swap = stats->unified ? read_number(stats, SWAP) : number_of(from, "total_swap");
	gauges->pids = read_number(stats, PIDS);
}

static void read_io(struct stats *stats, struct counters *now)
{
	const char *from = read_source(stats, IO);
	now->read = sum_after(from, stats->unified ? "rbytes=" : " Read ");
	now->written = sum_after(from, stats->unified ? "wbytes=" : " Write ");
	if (!stats->unified)
		now->throttled_ns = number_of(read_source(stats, CPU_STAT), "throttled_time");
}

/* Lines "eth0: RECEIVED packets errs drop fifo frame compressed multicast SENT …". */
static void read_net(struct stats *stats, struct counters *now)
{
	if (stats->fds[NET] < 0)
		return;
	now->received = now->sent = 0;
	for (const char *at = read_source(stats, NET); (at = strchr(at, ':')); at++) {
		if (at - text >= 2 && memcmp(at - 2, "lo", 2) == 0 && (at - text == 2 || at[-3] == ' '))
			continue;
		char *end = (char *)(uintptr_t)at + 1;
		now->received += strtoull(end, &end, 10);
		for (int skip = 0; skip < 7; skip++)
			strtoull(end, &end, 10);
		now->sent += strtoull(end, &end, 10);
	}
}

static void read_pressure(struct stats *stats, struct counters *now)
{
	static const enum source from[5] = {PRESSURE_CPU, PRESSURE_MEMORY, PRESSURE_MEMORY, PRESSURE_IO, PRESSURE_IO};
	static const bool full[5] = {false, false, true, false, true};
	for (int i = 0; i < 5; i++) {
		if (stats->fds[from[i]] < 0)
			continue;
		const char *line = read_source(stats, from[i]);
		if (full[i])
			line = strstr(line, "full ");
		now->pressure_us[i] = line && (line = strstr(line, "total=")) ? strtoull(line + 6, NULL, 10) : 0;
	}
}

/* Idle containers are the many: as long as one uses no CPU, its other numbers are looked at only now and then. */
static void read_all(struct stats *stats, struct counters *now)
{
	*now = stats->last;
	read_cpu(stats, now);
	stats->quiet = now->cpu_ns == stats->last.cpu_ns ? stats->quiet + 1 : 0;
	if (stats->quiet % LOOK_AGAIN > 1)
		return;
	read_memory(stats);
	read_io(stats, now);
	read_pressure(stats, now);
	read_net(stats, now);
}

void stats_follow(struct stats *stats, const char *cgroup, pid_t pid)
{
	if (stats->ring < 0)
		return;
	stats_unfollow(stats);
	for (int i = 0; i < SOURCES; i++) {
		const char *file = stats->unified ? places[i].v2 : places[i].v1;
		char path[PATH_MAX];
		if (!file)
			continue;
		cgroup_file(path, places[i].controller, cgroup, file);
		stats->fds[i] = open(path, O_RDONLY | O_CLOEXEC);
	}
	stats->fds[NET] = open_net(pid);
	stats->last_ns = monotonic_ns();
	stats->quiet = 0;
	/* What the runtime used to make the container counts as well: the cgroup begins at zero. */
	stats->last = (struct counters){0};
}

void stats_resume(struct stats *stats, const char *cgroup, pid_t pid)
{
	struct counters now;
	stats_follow(stats, cgroup, pid);
	read_all(stats, &now);
	stats->last = now;
}

void stats_unfollow(struct stats *stats)
{
	for (int i = 0; i < SOURCES; i++)
		if (stats->fds[i] >= 0) {
			close(stats->fds[i]);
			stats->fds[i] = -1;
		}
}

static uint32_t clamp(uint64_t value)
{
	return value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
}

/* Whole units since the last sample; what is left over is carried, so that nothing is lost by rounding. */
static uint32_t step(uint64_t now, uint64_t last, uint64_t *carry, uint64_t unit)
{
	uint64_t delta = (now > last ? now - last : 0) + *carry;
	*carry = delta % unit;
	return clamp(delta / unit);
}

static void put_slot(struct stats *stats, off_t at, const struct sample *sample)
{
	/* A disk that takes nothing loses a sample, no more. */
	if (pwrite(stats->ring, sample, sizeof *sample, at) < 0)
		errno = 0;
}

static void put_written(struct stats *stats)
{
	uint64_t written[2] = {stats->fine_written, stats->coarse_written};
	if (pwrite(stats->ring, written, sizeof written, offsetof(struct header, fine_written)) < 0)
		errno = 0;
}

/* The words of a sample that are totals of their interval; the others are means over a minute. */
static const bool is_total[10] = {false, true, true, false, false, false, true, true, true, true};

static void finish_minute(struct stats *stats, uint32_t time)
{
	struct sample sample = {.time = time, .flags = stats->minute.flags};
	uint32_t words[10];
	for (int i = 0; i < 10; i++)
		words[i] = clamp(is_total[i] ? stats->minute.sums[i] : stats->minute.sums[i] / stats->minute.count);
	words[0] = time;
	memcpy(&sample, words, sizeof words);
	sample.pids = (uint16_t)(stats->minute.sums[10] / stats->minute.count);
	for (int i = 0; i < 5; i++)
		sample.pressure[i] = (uint16_t)(stats->minute.sums[11 + i] / stats->minute.count);
	put_slot(stats, COARSE_AT + (off_t)(stats->coarse_written % COARSE_SLOTS * sizeof sample), &sample);
	stats->coarse_written++;
	memset(&stats->minute, 0, sizeof stats->minute);
}

static void add_to_minute(struct stats *stats, const struct sample *sample)
{
	uint32_t words[10];
	memcpy(words, sample, sizeof words);
	for (int i = 0; i < 10; i++)
		stats->minute.sums[i] += words[i];
	stats->minute.sums[10] += sample->pids;
	for (int i = 0; i < 5; i++)
		stats->minute.sums[11 + i] += sample->pressure[i];
	stats->minute.flags |= sample->flags;
	if (++stats->minute.count == 60)
		finish_minute(stats, sample->time);
}

static uint16_t share(uint64_t now, uint64_t last, int64_t interval_ns)
{
	uint64_t delta_ns = (now > last ? now - last : 0) * 1000;
	uint64_t value = interval_ns > 0 ? delta_ns * 10000 / (uint64_t)interval_ns : 0;
	return value > 10000 ? 10000 : (uint16_t)value;
}

void stats_sample(struct stats *stats)
{
	if (stats->ring < 0)
		return;
	struct counters now, *last = &stats->last, *carry = &stats->carry;
	int64_t at = monotonic_ns(), interval = at - stats->last_ns;
	read_all(stats, &now);
	struct sample sample = {
		.time = (uint32_t)(wall_ns() / 1000000000),
		.cpu_us = step(now.cpu_ns, last->cpu_ns, &carry->cpu_ns, 1000),
		.throttled_us = step(now.throttled_ns, last->throttled_ns, &carry->throttled_ns, 1000),
		.memory_kib = clamp(stats->gauges.memory / 1024),
		.cache_kib = clamp(stats->gauges.cache / 1024),
		.swap_kib = clamp(stats->gauges.swap / 1024),
		.read_kib = step(now.read, last->read, &carry->read, 1024),
		.written_kib = step(now.written, last->written, &carry->written, 1024),
		.received_kib = step(now.received, last->received, &carry->received, 1024),
		.sent_kib = step(now.sent, last->sent, &carry->sent, 1024),
		.pids = stats->gauges.pids > UINT16_MAX ? UINT16_MAX : (uint16_t)stats->gauges.pids,
		.flags = stats->flags,
	};
	for (int i = 0; i < 5; i++)
		sample.pressure[i] = share(now.pressure_us[i], last->pressure_us[i], interval);
	stats->last = now;
	stats->last_ns = at;
	stats->flags &= SAMPLE_PAUSED;
	put_slot(stats, FINE_AT + (off_t)(stats->fine_written % FINE_SLOTS * sizeof sample), &sample);
	stats->fine_written++;
	add_to_minute(stats, &sample);
	put_written(stats);
}
