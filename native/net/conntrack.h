/* The kernel's memory of connections. */
#pragma once

#include "plan.h"

/* A client that has been sending UDP to a published port since before the container was there would go on being answered
 * by nobody, or by the container of before: forgets such flows. */
int conntrack_forget(int nfnl, const struct plan *plan, struct error *err);
