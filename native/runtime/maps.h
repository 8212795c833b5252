/* The id maps of a user namespace. */
#pragma once

#include <sys/types.h>

#include "arena.h"
#include "error.h"
#include "spec.h"

/* Writes the maps of the namespace that `pid` is in: directly where we may, else by newuidmap and newgidmap. */
int maps_write(pid_t pid, const struct id_maps *uids, const struct id_maps *gids, struct error *err);
/* What an id of the namespace is outside. False: it has no mapping. */
bool maps_outside(const struct id_maps *maps, uint32_t inside, uint32_t *outside);
/* What a configuration without maps gets: its root is the caller; an ordinary user's other ids are those of /etc/subuid. */
void maps_default(struct arena *arena, struct id_maps *uids, struct id_maps *gids);
