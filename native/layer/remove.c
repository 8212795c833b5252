#include "remove.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/btrfs.h>
#include <linux/btrfs_tree.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "util.h"

/* Deeper folders are moved up to the top and done from there: neither descriptors nor the stack grow with the depth. */
enum { DEPTH_LIMIT = 64 };

struct removal {
	int top;
	unsigned moved;
};

static int empty_folder(struct removal *removal, int folder, int depth, struct error *err);

/* RESOLVE_NO_XDEV: a mount that somebody left below is refused, bind mounts of the same file system as well. */
static int open_below(int parent, const char *name)
{
	struct open_how how = {
		.flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS,
	};
	return (int)syscall(SYS_openat2, parent, name, &how, sizeof how);
}

static int move_up(struct removal *removal, int parent, const char *name, struct error *err)
{
	char fresh[32];
	do
		snprintf(fresh, sizeof fresh, ".removed-%u", removal->moved++);
	while (renameat2(parent, name, removal->top, fresh, RENAME_NOREPLACE) < 0 && errno == EEXIST);
	/* It is found again by the loop over the top, which goes on until nothing is left. */
	return faccessat(parent, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0 ? 0 : error_set(err, EBUSY, "remove folder %s", name);
}

/* A subvolume of btrfs goes at once, whatever is in it; but for another one, which goes first when it is emptied like a folder. */
static bool remove_subvolume(int parent, const char *name)
{
	struct btrfs_ioctl_vol_args args = {0};
	struct stat st;
	if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISDIR(st.st_mode) || st.st_ino != BTRFS_FIRST_FREE_OBJECTID)
		return false;
	snprintf(args.name, sizeof args.name, "%s", name);
	return ioctl(parent, BTRFS_IOC_SNAP_DESTROY, &args) == 0;
}

static int remove_folder(struct removal *removal, int parent, const char *name, int depth, struct error *err)
{
	if (unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	if (errno != ENOTEMPTY && errno != EEXIST)
		return error_set(err, errno, "remove folder %s", name);
	if (remove_subvolume(parent, name))
		return 0;
	if (depth >= DEPTH_LIMIT)
		return move_up(removal, parent, name, err);
	cleanup_close int folder = open_below(parent, name);
	if (folder < 0)
		return errno == ENOENT ? 0 : error_set(err, errno, "open folder %s", name);
	if (empty_folder(removal, folder, depth + 1, err) < 0)
		return -1;
	if (unlinkat(parent, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return error_set(err, errno, "remove folder %s", name);
	return 0;
}

static int remove_one(struct removal *removal, int parent, const struct dirent *entry, int depth, struct error *err)
{
	if (entry->d_type == DT_DIR)
		return remove_folder(removal, parent, entry->d_name, depth, err);
	if (unlinkat(parent, entry->d_name, 0) == 0 || errno == ENOENT)
		return 0;
	/* A file system that does not tell types. */
	if (errno == EISDIR)
		return remove_folder(removal, parent, entry->d_name, depth, err);
	return error_set(err, errno, "remove %s", entry->d_name);
}

/* Again until a whole pass finds nothing: what was moved up may have come behind the place where the reading was. */
static int empty_folder(struct removal *removal, int folder, int depth, struct error *err)
{
	cleanup_close int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_dir DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	if (!dir)
		return error_set(err, errno, "read a folder");
	steal_fd(&copy);
	for (unsigned found = 1; found; rewinddir(dir)) {
		struct dirent *entry;
		found = 0;
		while ((entry = readdir(dir))) {
			if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
				continue;
			found++;
			if (remove_one(removal, folder, entry, depth, err) < 0)
				return -1;
		}
	}
	return 0;
}

int remove_content(int folder, struct error *err)
{
	struct removal removal = {.top = folder};
	return empty_folder(&removal, folder, 0, err);
}

int remove_at(int parent, const char *name, struct error *err)
{
	if (unlinkat(parent, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR)
		return error_set(err, errno, "remove %s", name);
	if (unlinkat(parent, name, AT_REMOVEDIR) == 0 || remove_subvolume(parent, name))
		return 0;
	cleanup_close int folder = open_below(parent, name);
	if (folder < 0)
		return errno == ENOENT ? 0 : error_set(err, errno, "open folder %s", name);
	if (remove_content(folder, err) < 0)
		return error_wrap(err, "%s", name);
	if (unlinkat(parent, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return error_set(err, errno, "remove folder %s", name);
	return 0;
}
