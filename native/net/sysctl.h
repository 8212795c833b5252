/* Settings under /proc/sys/net, of the network namespace that the caller is in. */
#pragma once

#include "error.h"

/* Sets it unless it has that value. A setting that this kernel does not have (no IPv6) is fine. */
int sysctl_set(struct error *err, const char *value, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The first character of the value, or 0 when it cannot be read. */
char sysctl_peek(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Writes `value` to net/PATH; one that is not there is an error. */
int sysctl_write(struct error *err, const char *value, const char *path);
