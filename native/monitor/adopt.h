/* A monitor that takes over a container which has one already: its predecessor was killed. */
#pragma once

#include "monitor.h"

/* Started by a keeper: `old` is what the predecessor knew. Closes what it had open but for what goes on; before anything is opened. */
void adopt_descriptors(const struct monitor *old, int lock);
/* Goes on where it was. */
void adopt(struct monitor *m, const struct monitor *old);
/* Started by a command, because the keeper was killed as well: fills `old` from the status file, and finds the container's pipes.
 * Answers on the launcher's pipe what cannot be had back. An error when there is nothing to take over. */
int adopt_from_status(struct monitor *m, struct monitor *old, struct error *err);
