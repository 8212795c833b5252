/* Interfaces, addresses and routes by rtnetlink. */
#pragma once

#include "plan.h"

/* A socket of rtnetlink in the caller's network namespace. */
int link_open(struct error *err);

/* The index of the interface, or 0 when there is none of this name, or -1. */
int link_find(int rtnl, const char *name, struct error *err);

/* Makes the bridges and parents that are missing, and gives each its addresses, sysctls and "up". */
int link_raise_bridges(int rtnl, const struct plan *plan, struct error *err);

/* The container's interface is born in `netns`, so that it never is on the host: the far end of a cable from the bridge, or a slave. */
int link_connect(int rtnl, const struct plan *plan, const struct endpoint *endpoint, int netns, struct error *err);

/* Plugs the cable that a container has into its bridge again. */
int link_plug_in(int rtnl, const struct plan *plan, const struct endpoint *endpoint, struct error *err);

/* In the container's namespace: lo, addresses, routes, settings. */
int link_configure(int rtnl, const struct plan *plan, struct error *err);

/* Removes an interface; one that is not there is fine. */
int link_remove(int rtnl, const char *name, struct error *err);

/* Removes the bridge and the cables that are still plugged into it. */
int link_remove_bridge(int rtnl, const char *name, struct error *err);

/* Removes an interface that macvlan or ipvlan stood on, when it was made here. */
int link_remove_parent(int rtnl, const char *name, struct error *err);
