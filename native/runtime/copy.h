#pragma once

#include "error.h"

/* Copies what is in the folder `from` into the folder `to`, and its owner, mode, times and attributes; follows nothing. Only
 * into an empty one: a container that starts again finds what it had. */
int copy_first(int from, int to, const char *name, struct error *err);
