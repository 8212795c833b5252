/* Capabilities, by number and as sets, without libcap. */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "error.h"
#include "spec.h"

/* Number of "CAP_CHOWN" (or "chown"), -1 when there is none of that name. */
int caps_number(const char *name);
const char *caps_name(int number);

/* Lowers the bounding set; must come before the ids are changed. */
int caps_bound(const struct process *process, struct error *err);
/* Sets the rest after the ids were changed under PR_SET_KEEPCAPS. */
int caps_apply(const struct process *process, struct error *err);
