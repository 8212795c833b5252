#pragma once

#include "container.h"

/* What the flags say; laid over the container's own process once that is read. */
struct exec_request {
	const char *process_file, *cwd, *cgroup, *user, *apparmor, *label;
	const char *env[256], *caps[64];
	size_t env_count, cap_count, gid_count;
	gid_t gids[64];
	bool terminal, detach, no_new_privileges;
};

int exec_take_flags(struct container *c, struct exec_request *request, int argc, char **argv, struct error *err);
/* c->process becomes what is asked for; argv holds the command. */
int exec_build_process(struct container *c, const struct exec_request *request, int argc, char **argv, struct error *err);
/* Reads what `exec --process` names: c->process, and the document in c->spec.json under io.hawser.exec. */
int exec_read_process(struct container *c, const char *path, struct error *err);
