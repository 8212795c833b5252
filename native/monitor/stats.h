/* The statistics ring: an hour of seconds and a day of minutes (docs/formats.md, "Statistics ring"), read from the container's
 * cgroup and network through descriptors that stay open. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "error.h"

#define FINE_SLOTS 3600
#define COARSE_SLOTS 1440

struct __attribute__((packed)) sample {
	uint32_t time, cpu_us, throttled_us, memory_kib, cache_kib, swap_kib;
	uint32_t read_kib, written_kib, received_kib, sent_kib;
	uint16_t pids, flags;
	uint16_t pressure[5];
	uint16_t zero;
};
_Static_assert(sizeof(struct sample) == 56, "a sample has 56 bytes");

enum sample_flag { SAMPLE_OOM = 1, SAMPLE_PAUSED = 2, SAMPLE_RESTARTED = 4 };

/* Totals as the kernel counts them. */
struct counters {
	uint64_t cpu_ns, throttled_ns, read, written, received, sent;
	uint64_t pressure_us[5];
};

/* Gauges as last read. */
struct gauges {
	uint64_t memory, cache, swap, pids;
};

/* What is read: descriptors, -1 for what this kernel or container lacks. The meaning of each differs between v1 and v2. */
enum source { CPU, CPU_STAT, MEMORY, MEMORY_STAT, SWAP, IO, PIDS, NET, PRESSURE_CPU, PRESSURE_MEMORY, PRESSURE_IO, SOURCES };

struct stats {
	int ring;
	int fds[SOURCES];
	bool unified;
	unsigned quiet; /* seconds since the container last used a CPU */
	uint16_t flags;
	int64_t last_ns;
	struct counters last, carry;
	struct gauges gauges;
	uint64_t fine_written, coarse_written, started;
	struct {
		unsigned count;
		uint64_t sums[16];
		uint16_t flags;
	} minute;
};

/* Opens or makes the ring; a ring that is not ours is begun anew. */
int stats_open(struct stats *stats, const char *path, struct error *err);
/* The container's sources, from now on. */
void stats_follow(struct stats *stats, const char *cgroup, pid_t pid);
/* The same, of a container that runs already: what was before is in the ring. */
void stats_resume(struct stats *stats, const char *cgroup, pid_t pid);
void stats_unfollow(struct stats *stats);
/* One sample of what happened since the last. */
void stats_sample(struct stats *stats);
