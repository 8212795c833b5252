#pragma once

/* Makes sure that the running program file cannot be written through /proc/PID/exe, by executing itself again from a
 * read-only place where that is needed. Returns 0 when it is sealed, -1 with errno. */
int seal_self(char **argv);
