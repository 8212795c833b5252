/* Children: helpers that we run (the runtime, the network helper) and processes that we inherit as their subreaper. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "error.h"

/* A helper on its way. `done` gets the wait status; `text` holds what it said on stderr, on one line. */
struct job {
	struct job *next;
	pid_t pid;
	int stderr_fd;
	char text[ERROR_TEXT / 2];
	void (*done)(struct job *job, int status);
};

/* Whoever waits for a process that is not a helper. */
struct child {
	struct child *next;
	pid_t pid;
	void (*ended)(struct child *child, int status);
};

/* Not for the kernel to choose: with us the container would lose its voice. Helpers get back what was before. */
void spare_from_oom(void);

/* Watches SIGCHLD, and SIGTERM, for which it calls `on_term`. Call once, before the first job; the signals that the monitor ignores are
 * ignored from here on. */
int jobs_init(void (*on_term)(void), struct error *err);

/* `fds`: its descriptors 0, 1, 2; NULL or -1: /dev/null for the first two and a pipe into `text` for the third. */
int job_start(struct job *job, const char *const argv[], const int fds[3], struct error *err);

/* Cuts `text` down to the message of its last line, without what runc's logger puts round it. */
void job_last_line(struct job *job);

/* Waits for a descendant that became our child. When it has ended already, after `since` (monotonic), `ended` is called at once. */
void child_expect(struct child *child, pid_t pid, int64_t since, void (*ended)(struct child *child, int status));
void child_forget(struct child *child);
/* A process of ours that somebody else has reaped. */
void child_was_reaped(pid_t pid, int status);

/* Runs argv apart from us, for good: nobody waits for it. */
void run_detached(const char *const argv[]);

/* The exit code as a shell would tell it: 128 + n for a signal. */
int exit_code_of(int status);
int signal_of(int status);
