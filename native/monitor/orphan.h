/* A process that is not our child and never becomes one: the monitor and the keeper that knew it were both killed. */
#pragma once

#include <sys/types.h>

#include "loop.h"

struct orphan {
	struct watch watch; /* a pidfd */
	pid_t pid;
	struct timer timer;
	/* `status` as waitpid() gives it, or -1: the kernel does not say (before 6.15). */
	void (*ended)(struct orphan *orphan, int status);
};

/* Takes a copy of `pidfd`. */
int orphan_follow(struct orphan *orphan, pid_t pid, int pidfd, void (*ended)(struct orphan *orphan, int status), struct error *err);
/* It has ended already: -1, unless somebody else tells within a moment how, and forgets this. */
void orphan_doubt(struct orphan *orphan, void (*ended)(struct orphan *orphan, int status));
void orphan_forget(struct orphan *orphan);
