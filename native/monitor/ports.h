/* The container's ports on the host: sockets that the network helper has bound and hands over (SCM_RIGHTS). Nobody listens on them;
 * as long as they are open, nobody else can. */
#pragma once

#include <stddef.h>

#include "error.h"

struct ports {
	int socket; /* our end of the helper's `--hold`, while it runs; or -1 */
	int *fds;
	size_t count;
};

/* Opens the way for them; `*theirs` is the helper's end, to be closed once it has been started. */
int ports_open(struct ports *ports, int *theirs, struct error *err);
/* Takes all that the helper has sent. It must have ended by now. */
int ports_take(struct ports *ports, struct error *err);
/* One that is open already. */
void ports_keep(struct ports *ports, int fd);
/* Lets go of them. */
void ports_close(struct ports *ports);
