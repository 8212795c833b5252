#pragma once

#include "container.h"

/* Compiles "linux.seccomp" with libseccomp. The filter's code is malloc'd. */
int filter_compile(const json_t *object, struct arena *arena, struct filter *filter, struct error *err);
/* SECCOMP_FILTER_FLAG_* of the configuration, and whether somebody listens. */
int filter_flags(const json_t *object, struct arena *arena, struct filter *filter, struct error *err);
