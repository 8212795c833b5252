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
	uint32_t devices[DEVICES];
};

static const struct header fresh = {"HWSTATS1", 2, sizeof(struct sample), FINE_SLOTS, COARSE_SLOTS, 0, 0, 0, {0}};

/* v2 has the CPU time in cpu.stat; v1 spreads over its controllers. */
static const struct place {
	const char *controller, *v1, *v2;
} places[SOURCES] = {
	[CPU] = {"cpuacct", "cpuacct.usage", "cpu.stat"},
	[CPU_STAT] = {"cpu", "cpu.stat", NULL},
	[MEMORY] = {"memory", "memory.usage_in_bytes", "memory.current"},
	[MEMORY_STAT] = {"memory", "memory.stat", "memory.stat"},
	[MEMORY_KERNEL] = {"memory", "memory.kmem.usage_in_bytes", NULL},
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
	memcpy(stats->devices, header.devices, sizeof stats->devices);
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

static uint64_t read_number(struct stats *stats, enum source source)
{
	return strtoull(read_source(stats, source), NULL, 10);
}

static void read_cpu(struct stats *stats, struct counters *now)
{
	if (!stats->unified) {
		now->totals[CPU_TIME] = read_number(stats, CPU);
		return;
	}
	const char *from = read_source(stats, CPU);
	now->totals[CPU_TIME] = number_of(from, "usage_usec") * 1000;
	now->totals[THROTTLED] = number_of(from, "throttled_usec") * 1000;
}

/* The names of memory.stat; v1 has those of the whole tree with a prefix. */
static uint64_t kib_of(const char *from, const char *key)
{
	return number_of(from, key) / 1024;
}

static void set_level(struct stats *stats, enum value value, uint64_t level)
{
	stats->levels[value - TOTALS] = level;
}

static void read_memory(struct stats *stats)
{
	uint64_t usage = read_number(stats, MEMORY) / 1024;
	bool v2 = stats->unified;
	set_level(stats, SWAPPED, v2 ? read_number(stats, SWAP) / 1024 : 0);
	set_level(stats, KERNEL, v2 ? 0 : read_number(stats, MEMORY_KERNEL) / 1024);
	const char *from = read_source(stats, MEMORY_STAT);
	uint64_t inactive = kib_of(from, v2 ? "inactive_file" : "total_inactive_file");
	set_level(stats, MEMORY_USED, usage > inactive ? usage - inactive : 0);
	set_level(stats, ANON, kib_of(from, v2 ? "anon" : "total_rss"));
	set_level(stats, FILE_CACHE, kib_of(from, v2 ? "file" : "total_cache"));
	set_level(stats, SHMEM, kib_of(from, v2 ? "shmem" : "total_shmem"));
	if (v2)
		set_level(stats, KERNEL, kib_of(from, "kernel"));
	else
		set_level(stats, SWAPPED, kib_of(from, "total_swap"));
	set_level(stats, PIDS_NOW, read_number(stats, PIDS));
}

/* A device's place, for as long as the ring is kept. */
static unsigned place_of(struct stats *stats, uint32_t device)
{
	for (unsigned i = 0; i < DEVICES - 1; i++) {
		if (stats->devices[i] == 0 &&
			pwrite(stats->ring, &device, sizeof device, offsetof(struct header, devices) + (off_t)(i * sizeof device)) > 0)
			stats->devices[i] = device;
		if (stats->devices[i] == device)
			return i;
	}
	return DEVICES - 1;
}

static uint64_t after(const char *line, const char *end, const char *word)
{
	const char *at = memmem(line, (size_t)(end - line), word, strlen(word));
	return at ? strtoull(at + strlen(word), NULL, 10) : 0;
}

/* Lines "8:0 rbytes=1 wbytes=2 …" (v2), or "8:0 Read 1" and "8:0 Write 2" (v1). */
static void read_io(struct stats *stats, struct counters *now)
{
	memset(now->totals + READ, 0, 2 * DEVICES * sizeof *now->totals);
	for (const char *line = read_source(stats, IO), *end; (end = strchr(line, '\n')); line = end + 1) {
		char *rest;
		unsigned long major = strtoul(line, &rest, 10), minor = *rest == ':' ? strtoul(rest + 1, NULL, 10) : 0;
		uint64_t read = after(line, end, stats->unified ? " rbytes=" : " Read "),
			 written = after(line, end, stats->unified ? " wbytes=" : " Write ");
		if (*rest != ':' || (read == 0 && written == 0))
			continue;
		unsigned place = place_of(stats, (uint32_t)(major << 20 | minor));
		now->totals[READ + place] += read;
		now->totals[WRITTEN + place] += written;
	}
	if (!stats->unified)
		now->totals[THROTTLED] = number_of(read_source(stats, CPU_STAT), "throttled_time");
}

/* Lines "eth0: RECEIVED packets errs drop fifo frame compressed multicast SENT …". */
static void read_net(struct stats *stats, struct counters *now)
{
	if (stats->fds[NET] < 0)
		return;
	now->totals[RECEIVED] = now->totals[SENT] = 0;
	for (const char *at = read_source(stats, NET); (at = strchr(at, ':')); at++) {
		if (at - text >= 2 && memcmp(at - 2, "lo", 2) == 0 && (at - text == 2 || at[-3] == ' '))
			continue;
		char *end = (char *)(uintptr_t)at + 1;
		now->totals[RECEIVED] += strtoull(end, &end, 10);
		for (int skip = 0; skip < 7; skip++)
			strtoull(end, &end, 10);
		now->totals[SENT] += strtoull(end, &end, 10);
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
	stats->quiet = now->totals[CPU_TIME] == stats->last.totals[CPU_TIME] ? stats->quiet + 1 : 0;
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

static uint16_t clamp16(uint64_t value)
{
	return value > UINT16_MAX ? UINT16_MAX : (uint16_t)value;
}

static packed pack(uint64_t value)
{
	unsigned exponent = 0;
	while (value >> exponent > 2047)
		exponent++;
	return exponent > 31 ? UINT16_MAX : (packed)(exponent << 11 | value >> exponent);
}

static uint64_t unpack(packed value)
{
	return (uint64_t)(value & 2047) << (value >> 11);
}

static uint64_t unit_of(enum value value)
{
	return value == CPU_TIME || value == THROTTLED ? 1000 : 1;
}

/* Whole units since the last sample; what the sample cannot hold is carried, so that nothing is lost by rounding. */
static uint64_t step(struct stats *stats, const struct counters *now, enum value value)
{
	uint64_t before = stats->last.totals[value], unit = unit_of(value);
	uint64_t delta = (now->totals[value] > before ? now->totals[value] - before : 0) + stats->carry[value];
	uint64_t kept = value == CPU_TIME ? clamp(delta / unit) : unpack(pack(delta / unit));
	stats->carry[value] = delta - kept * unit;
	return kept;
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

static struct sample make_sample(uint32_t time, const uint64_t values[VALUES], uint16_t flags)
{
	struct sample sample = {
		.time = time,
		.cpu_us = clamp(values[CPU_TIME]),
		.memory_kib = clamp(values[MEMORY_USED]),
		.throttled_us = pack(values[THROTTLED]),
		.anon_kib = pack(values[ANON]),
		.file_kib = pack(values[FILE_CACHE]),
		.kernel_kib = pack(values[KERNEL]),
		.shmem_kib = pack(values[SHMEM]),
		.swap_kib = pack(values[SWAPPED]),
		.received = pack(values[RECEIVED]),
		.sent = pack(values[SENT]),
		.pids = clamp16(values[PIDS_NOW]),
		.flags = flags,
	};
	for (unsigned i = 0; i < 5; i++)
		sample.pressure[i] = clamp16(values[PRESSURE + i]);
	for (unsigned i = 0; i < DEVICES; i++) {
		sample.devices[i].read = pack(values[READ + i]);
		sample.devices[i].written = pack(values[WRITTEN + i]);
	}
	return sample;
}

/* Sums of what was counted, means of the levels. */
static void finish_minute(struct stats *stats, uint32_t time)
{
	uint64_t values[VALUES];
	for (unsigned i = 0; i < VALUES; i++)
		values[i] = i < TOTALS ? stats->minute.sums[i] : stats->minute.sums[i] / stats->minute.count;
	struct sample sample = make_sample(time, values, stats->minute.flags);
	put_slot(stats, COARSE_AT + (off_t)(stats->coarse_written % COARSE_SLOTS * sizeof sample), &sample);
	stats->coarse_written++;
	memset(&stats->minute, 0, sizeof stats->minute);
}

static void add_to_minute(struct stats *stats, uint32_t time, const uint64_t values[VALUES])
{
	for (unsigned i = 0; i < VALUES; i++)
		stats->minute.sums[i] += values[i];
	stats->minute.flags |= stats->flags;
	if (++stats->minute.count == 60)
		finish_minute(stats, time);
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
	struct counters now;
	uint64_t values[VALUES];
	uint32_t time = (uint32_t)(wall_ns() / 1000000000);
	int64_t at = monotonic_ns(), interval = at - stats->last_ns;
	read_all(stats, &now);
	for (unsigned i = 0; i < TOTALS; i++)
		values[i] = step(stats, &now, i);
	for (unsigned i = 0; i < 5; i++)
		stats->levels[PRESSURE + i - TOTALS] = share(now.pressure_us[i], stats->last.pressure_us[i], interval);
	memcpy(values + TOTALS, stats->levels, sizeof stats->levels);
	struct sample sample = make_sample(time, values, stats->flags);
	stats->last = now;
	stats->last_ns = at;
	put_slot(stats, FINE_AT + (off_t)(stats->fine_written % FINE_SLOTS * sizeof sample), &sample);
	stats->fine_written++;
	add_to_minute(stats, time, values);
	stats->flags &= SAMPLE_PAUSED;
	put_written(stats);
}
