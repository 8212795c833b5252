/* Host ports as sockets: binding one finds out who else has it, and keeping it bound keeps others from taking it. */
#pragma once

#include "plan.h"

struct holds {
	int *fds;
	size_t count;
};

/* Binds every port of the plan; the first that is taken is the error, with who has it. */
int holds_bind(struct holds *holds, const struct plan *plan, struct error *err);

/* Hands the sockets to whoever keeps them while the container runs, over a Unix socket, up to 200 with each byte. */
int holds_send(const struct holds *holds, int to, struct error *err);

void holds_finish(struct holds *holds);
#define cleanup_holds __attribute__((cleanup(holds_finish)))
