#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "tree.h"
#include "util.h"

static const char PREFIX[] = ".wh.", OPAQUE[] = ".wh..wh..opq";

bool is_whiteout(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && st->st_rdev == makedev(0, 0);
}

int mark_opaque(int fd, const char *path, struct error *err)
{
	if (fsetxattr(fd, "trusted.overlay.opaque", "y", 1, 0) < 0)
		return error_set(err, errno, "mark %s opaque", *path ? path : "/");
	return 0;
}

static int mark_name_opaque(int parent, const char *name, const char *path, struct error *err)
{
	cleanup_close int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return error_set(err, errno, "open folder %s", path);
	return mark_opaque(fd, path, err);
}

/* A folder, and not a link to one: what a link hides is nobody's business. */
static int put_opaque(struct tree *tree, int parent, const char *path, size_t length, struct error *err)
{
	char folder[TAR_NAME_LIMIT];
	struct stat st;
	memcpy(folder, path, length);
	folder[length] = 0;
	if (length && fstatat(tree->root, folder, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode))
		return error_set(err, 0, "%s: the folder to be opaque is a link", path);
	tree->is_opaque |= length == 0;
	cleanup_close int fd = openat(parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_set(err, errno, "%s: open the folder", path);
	return mark_opaque(fd, folder, err);
}

/* A whiteout hides what lower layers have. What this layer itself has under that name stays, whichever came first; a folder of it
 * must then not let the lower one shine through. */
static int put_whiteout(int parent, const char *name, const char *path, struct error *err)
{
	struct stat st;
	if (mknodat(parent, name, S_IFCHR, makedev(0, 0)) == 0)
		return 0;
	if (errno != EEXIST || fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return error_set(err, errno, "%s: make the whiteout", path);
	return S_ISDIR(st.st_mode) ? mark_name_opaque(parent, name, path, err) : 0;
}

int whiteout_put(struct tree *tree, const struct tar_entry *entry, const char *path, struct error *err)
{
	size_t prefix = sizeof PREFIX - 1;
	const char *last = strrchr(path, '/');
	last = last ? last + 1 : path;
	if (strncmp(path, PREFIX, prefix) != 0 && !strstr(path, "/.wh."))
		return 0;
	if (strncmp(last, PREFIX, prefix) != 0)
		return error_set(err, 0, "%s: lies below a whiteout", path);
	/* A whiteout in the way to the last component. */
	if (strncmp(path, PREFIX, prefix) == 0 ? last != path : strstr(path, "/.wh.") + 1 < last)
		return error_set(err, 0, "%s: lies below a whiteout", path);
	if (entry->type != TAR_FILE && entry->type != TAR_HARD_LINK)
		return error_set(err, 0, "%s: a whiteout must be a file", path);
	const char *hidden = last + prefix;
	bool is_opaque = strcmp(last, OPAQUE) == 0;
	if (!*hidden || strcmp(hidden, ".") == 0 || strcmp(hidden, "..") == 0 || (!is_opaque && strncmp(hidden, PREFIX, prefix) == 0))
		return error_set(err, 0, "%s: not the name of a whiteout", path);
	const char *name;
	int parent = tree_parent(tree, path, &name, err);
	if (parent < 0)
		return -1;
	size_t folder = last == path ? 0 : (size_t)(last - path - 1);
	int result = is_opaque ? put_opaque(tree, parent, path, folder, err) : put_whiteout(parent, hidden, path, err);
	return result < 0 ? -1 : 1;
}
