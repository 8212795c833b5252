/* The verbs of hawser-net. Each may be done again, and finds what is done already. */
#pragma once

#include "plan.h"

/* Sets the network of the container whose init process is `pid` up; all of it or nothing but bridges. The sockets that hold its
 * host ports are handed to `hold`, unless that is -1. */
int network_up(const struct plan *plan, int pid, int hold, struct error *err);

/* Does again what is missing of a running container's network, whose host ports are held already. */
int network_mend(const struct plan *plan, int pid, struct error *err);

/* Takes back what outlives the container's namespace: its elements. */
int network_down(const struct plan *plan, struct error *err);

/* Takes what the plan has of a running container's network away again. */
int network_unplug(const struct plan *plan, int pid, struct error *err);

/* Makes the tables and bridges. */
int network_bridge(const struct plan *plan, struct error *err);

/* Removes the plan's bridges, and what the tables say of them. */
int network_unbridge(const struct plan *plan, struct error *err);

/* Removes the tables and the plan's bridges. */
int network_reset(const struct plan *plan, struct error *err);

/* Prints what is amiss, for `hawser doctor`. */
int network_check(const struct plan *plan, struct error *err);
