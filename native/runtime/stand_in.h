/* What another runtime has to find prepared, because it knows no annotation of ours. */
#pragma once

#include "container.h"

/* A mount namespace of our own for the rest of this process and what it becomes: nothing that is mounted reaches the host. */
int stand_in_enter(struct container *c, struct error *err);
/* Puts the root file system in place, fills new volumes, looks users up, and covers config.json with one that says so. */
int stand_in_create(struct container *c, struct error *err);
/* Looks the user of the process in `path` up in the container whose first process is c->init, and covers that file. */
int stand_in_exec(struct container *c, const char *path, struct error *err);
