/* The statistics ring: an hour of seconds and a day of minutes (docs/formats.md, "Statistics ring"), read from the container's
 * cgroup and network through descriptors that stay open. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "error.h"

#define FINE_SLOTS 3600
#define COARSE_SLOTS 1440
#define DEVICES 4

/* A number of 16 bits: 11 of mantissa, 5 of exponent. Exact below 2048, within a thousandth above. */
typedef uint16_t packed;

struct __attribute__((packed)) sample {
	uint32_t time, cpu_us, memory_kib;
	packed throttled_us, anon_kib, file_kib, kernel_kib, shmem_kib, swap_kib, received, sent;
	uint16_t pids, flags;
	uint16_t pressure[5];
	struct __attribute__((packed)) {
		packed read, written;
	} devices[DEVICES];
	uint16_t zero;
};
_Static_assert(sizeof(struct sample) == 60, "a sample has 60 bytes");

enum sample_flag { SAMPLE_OOM = 1, SAMPLE_PAUSED = 2, SAMPLE_RESTARTED = 4 };

/* What a sample holds, in its units, before it is packed. */
enum value {
	CPU_TIME,
	THROTTLED,
	RECEIVED,
	SENT,
	READ,
	WRITTEN = READ + DEVICES,
	TOTALS = WRITTEN + DEVICES, /* those before are of an interval, those after are levels */
	MEMORY_USED = TOTALS,
	ANON,
	FILE_CACHE,
	KERNEL,
	SHMEM,
	SWAPPED,
	PIDS_NOW,
	PRESSURE,
	VALUES = PRESSURE + 5
};

/* Totals as the kernel counts them, in the units of a sample; times in ns. */
struct counters {
	uint64_t totals[TOTALS];
	uint64_t pressure_us[5];
};

/* What is read: descriptors, -1 for what this kernel or container lacks. The meaning of each differs between v1 and v2. */
enum source { CPU, CPU_STAT, MEMORY, MEMORY_STAT, MEMORY_KERNEL, SWAP, IO, PIDS, NET, PRESSURE_CPU, PRESSURE_MEMORY, PRESSURE_IO, SOURCES };

struct stats {
	int ring;
	int fds[SOURCES];
	bool unified;
	unsigned quiet; /* seconds since the container last used a CPU */
	uint16_t flags;
	int64_t last_ns;
	struct counters last;
	uint64_t carry[TOTALS]; /* what was too little for a unit, or too fine for a number */
	uint64_t levels[VALUES - TOTALS];
	uint64_t fine_written, coarse_written, started;
	/* Major and minor number of each device, 0: none yet; the last is of all that have no place of their own. */
	uint32_t devices[DEVICES];
	struct {
		unsigned count;
		uint64_t sums[VALUES];
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
