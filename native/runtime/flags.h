/* Command line flags of a verb: getopt's walk, with its complaints made into our one line. */
#pragma once

#include <getopt.h>

#include "error.h"

/* The next flag's value; 0 at their end; -1 with an error for one that is not known or lacks its value. `shorts` begins with
 * "+:", and a value in `longs` may not be 0. The verb's name is argv[0]. */
int flag_next(int argc, char **argv, const char *shorts, const struct option *longs, struct error *err);
