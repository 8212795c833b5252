/* Out-of-memory kills in the container: noticed when they happen, counted from the cgroup's own counter. */
#pragma once

#include <stdint.h>

#include "loop.h"

struct oom {
	struct watch watch; /* v1: eventfd; v2: memory.events */
	int counter;
	uint64_t kills;
	bool alarmed; /* a kill may be under way */
	void (*happened)(struct oom *oom);
};

void oom_follow(struct oom *oom, const char *cgroup, void (*happened)(struct oom *oom));
/* The same, of a container that runs already: what was before is known. */
void oom_resume(struct oom *oom, const char *cgroup, void (*happened)(struct oom *oom));
/* Reads the counter, and calls `happened` when it has grown. */
void oom_check(struct oom *oom);
void oom_unfollow(struct oom *oom);
