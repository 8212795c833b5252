/* What a container's verbs leave for each other: ROOT/ID/state.json, config.json as it was, and the two fifos of `start`. */
#pragma once

#include "container.h"

#define FIFO_START "start"
#define FIFO_STARTED "started"

struct state {
	struct arena arena;
	json_t *json;
	int dir;
	const char *id, *bundle, *created, *rootfs;
	pid_t pid;
	uint64_t start, inode; /* of the process, in clock ticks; of its pidfd, 0 where the kernel has no pidfs */
	struct cgroup cgroup;
	const json_t *annotations;
};

bool state_id_is_good(const char *id);
/* Opens ROOT, made with its parents when missing. */
int state_open_root(const char *root, int *fd, struct error *err);
/* Claims the id: of two creates at once, one. */
int state_claim(struct container *c, struct error *err);
int state_make_fifos(struct container *c, struct error *err);
int state_write(struct container *c, struct error *err);
void state_remove(int root, const char *id);

int state_load(struct state *state, int root, const char *id, struct error *err);
void state_finish(struct state *state);
#define cleanup_state __attribute__((cleanup(state_finish)))

/* creating, created, running, paused or stopped. */
const char *state_status(struct state *state);
/* A pidfd of the init process, checked to be it; -1 with an error when it is gone. */
int state_pidfd(const struct state *state, struct error *err);
bool state_is_alive(const struct state *state);
/* The OCI state as JSON text (malloc'd). */
char *state_text(const char *id, const char *status, pid_t pid, const char *bundle, const json_t *annotations, const struct state *more);
