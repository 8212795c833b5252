#include "tree.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "remove.h"
#include "util.h"

/* Descriptions of folders wait in memory until the end: so much of it may a layer take. */
static const size_t FOLDER_MEMORY = 192 << 20;
enum { LINK_LIMIT = 40 };

struct tree_folder {
	char *path;
	ino_t inode; /* a later entry may have put something else in its place */
	mode_t mode;
	uid_t uid;
	gid_t gid;
	struct timespec times[2];
	struct tar_xattr *xattrs; /* with names and values in one piece of memory */
	size_t xattr_count;
};

int tree_init(struct tree *tree, struct error *err)
{
	tree->depth = tree->folder_count = tree->folder_room = 0;
	tree->folders = NULL;
	tree->root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return tree->root < 0 ? error_set(err, errno, "open the target") : 0;
}

static void drop_level(struct tree *tree)
{
	tree->depth--;
	close(tree->levels[tree->depth].fd);
	free(tree->levels[tree->depth].real);
}

static void forget_levels(struct tree *tree)
{
	while (tree->depth)
		drop_level(tree);
}

void tree_finish(struct tree *tree)
{
	forget_levels(tree);
	for (size_t i = 0; i < tree->folder_count; i++) {
		free(tree->folders[i].path);
		free(tree->folders[i].xattrs);
	}
	free(tree->folders);
	tree->folders = NULL;
	tree->folder_count = 0;
	if (tree->root >= 0)
		close(tree->root);
	tree->root = -1;
}

static const char *through_target(const struct tree *tree, const char *path)
{
	for (size_t i = 0; i < tree->through_count; i++)
		if (strcmp(tree->through[i].path, path) == 0)
			return tree->through[i].target;
	return NULL;
}

/* A folder on the way that the layer has not described, so far: root's, 0755. */
static int make_implicit(struct tree *tree, int parent, const char *name, const char *path, struct error *err)
{
	if (tree->is_sealing)
		return error_set(err, ENOENT, "open folder %s", path);
	if (mkdirat(parent, name, 0755) < 0)
		return error_set(err, errno, "make folder %s", path);
	if (tree->implicit >= 0 && write_all(tree->implicit, path, strlen(path) + 1) < 0)
		return error_set(err, errno, "note folder %s", path);
	return 0;
}

/* One step of following a link: `real` (a path without links) goes down into `name`. 1: `name` is a link, its text is in `link`. */
static int descend(struct tree *tree, char *real, const char *name, char *link, struct error *err)
{
	struct stat st;
	size_t length = strlen(real), more = strlen(name);
	if (length + more + 2 > TAR_NAME_LIMIT)
		return error_set(err, ENAMETOOLONG, "follow a link to %s", real);
	real[length] = '/';
	memcpy(real + length + (length > 0), name, more + 1);
	if (fstatat(tree->root, real, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		const char *target = errno == ENOENT ? through_target(tree, real) : NULL;
		if (!target)
			return errno == ENOENT ? make_implicit(tree, tree->root, real, real, err)
					       : error_set(err, errno, "look up %s", real);
		snprintf(link, TAR_NAME_LIMIT, "%s", target);
	} else if (S_ISLNK(st.st_mode)) {
		ssize_t n = readlinkat(tree->root, real, link, TAR_NAME_LIMIT - 1);
		if (n < 0)
			return error_set(err, errno, "read link %s", real);
		link[n] = 0;
	} else {
		return S_ISDIR(st.st_mode) ? 0 : error_set(err, 0, "%s is not a folder, but an entry lies in it", real);
	}
	real[length] = 0;
	return 1;
}

static void ascend(char *real)
{
	char *slash = strrchr(real, '/');
	*(slash ? slash : real) = 0;
}

/* Turns `real`, a folder's path without links, into that of the folder to which `target`, a link's text in it, leads. Nothing above
 * "/" can be reached: this process has nothing else. Folders that are missing at the end of the link are made. */
static int follow(struct tree *tree, char *real, const char *target, struct error *err)
{
	char rest[2 * TAR_NAME_LIMIT], link[TAR_NAME_LIMIT], joined[3 * TAR_NAME_LIMIT], name[NAME_MAX + 1];
	snprintf(rest, sizeof rest, "%s", target);
	if (*target == '/')
		*real = 0;
	for (int links = 1; *rest;) {
		size_t length = strcspn(rest, "/");
		if (length > NAME_MAX)
			return error_set(err, ENAMETOOLONG, "follow a link to %s", target);
		memcpy(name, rest, length);
		name[length] = 0;
		memmove(rest, rest + length + (rest[length] == '/'), strlen(rest + length + (rest[length] == '/')) + 1);
		if (!length || strcmp(name, ".") == 0)
			continue;
		if (strcmp(name, "..") == 0) {
			ascend(real);
			continue;
		}
		int result = descend(tree, real, name, link, err);
		if (result < 0)
			return -1;
		if (result == 0)
			continue;
		if (++links > LINK_LIMIT || strlen(link) + strlen(rest) + 2 > sizeof rest)
			return error_set(err, ELOOP, "follow a link to %s", target);
		snprintf(joined, sizeof joined, "%s/%s", link, rest);
		memcpy(rest, joined, strlen(joined) + 1);
		if (*link == '/')
			*real = 0;
	}
	return 0;
}

static int open_folder(int parent, const char *name)
{
	return openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* A whiteout that stood there first: the folder of this layer takes its place and hides the lower one. */
static int replace_whiteout(int parent, const char *name, const char *path, struct error *err)
{
	if (unlinkat(parent, name, 0) < 0 || mkdirat(parent, name, 0755) < 0)
		return error_set(err, errno, "make folder %s", path);
	cleanup_close int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return error_set(err, errno, "open folder %s", path);
	return mark_opaque(fd, path, err);
}

/* Opens folder `name` of `parent`, which as a whole is called `path`. `*real` becomes its path without links where that differs. */
static int enter_folder(
	struct tree *tree, int parent, const char *above, const char *name, const char *path, char **real, struct error *err)
{
	struct stat st;
	char link[TAR_NAME_LIMIT], way[TAR_NAME_LIMIT];
	int fd = open_folder(parent, name);
	if (fd >= 0)
		return fd;
	const char *target = errno == ENOENT ? through_target(tree, path) : NULL;
	if (errno == ENOENT && !target)
		return make_implicit(tree, parent, name, path, err) < 0 ? -1 : open_folder(parent, name);
	if (!target) {
		if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			return error_set(err, errno, "look up %s", path);
		if (is_whiteout(&st) && !tree->is_sealing)
			return replace_whiteout(parent, name, path, err) < 0 ? -1 : open_folder(parent, name);
		if (!S_ISLNK(st.st_mode))
			return error_set(err, 0, "%s is not a folder, but an entry lies in it", path);
		ssize_t n = readlinkat(parent, name, link, sizeof link - 1);
		if (n < 0)
			return error_set(err, errno, "read link %s", path);
		link[n] = 0;
		target = link;
	}
	snprintf(way, sizeof way, "%s", above);
	if (follow(tree, way, target, err) < 0)
		return error_wrap(err, "%s", path);
	*real = strdup(way);
	fd = *real ? open_in_root(tree->root, *way ? way : ".", O_PATH | O_DIRECTORY | O_NOFOLLOW, 0) : -1;
	return fd < 0 ? error_set(err, errno, "open folder %s", path) : fd;
}

/* What the path without links of a folder in hand is. */
static const char *real_path(struct tree *tree, char *buffer)
{
	if (!tree->depth)
		return "";
	if (tree->levels[tree->depth - 1].real)
		return tree->levels[tree->depth - 1].real;
	memcpy(buffer, tree->path, tree->levels[tree->depth - 1].end);
	buffer[tree->levels[tree->depth - 1].end] = 0;
	return buffer;
}

static int push_level(struct tree *tree, const char *path, size_t end, struct error *err)
{
	char prefix[TAR_NAME_LIMIT], buffer[TAR_NAME_LIMIT], *real = NULL;
	memcpy(prefix, path, end);
	prefix[end] = 0;
	const char *slash = strrchr(prefix, '/'), *name = slash ? slash + 1 : prefix;
	const char *above = real_path(tree, buffer);
	int parent = tree->depth ? tree->levels[tree->depth - 1].fd : tree->root;
	int fd = enter_folder(tree, parent, above, name, prefix, &real, err);
	if (fd < 0) {
		free(real);
		return -1;
	}
	/* Below a link, the path without links goes on by the name. */
	if (!real && tree->depth && tree->levels[tree->depth - 1].real && asprintf(&real, "%s%s%s", above, *above ? "/" : "", name) < 0)
		real = NULL;
	if (tree->depth == TREE_DEPTH)
		drop_level(tree);
	tree->levels[tree->depth].fd = fd;
	tree->levels[tree->depth].end = end;
	tree->levels[tree->depth++].real = real;
	memcpy(tree->path, prefix, end);
	return 0;
}

int tree_parent(struct tree *tree, const char *path, const char **name, struct error *err)
{
	const char *slash = strrchr(path, '/');
	size_t length = slash ? (size_t)(slash - path) : 0;
	*name = slash ? slash + 1 : path;
	while (tree->depth) {
		size_t end = tree->levels[tree->depth - 1].end;
		if (end <= length && memcmp(path, tree->path, end) == 0 && path[end] == '/')
			break;
		drop_level(tree);
	}
	size_t at = tree->depth ? tree->levels[tree->depth - 1].end : 0;
	while (at < length) {
		at += at > 0;
		at += strcspn(path + at, "/");
		if (push_level(tree, path, at, err) < 0)
			return -1;
	}
	return tree->depth ? tree->levels[tree->depth - 1].fd : tree->root;
}

static size_t place_length(const struct tree *tree)
{
	return tree->below && *tree->below ? strlen(tree->below) + 1 : 0;
}

/* Takes away what stands where `path` shall be made. 1: a folder that stays, as a folder is wanted; 2: a whiteout was there. */
static int clear_way(struct tree *tree, int *parent, const char *path, const char **name, bool folder, struct error *err)
{
	struct stat st;
	if (fstatat(*parent, *name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return error_set(err, errno, "look up %s", path);
	if (folder && S_ISDIR(st.st_mode))
		return 1;
	if (tree->is_plain && folder != S_ISDIR(st.st_mode))
		return error_set(err, 0,
			folder ? "cannot overwrite non-directory \"%s\" with directory \"/%s\""
			       : "cannot overwrite directory \"%s\" with non-directory \"/%s\"",
			path + place_length(tree), tree->below);
	if (remove_at(*parent, *name, err) < 0)
		return error_wrap(err, "replace %s", path);
	/* A folder in hand may have been it, or reached through it. */
	if (S_ISDIR(st.st_mode) || S_ISLNK(st.st_mode)) {
		forget_levels(tree);
		*parent = tree_parent(tree, path, name, err);
		if (*parent < 0)
			return -1;
	}
	return is_whiteout(&st) ? 2 : 0;
}

/* Only what is there is written: the holes stay holes. */
static int write_sparse(struct tar *tar, int fd, const struct tar_entry *entry, const char *path, struct error *err)
{
	const uint8_t *data;
	size_t size;
	int result;
	const struct tar_segment *segment = entry->segments;
	uint64_t done = 0; /* of the segment */
	while ((result = tar_data(tar, &data, &size, err)) > 0)
		while (size) {
			for (; done == segment->size; segment++)
				done = 0;
			size_t n = segment->size - done < size ? (size_t)(segment->size - done) : size;
			ssize_t written = pwrite(fd, data, n, (off_t)(segment->offset + done));
			if (written <= 0)
				return error_set(err, written < 0 ? errno : EIO, "%s: write", path);
			data += written;
			size -= (size_t)written;
			done += (uint64_t)written;
		}
	if (result < 0)
		return error_wrap(err, "%s", path);
	return ftruncate(fd, (off_t)entry->size) < 0 ? error_set(err, errno, "%s: set the size", path) : 0;
}

static int write_payload(struct tar *tar, int fd, const struct tar_entry *entry, const char *path, struct error *err)
{
	if (entry->is_sparse)
		return write_sparse(tar, fd, entry, path, err);
	const uint8_t *data;
	size_t size;
	int result;
	while ((result = tar_data(tar, &data, &size, err)) > 0)
		if (write_all(fd, data, size) < 0)
			return error_set(err, errno, "%s: write", path);
	return result < 0 ? error_wrap(err, "%s", path) : 0;
}

/* The owner before the mode and the xattrs: a change of owner takes setuid bits and capabilities away. */
static int dress_file(struct tree *tree, int fd, const struct tar_entry *entry, struct error *err)
{
	if ((entry->uid || entry->gid) && fchown(fd, entry->uid, entry->gid) < 0)
		return error_set(err, errno, "%s: set the owner", entry->path);
	if ((entry->mode & 07000) && fchmod(fd, entry->mode) < 0)
		return error_set(err, errno, "%s: set the mode", entry->path);
	if (entry->xattr_count && xattrs_put(fd, entry, &tree->skipped_xattrs, err) < 0)
		return -1;
	struct timespec times[2] = {entry->atime, entry->mtime};
	if (futimens(fd, times) < 0)
		return error_set(err, errno, "%s: set the times", entry->path);
	return 0;
}

static int put_file(struct tree *tree, struct tar *tar, int parent, const char *name, const char *path, const struct tar_entry *entry,
	struct error *err)
{
	static const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	cleanup_close int fd = openat(parent, name, flags, entry->mode & 0777);
	if (fd < 0 && errno == EEXIST) {
		if (clear_way(tree, &parent, path, &name, false, err) < 0)
			return -1;
		fd = openat(parent, name, flags, entry->mode & 0777);
	}
	if (fd < 0)
		return error_set(err, errno, "%s: make the file", path);
	tree->bytes += entry->size;
	return write_payload(tar, fd, entry, path, err) < 0 ? -1 : dress_file(tree, fd, entry, err);
}

/* Links and special files have no descriptor to act on: by name, in a folder that only this process sees, never following. */
static int dress_node(struct tree *tree, int parent, const char *name, const struct tar_entry *entry, struct error *err)
{
	tree->skipped_xattrs += entry->xattr_count;
	if ((entry->uid || entry->gid) && fchownat(parent, name, entry->uid, entry->gid, AT_SYMLINK_NOFOLLOW) < 0)
		return error_set(err, errno, "%s: set the owner", entry->path);
	if (entry->type != TAR_SYMLINK && (entry->mode & 07000) && fchmodat(parent, name, entry->mode, 0) < 0)
		return error_set(err, errno, "%s: set the mode", entry->path);
	struct timespec times[2] = {entry->atime, entry->mtime};
	if (utimensat(parent, name, times, AT_SYMLINK_NOFOLLOW) < 0)
		return error_set(err, errno, "%s: set the times", entry->path);
	return 0;
}

static int make_node(int parent, const char *name, const struct tar_entry *entry)
{
	switch (entry->type) {
	case TAR_SYMLINK:
		return symlinkat(entry->link, parent, name);
	case TAR_FIFO:
		return mknodat(parent, name, S_IFIFO | entry->mode, 0);
	case TAR_CHAR:
		return mknodat(parent, name, S_IFCHR | entry->mode, makedev(entry->major, entry->minor));
	default:
		return mknodat(parent, name, S_IFBLK | entry->mode, makedev(entry->major, entry->minor));
	}
}

static int put_node(struct tree *tree, int parent, const char *name, const char *path, const struct tar_entry *entry, struct error *err)
{
	bool is_device = entry->type == TAR_CHAR || entry->type == TAR_BLOCK_DEVICE;
	if (is_device && !entry->major && !entry->minor)
		return error_set(err, 0, "%s: device 0:0 is overlayfs's own mark, which a layer may not hold", path);
	int result = make_node(parent, name, entry);
	if (result < 0 && errno == EEXIST) {
		if (clear_way(tree, &parent, path, &name, false, err) < 0)
			return -1;
		result = make_node(parent, name, entry);
	}
	if (result < 0)
		return error_set(err, errno, "%s: make it", path);
	return dress_node(tree, parent, name, entry, err);
}

/* Where the other name of a hard link is: looked up in the tree itself, which is all that this process can reach. */
static int find_target(struct tree *tree, const char *link, const char *path, struct error *err)
{
	struct stat st;
	if (fstatat(tree->root, link, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT || errno == ENOTDIR
			       ? error_set(err, 0, "%s: a hard link to %s, which this layer does not hold", path, link)
			       : error_set(err, errno, "%s: a hard link to %s", path, link);
	if (S_ISDIR(st.st_mode) || is_whiteout(&st))
		return error_set(err, 0, "%s: a hard link to %s, which is no file of this layer", path, link);
	return 0;
}

/* Behind a link of a lower layer, the other name lies elsewhere in this one. */
static int real_link(struct tree *tree, char *link, struct error *err)
{
	const char *name;
	char real[TAR_NAME_LIMIT], buffer[TAR_NAME_LIMIT];
	if (!tree->through_count || tree_parent(tree, link, &name, err) < 0)
		return tree->through_count ? -1 : 0;
	if (snprintf(real, sizeof real, "%s/%s", real_path(tree, buffer), name) >= (int)sizeof real)
		return error_set(err, ENAMETOOLONG, "a hard link to %s", link);
	memmove(link, real + (*real == '/'), strlen(real + (*real == '/')) + 1);
	return 0;
}

/* A path of the archive becomes one of "/". */
static int place(const struct tree *tree, char path[TAR_NAME_LIMIT], struct error *err)
{
	size_t length = place_length(tree), own = strlen(path);
	if (!length)
		return 0;
	if (length + own >= TAR_NAME_LIMIT)
		return error_set(err, ENAMETOOLONG, "%.64s…", path);
	memmove(path + length, path, own + 1);
	memcpy(path, tree->below, length - 1);
	path[length - 1] = '/';
	return 0;
}

static int put_hard_link(struct tree *tree, const char *path, const struct tar_entry *entry, struct error *err)
{
	char link[TAR_NAME_LIMIT];
	const char *name;
	if (path_clean(entry->link, link, err) < 0)
		return error_wrap(err, "%s: a hard link", path);
	bool is_root = !*link;
	if (place(tree, link, err) < 0)
		return -1;
	if (is_root || strcmp(link, path) == 0)
		return error_set(err, 0, "%s: a hard link to itself or to the root folder", path);
	if (real_link(tree, link, err) < 0 || find_target(tree, link, path, err) < 0)
		return -1;
	int parent = tree_parent(tree, path, &name, err);
	if (parent < 0)
		return -1;
	int result = linkat(tree->root, link, parent, name, 0);
	if (result < 0 && errno == EEXIST) {
		if (clear_way(tree, &parent, path, &name, false, err) < 0)
			return -1;
		result = linkat(tree->root, link, parent, name, 0);
	}
	return result < 0 ? error_set(err, errno, "%s: a hard link to %s", path, link) : 0;
}

/* xattrs point into the reader's memory, which the next header overwrites. */
static struct tar_xattr *copy_xattrs(const struct tar_entry *entry, size_t *size)
{
	size_t total = entry->xattr_count * sizeof(struct tar_xattr);
	for (size_t i = 0; i < entry->xattr_count; i++)
		total += strlen(entry->xattrs[i].name) + 1 + entry->xattrs[i].size;
	struct tar_xattr *copy = malloc(total);
	char *at = copy ? (char *)(copy + entry->xattr_count) : NULL;
	for (size_t i = 0; copy && i < entry->xattr_count; i++) {
		const struct tar_xattr *from = &entry->xattrs[i];
		size_t name = strlen(from->name) + 1;
		copy[i] = (struct tar_xattr){memcpy(at, from->name, name), memcpy(at + name, from->value, from->size), from->size};
		at += name + from->size;
	}
	*size = total;
	return copy;
}

static int note_folder(struct tree *tree, const struct stat *st, const char *path, const struct tar_entry *entry, struct error *err)
{
	size_t extra = 0;
	if (tree->folder_count == tree->folder_room) {
		size_t room = tree->folder_room ? tree->folder_room * 2 : 256;
		struct tree_folder *grown = realloc(tree->folders, room * sizeof *grown);
		if (!grown)
			return error_set(err, ENOMEM, "%s", path);
		tree->folders = grown;
		tree->folder_room = room;
	}
	struct tree_folder *folder = &tree->folders[tree->folder_count++];
	*folder =
		(struct tree_folder){strdup(path), st->st_ino, entry->mode, entry->uid, entry->gid, {entry->atime, entry->mtime}, NULL, 0};
	if (entry->xattr_count) {
		folder->xattrs = copy_xattrs(entry, &extra);
		folder->xattr_count = folder->xattrs ? entry->xattr_count : 0;
	}
	if (!folder->path || (entry->xattr_count && !folder->xattrs))
		return error_set(err, ENOMEM, "%s", path);
	tree->folder_memory += sizeof *folder + strlen(path) + 32 + extra;
	if (tree->folder_memory > FOLDER_MEMORY)
		return error_set(err, 0, "%s: the layer describes more folders than fit into %zu MiB", path, FOLDER_MEMORY >> 20);
	return 0;
}

static int put_folder(struct tree *tree, int parent, const char *name, const char *path, const struct tar_entry *entry, struct error *err)
{
	struct stat st;
	int found = 0;
	if (mkdirat(parent, name, 0755) < 0) {
		if (errno != EEXIST)
			return error_set(err, errno, "%s: make the folder", path);
		found = clear_way(tree, &parent, path, &name, true, err);
		if (found < 0 || (found != 1 && mkdirat(parent, name, 0755) < 0))
			return found < 0 ? -1 : error_set(err, errno, "%s: make the folder", path);
	}
	if (found == 2) {
		cleanup_close int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0 || mark_opaque(fd, path, err) < 0)
			return fd < 0 ? error_set(err, errno, "open folder %s", path) : -1;
	}
	if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return error_set(err, errno, "look up %s", path);
	return note_folder(tree, &st, path, entry, err);
}

/* The entry "./": it may describe the root folder, and be nothing else. */
static int put_root(struct tree *tree, const struct tar_entry *entry, struct error *err)
{
	struct stat st;
	if (entry->type != TAR_FOLDER)
		return error_set(err, 0, "%s: the root folder can only be a folder", entry->path);
	tree->has_root = true;
	if (fstat(tree->root, &st) < 0)
		return error_set(err, errno, "look up the root folder");
	return note_folder(tree, &st, "", entry, err);
}

static void give_owner(const struct tree *tree, struct tar_entry *entry)
{
	if (tree->owner == TREE_OWNER_ENTRY)
		return;
	entry->uid = tree->owner == TREE_OWNER_GIVEN ? tree->uid : 0;
	entry->gid = tree->owner == TREE_OWNER_GIVEN ? tree->gid : 0;
}

int tree_put(struct tree *tree, struct tar *tar, struct tar_entry *entry, struct error *err)
{
	char path[TAR_NAME_LIMIT];
	const char *name;
	if (path_clean(entry->path, path, err) < 0)
		return -1;
	if (!*path)
		return tree->is_plain && !tree->takes_root ? 0 : put_root(tree, entry, err);
	int result = tree->is_plain ? 0 : whiteout_put(tree, entry, path, err);
	if (result)
		return result < 0 ? -1 : 0;
	if (place(tree, path, err) < 0)
		return -1;
	give_owner(tree, entry);
	if (entry->type == TAR_HARD_LINK)
		return put_hard_link(tree, path, entry, err);
	int parent = tree_parent(tree, path, &name, err);
	if (parent < 0)
		return error_wrap(err, "%s", entry->path);
	if (entry->type == TAR_FILE)
		return put_file(tree, tar, parent, name, path, entry, err);
	if (entry->type == TAR_FOLDER)
		return put_folder(tree, parent, name, path, entry, err);
	return put_node(tree, parent, name, path, entry, err);
}

static int seal_folder(struct tree *tree, const struct tree_folder *folder, int fd, struct error *err)
{
	struct tar_entry entry = {.xattrs = folder->xattrs, .xattr_count = folder->xattr_count};
	snprintf(entry.path, sizeof entry.path, "%s", folder->path);
	if (fchown(fd, folder->uid, folder->gid) < 0 || fchmod(fd, folder->mode) < 0)
		return error_set(err, errno, "%s: set owner and mode", folder->path);
	if (folder->xattr_count && xattrs_put(fd, &entry, &tree->skipped_xattrs, err) < 0)
		return -1;
	if (futimens(fd, folder->times) < 0)
		return error_set(err, errno, "%s: set the times", folder->path);
	return 0;
}

int tree_seal(struct tree *tree, struct error *err)
{
	struct error gone;
	struct stat st;
	const char *name;
	tree->is_sealing = true;
	for (size_t i = 0; i < tree->folder_count; i++) {
		const struct tree_folder *folder = &tree->folders[i];
		int parent = *folder->path ? tree_parent(tree, folder->path, &name, &gone) : tree->root;
		if (parent < 0)
			continue;
		cleanup_close int fd = openat(parent, *folder->path ? name : ".", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0 && errno != ENOENT && errno != ENOTDIR && errno != ELOOP)
			return error_set(err, errno, "open folder %s", folder->path);
		if (fd < 0 || fstat(fd, &st) < 0 || st.st_ino != folder->inode)
			continue;
		if (seal_folder(tree, folder, fd, err) < 0)
			return -1;
	}
	return 0;
}
