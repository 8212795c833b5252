/* Entering a target: a mount namespace in which "/" is the target folder and nothing else exists, few capabilities, and only
 * the system calls that writing a tree takes. What is needed from outside must be open before. */
#pragma once

#include "error.h"

/* Makes `target` the root of this process. It must be a folder of the store, not one that a stranger could shape. */
int sandbox_enter(const char *target, struct error *err);

/* The second half alone, for one that has made its root itself (view.h): few capabilities, few system calls. */
int sandbox_seal(struct error *err);
