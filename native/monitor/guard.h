/* The store's nftables tables: when somebody has removed them, or their rules, the container's network is mended. */
#pragma once

#include <sys/types.h>

#include "job.h"
#include "loop.h"

struct guard {
	struct watch watch;
	struct timer timer;
	struct job mending;
	const char *net, *plan;
	pid_t pid;
	char table[64];
};

/* From now on for the container whose init process is `pid`; a kernel that does not tell of changes is as one where nothing happens. */
void guard_follow(struct guard *guard, const char *net, const char *plan, pid_t pid);
void guard_unfollow(struct guard *guard);
