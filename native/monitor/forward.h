/* Lines that go to the host's journal or to a syslog daemon as well: one datagram each. Whoever is slow there, or gone, loses lines and is
 * told so by the status; the container is never held up. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plan.h"

struct forward {
	const struct plan *plan;
	int fd;
	int64_t tried;	  /* to connect, monotonic */
	uint64_t dropped; /* lines */
};

/* Without an address in the plan everything is a no-op. */
void forward_init(struct forward *forward, const struct plan *plan);
/* `partial`: the line goes on. */
void forward_line(struct forward *forward, int stream, const char *data, size_t size, bool partial);
