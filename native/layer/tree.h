/* The tree that a layer becomes, below "/" of this mount namespace (sandbox.h). The descriptors of the folders on the way to the
 * last entry are kept: entries come folder by folder, so that most need no look-up at all. */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "tar.h"

enum { TREE_DEPTH = 48 };

struct tree_folder; /* what is set on a folder when all its entries are there */

enum tree_owner { TREE_OWNER_ENTRY, TREE_OWNER_GIVEN, TREE_OWNER_NONE };

struct tree {
	int root;
	char path[TAR_NAME_LIMIT]; /* of the deepest folder in hand, without slashes at the ends */
	struct {
		int fd;
		size_t end; /* of its path in `path` */
		char *real; /* its path without links, where that is another one */
	} levels[TREE_DEPTH];
	size_t depth;
	struct tree_folder *folders;
	size_t folder_count, folder_room, folder_memory;
	uint64_t bytes, skipped_xattrs;
	bool is_opaque, has_root, is_sealing; /* the root folder is opaque; is described */
	int implicit;		      /* where the paths of folders that the layer does not describe are written, each with a NUL; or -1 */
	struct tree_through *through; /* folders that are links in a lower layer */
	size_t through_count;
	/* Of a tree that is no layer: */
	bool is_plain;	   /* whiteouts are names like others, and nothing changes between folder and file */
	bool takes_root;   /* what is said of ./ is for the root folder, of such a tree too */
	const char *below; /* the folder of "/" that entries lie in; "" or NULL: "/" itself */
	enum tree_owner owner;
	uid_t uid; /* when given */
	gid_t gid;
};

struct tree_through {
	const char *path, *target;
};

int tree_init(struct tree *tree, struct error *err);
void tree_finish(struct tree *tree);

/* Puts one entry there, its data taken from `tar`. What was there under its name goes, but for a folder that meets a folder. */
int tree_put(struct tree *tree, struct tar *tar, struct tar_entry *entry, struct error *err);

/* Sets owners, modes, xattrs and times of folders, which putting things into them would change. */
int tree_seal(struct tree *tree, struct error *err);

/* The folder that holds `path`, made where it is missing, and the last component; -1 with an error. The descriptor stays the tree's. */
int tree_parent(struct tree *tree, const char *path, const char **name, struct error *err);

/* `path` without "." and doubled slashes, into `clean`. Components ".." are refused; "" is the root. */
int path_clean(const char *path, char clean[TAR_NAME_LIMIT], struct error *err);

/* Where `path` leads to when "/" is the root of all: a path without links, the last name followed only with `last` or a slash behind it.
 * What is not there is left as it is named. */
int follow_path(const char *path, bool last, char real[TAR_NAME_LIMIT], struct error *err);

/* True for what a layer may hold: overlayfs's own marks would let it redirect its folders; security labels and trusted names are this
 * host's. */
bool is_layer_xattr(const char *name);

/* Sets what a layer may set, passes over what only this host or overlayfs may. */
int xattrs_put(int fd, const struct tar_entry *entry, uint64_t *skipped, struct error *err);

/* Whiteouts: 1 when the entry was one and is done, 0 when it is none, -1. */
int whiteout_put(struct tree *tree, const struct tar_entry *entry, const char *path, struct error *err);
/* True when 0:0 stands there: a whiteout made before. */
bool is_whiteout(const struct stat *st);
int mark_opaque(int fd, const char *path, struct error *err);
