/* Frames between the runtime and the process that becomes the container: one datagram each way at a time. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "error.h"

enum sync_type { SYNC_ERROR = 1, SYNC_GO, SYNC_HOOKS, SYNC_READY, SYNC_PID, SYNC_STDIO, SYNC_TIME, SYNC_LISTENER };

struct sync_frame {
	uint32_t type;
	int32_t code; /* errno of an error; pid of SYNC_PID, descriptor of SYNC_LISTENER; user id of SYNC_STDIO */
	char text[ERROR_TEXT];
};

int sync_open(int *parent, int *child, struct error *err);
int sync_send(int fd, enum sync_type type, int code, struct error *err);
int sync_send_error(int fd, const struct error *failure);
/* Waits for a frame of this type; an error frame becomes our error, an end without one says so. */
int sync_expect(int fd, enum sync_type type, int *code, struct error *err);
/* The next frame whatever it is; 0 at the end. */
int sync_receive(int fd, struct sync_frame *frame, struct error *err);
