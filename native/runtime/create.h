#pragma once

#include "container.h"

/* Reads the configuration of c->bundle. */
int create_read(struct container *c, struct error *err);
/* Makes the container of c->bundle: its init process waits for `start`. On failure nothing of it is left. */
int create_container(struct container *c, struct error *err);
/* Lets the init process go, and hears whether its program could be executed. */
int start_container(const struct options *options, const char *id, struct error *err);
int write_pid_file(const char *path, pid_t pid, struct error *err);
