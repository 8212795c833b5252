#pragma once

#include "error.h"

/* Copies what is in the folder `from` into the folder `to`, and its owner, mode, times and attributes; follows nothing. */
int copy_tree(int from, int to, const char *name, struct error *err);
