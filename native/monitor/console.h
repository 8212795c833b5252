/* The console socket: the runtime sends the master side of the process's terminal over it (SCM_RIGHTS). */
#pragma once

#include <limits.h>
#include <stdbool.h>

#include "error.h"

struct console {
	int fd;
	char name[24];	     /* in the monitor's folder */
	char path[PATH_MAX]; /* as the runtime is told */
};

int console_open(struct console *console, const char *folder, unsigned number, struct error *err);
/* The terminal that was sent, or -1. The socket must have been served by now: the runtime has ended. */
int console_receive(struct console *console, struct error *err);
void console_close(struct console *console);
