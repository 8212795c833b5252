/* What the resolvers of a network know of a container, and the resolver that the container has: docs/formats.md, "names". */
#pragma once

#include <sys/types.h>

#include "plan.h"

/* What the container's resolver is told; and who the container is, for the resolvers of its networks. */
int names_tell_view(const struct plan *plan, struct error *err);
int names_tell(const struct plan *plan, struct error *err);

/* Takes the records back; the view too when there is no resolver any more (`gone`). What is not there is fine. */
int names_forget(const struct plan *plan, bool gone, struct error *err);

/* A resolver on its way: `running` when the container has one already. */
struct resolver {
	bool wanted, running;
	int root, own;
	int pool[20];
	size_t pool_count;
};

/* On the host: looks for a resolver that runs, and makes the sockets by which it asks from there. */
int resolver_prepare(struct resolver *resolver, const struct plan *plan, struct error *err);

/* In the container's namespace: starts it; it ends with the process `pid`. */
int resolver_start(struct resolver *resolver, const struct plan *plan, pid_t pid, struct error *err);

void resolver_finish(struct resolver *resolver);
#define cleanup_resolver __attribute__((cleanup(resolver_finish)))
