/* What a caller is told: one line on stderr, and one in its log when it named one. */
#pragma once

#include <stdbool.h>

struct log {
	const char *path; /* NULL: none */
	bool json;
};

enum log_level { LOG_WARNING, LOG_ERROR };

void log_write(const struct log *log, enum log_level level, const char *text);
