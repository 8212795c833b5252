/* A further process in the container: the runtime's exec makes it, and it has streams of its own. */
#pragma once

#include "console.h"
#include "job.h"
#include "streams.h"

struct process;

/* What its owner does. One of failed and started comes, then finished after started. */
struct process_owner {
	/* 125, 126 or 127, and why; there is no process. */
	void (*failed)(struct process *process, int code, const char *text);
	/* Its output is not read before this has returned. */
	void (*started)(struct process *process);
	/* It has ended, and its output is here. */
	void (*finished)(struct process *process);
};

struct process {
	const struct process_owner *owner;
	unsigned number;
	bool tty, ended;
	unsigned rows, cols;
	pid_t pid;
	int exit_code, signal;
	struct streams streams;
	struct job job;
	struct child child;
	struct console *console;
	struct timer timer;
	int child_fds[3];
	int64_t began;
};

/* The owner sets `owner`, `tty` and size before. */
void process_init(struct process *process);
/* `file`: the process JSON, absolute. On an error, nothing was begun and the owner hears nothing. */
int process_begin(struct process *process, const char *file, bool input, struct error *err);
/* As long as it lives; before that, the runtime is killed. */
void process_signal(struct process *process, int signal);
/* The container has ended, and the process with it: finished comes now, unless the runtime is still at it. */
void process_end(struct process *process);
/* Gives back what it holds; clients that are joined lose it. */
void process_free(struct process *process);
