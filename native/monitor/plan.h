/* What the monitor shall do: the plan file, checked and typed (docs/formats.md, "plan"). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "fields.h"

enum restart_policy { RESTART_NO, RESTART_ALWAYS, RESTART_UNLESS_STOPPED, RESTART_ON_FAILURE };

/* Strings point into `fields`; optional ones are NULL. The lists end with NULL. */
struct plan {
	struct fields fields;
	const char *id, *name, *image;
	const char *runtime, *runtime_root, *bundle;
	const char **runtime_args;
	const char *net, *net_plan;
	bool tty, stdin_open, stdin_once, start_now;
	unsigned rows, cols;
	const char *log;
	uint64_t log_max_size, log_max_files;
	const char *log_attributes; /* JSON, for each line */
	const char **log_compress;  /* argv of a filter */
	/* Where lines go as well: a socket's path, or udp:ADDRESS:PORT. Fields are for the journal; heads, with %T for the time, for
	 * syslog. */
	const char *forward, *forward_out, *forward_err, *forward_time;
	const char **forward_fields;
	const char *exit_record, *stats, *journal, *uses;
	const char *health, *health_command;						     /* process JSON, and its words for events */
	int64_t health_interval, health_timeout, health_start_period, health_start_interval; /* ns */
	uint64_t health_retries;
	const char *cgroup, *monitor_cgroup;
	enum restart_policy restart;
	uint64_t restart_max;
	int stop_signal;
	int64_t stop_timeout;
	const char **exit_command;
	const char **labels;
};

int plan_read(struct plan *plan, int dirfd, struct error *err);

/* Parsers that requests share. */
bool parse_policy(const char *text, enum restart_policy *policy);
/* Whole seconds; -1 is for ever. */
bool parse_seconds(const char *text, int64_t *seconds);
bool parse_signal(const char *text, int *signal);
