/* The keeper: a process beside the monitor that does nothing but wait for it. It shares the monitor's descriptors and its `struct
 * monitor`, and inherits its children: when the monitor is killed, it starts a successor that finds all of that as it was. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "error.h"

struct keeper {
	pid_t pid;   /* its own; 0: there is none */
	int ends;    /* a pipe: what it has reaped in our place, as struct keeper_end */
	int ends_in; /* its other side, which only the keeper uses */
	unsigned successors;
	unsigned crashes; /* in a row */
};

struct keeper_end {
	pid_t pid;
	int status;
};

/* Shares `size` bytes of whole pages at `shared`, which holds `keeper`. Returns in a child; this process stays behind as the keeper, ends
 * as the child ends, and returns in a further child whenever one is killed: then keeper->successors is not 0. */
int keeper_begin(struct keeper *keeper, void *shared, size_t size, struct error *err);
