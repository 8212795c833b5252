/* The verbs of the command line. Each gets its own arguments, its name first, and gives the exit code. */
#pragma once

#include "container.h"

struct state;

int verb_create(const struct options *options, int argc, char **argv, struct error *err);
int verb_run(const struct options *options, int argc, char **argv, struct error *err);
int verb_start(const struct options *options, int argc, char **argv, struct error *err);
int verb_state(const struct options *options, int argc, char **argv, struct error *err);
int verb_list(const struct options *options, int argc, char **argv, struct error *err);
int verb_ps(const struct options *options, int argc, char **argv, struct error *err);
int verb_kill(const struct options *options, int argc, char **argv, struct error *err);
int verb_delete(const struct options *options, int argc, char **argv, struct error *err);
int verb_pause(const struct options *options, int argc, char **argv, struct error *err);
int verb_resume(const struct options *options, int argc, char **argv, struct error *err);
int verb_exec(const struct options *options, int argc, char **argv, struct error *err);
int verb_update(const struct options *options, int argc, char **argv, struct error *err);
int verb_events(const struct options *options, int argc, char **argv, struct error *err);
/* checkpoint and restore. */
int verb_unsupported(const struct options *options, int argc, char **argv, struct error *err);
int verb_features(const struct options *options, int argc, char **argv, struct error *err);
int verb_spec(const struct options *options, int argc, char **argv, struct error *err);
int verb_through(const struct options *options, int argc, char **argv, struct error *err);

/* Shared by those that name one container: the flags are read, argv[optind] is the id. -1 with an error otherwise. */
int one_id(int argc, char **argv, struct error *err);
/* The same for a verb without flags of its own. */
int only_id(int argc, char **argv, struct error *err);
/* Opens the state of the container `id`. */
int load(const struct options *options, const char *id, int *root, struct state *state, struct error *err);
/* Does it to every container whose id the pattern matches; the first failure ends it. */
int each_matching(const struct options *options, const char *pattern,
	int (*act)(const struct options *options, const char *id, const void *more, struct error *err), const void *more,
	struct error *err);
/* Waits for a child and gives the exit code a shell would: 128+n for a signal. */
int wait_code(pid_t pid);
int delete_container(const struct options *options, const char *id, bool force, struct error *err);
