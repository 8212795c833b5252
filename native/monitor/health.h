/* Health checks: a process of the plan's, run again and again; what it says makes the container healthy or not (Docker's rules). */
#pragma once

#include "loop.h"
#include "plan.h"

#define HEALTH_LOG 5

enum health_status { HEALTH_STARTING, HEALTH_HEALTHY, HEALTH_UNHEALTHY };

struct probe;

struct health {
	enum health_status status;
	unsigned streak; /* failures in a row */
	int64_t began;	 /* the container, monotonic */
	struct timer timer;
	struct probe *probe;   /* on its way */
	char *log[HEALTH_LOG]; /* its last results as JSON objects, oldest first */
	unsigned count;
	bool follows;
};

/* The container has started, or was unpaused: `fresh` forgets what was before. */
void health_follow(struct health *health, bool fresh);
/* It is paused or has ended: from now on it is unhealthy, as Docker has it. */
void health_unfollow(struct health *health);
const char *health_word(const struct health *health);
