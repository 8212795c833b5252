/* Wall clock time as text. */
#pragma once

#include <stdint.h>

/* "2026-11-21T12:00:00.123456789Z" and its NUL. */
#define STAMP_SIZE 31

/* Nanoseconds since the epoch. */
int64_t wall_ns(void);
/* What format_time() made, or 0. */
int64_t parse_time(const char *text);
/* RFC 3339 in UTC with nine digits; for 0 the time that means never, 0001-01-01T00:00:00Z. Returns `stamp`. */
char *format_time(char stamp[STAMP_SIZE], int64_t ns);
