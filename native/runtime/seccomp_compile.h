#pragma once

#include "container.h"

/* Compiles "linux.seccomp" with libseccomp. The filter's code is malloc'd. */
int filter_compile(const json_t *object, struct arena *arena, struct filter *filter, struct error *err);
/* Whether it names a call that the library does not know: that name, or NULL. */
const char *filter_unknown_call(const json_t *object);
/* The library's number of "SCMP_ARCH_X86_64" and the like; 0: it knows none. */
uint32_t filter_architecture(const char *name);
/* SECCOMP_FILTER_FLAG_* of the configuration, and whether somebody listens. */
int filter_flags(const json_t *object, struct arena *arena, struct filter *filter, struct error *err);
