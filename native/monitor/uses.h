/* What the container uses of the store, its networks and volumes, as the events of a start and an end tell it. */
#pragma once

#include "plan.h"

void uses_taken(const struct plan *plan);
void uses_left(const struct plan *plan);
