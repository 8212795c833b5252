/* Events, in Docker's shape, one JSON object a line, each appended with a single write. */
#pragma once

#include "plan.h"

struct attribute {
	const char *key;
	const char *value;
};

/* Attributes beside image, name and the labels; the list ends with a NULL key, and may itself be NULL. A journal that cannot be
 * written is passed over: nobody can be told. */
void journal_event(const struct plan *plan, const char *action, const struct attribute *attributes);
/* Of a network or volume that the container uses: those attributes alone. */
void journal_other(const struct plan *plan, const char *type, const char *action, const char *id, const struct attribute *attributes);
/* `verb`: exec_create and exec_start (with the command), exec_die (without; with the code). */
void journal_exec(const struct plan *plan, const char *verb, const char *id, const char *command, int code);
