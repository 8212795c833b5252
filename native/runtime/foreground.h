/* run and exec in the foreground: signals that come to us go to the process, and a terminal without a console socket is
 * passed through to our own. */
#pragma once

#include <termios.h>

#include "container.h"

struct foreground {
	int signals; /* signalfd, -1 until opened */
	int socket;  /* our end of the console socket, -1: none */
	bool raw;    /* our terminal was changed */
	struct termios saved;
};
#define FOREGROUND_INIT                                                                                                                    \
	{                                                                                                                                  \
		.signals = -1, .socket = -1                                                                                                \
	}

/* Before the process is made. With a terminal and no console socket, c->console_fd becomes one to us. */
int foreground_open(struct foreground *foreground, struct container *c, struct error *err);
/* Serves until the process ends; its exit code, 128+n for a signal. */
int foreground_wait(struct foreground *foreground, pid_t pid);
void foreground_finish(struct foreground *foreground);
