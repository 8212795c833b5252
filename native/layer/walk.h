/* A walk over a tree by descriptors, folder by folder, following nothing. */
#pragma once

#include <stddef.h>
#include <sys/stat.h>

#include "error.h"

enum walk_when { WALK_ENTER, WALK_LEAVE }; /* a folder comes twice: before and after what is in it */

struct walk_item {
	enum walk_when when;
	int parent; /* descriptor of the folder that holds it; the root itself comes with "." */
	const char *name;
	const char *path; /* from the root, "" for itself */
	struct stat st;
	int depth;
};

/* Entries of a folder come in the order of their names, so that two walks of one tree are alike. */
int walk_tree(int root, int (*visit)(void *context, const struct walk_item *item, struct error *err), void *context, struct error *err);

/* The same of whatever `name` in `parent` is; its own path is "". */
int walk_at(int parent, const char *name, int (*visit)(void *context, const struct walk_item *item, struct error *err), void *context,
	struct error *err);
