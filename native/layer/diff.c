/* What a container changed: its writable layer, or its whole tree, beside what lies below, in Docker's three letters. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

#include "fuse.h"
#include "links.h"
#include "tree.h"
#include "util.h"
#include "verbs.h"
#include "view.h"
#include "walk.h"

enum { DIFF_DEPTH = 2100 };

struct diff {
	bool told[DIFF_DEPTH]; /* whether the folder at this depth of the way was printed */
	int lower, tree;
	bool is_whole;	/* the tree is all that the container sees, not a layer above the lower ones */
	bool has_marks; /* fuse-overlayfs has written the tree */
	bool is_sum;	/* how much it is, instead of what */
	uint64_t bytes, inodes;
	struct links seen;
};

static int print(char kind, const char *path, size_t length, struct error *err)
{
	/* Ends with a NUL: a name may hold a newline. */
	return printf("%c /%.*s%c", kind, (int)length, path, 0) < 0 ? error_set(err, errno, "write the result") : 0;
}

/* Folders on the way to a change count as changed too; each is said once, before what is in it. */
static int tell(struct diff *diff, char kind, const char *path, struct error *err)
{
	int depth = 1;
	if (diff->is_sum)
		return 0;
	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/'), depth++) {
		if (!diff->told[depth] && print('C', path, (size_t)(slash - path), err) < 0)
			return -1;
		diff->told[depth] = true;
	}
	diff->told[depth] = true;
	return print(kind, path, strlen(path), err);
}

/* Layers keep whole seconds; a copy of them is exact. */
static bool is_same_time(const struct diff *diff, struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && (a.tv_nsec == b.tv_nsec || (!diff->is_whole && (!a.tv_nsec || !b.tv_nsec)));
}

/* What is called so in a tree itself: not what a link on the way leads to. */
static int look_up(int root, const char *path, struct stat *st)
{
	struct open_how how = {.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH};
	cleanup_close int fd = (int)syscall(SYS_openat2, root, *path ? path : ".", &how, sizeof how);
	return fd < 0 ? -1 : fstat(fd, st);
}

static int add_up(struct diff *diff, const struct walk_item *item, struct error *err)
{
	const char *first = NULL;
	if (!diff->is_sum)
		return 0;
	if (links_find(&diff->seen, &item->st, item->path, &first, err) < 0)
		return -1;
	diff->inodes += !first;
	diff->bytes += !first && (S_ISREG(item->st.st_mode) || S_ISLNK(item->st.st_mode)) ? (uint64_t)item->st.st_size : 0;
	return 0;
}

static ssize_t capability_of(int parent, const char *name, char *value, size_t room)
{
	cleanup_close int fd = openat(parent, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return fd < 0 ? -1 : fgetxattr(fd, "security.capability", value, room);
}

static bool has_same_capability(const struct diff *diff, const struct walk_item *item)
{
	char before[64], now[64];
	ssize_t old = capability_of(diff->lower, item->path, before, sizeof before);
	ssize_t new = capability_of(item->parent, item->name, now, sizeof now);
	return old == new && (old <= 0 || memcmp(before, now, (size_t)old) == 0);
}

static bool is_changed(const struct diff *diff, const struct walk_item *item, const struct stat *old)
{
	const struct stat *new = &item->st;
	if (old->st_mode != new->st_mode || old->st_uid != new->st_uid || old->st_gid != new->st_gid || old->st_rdev != new->st_rdev)
		return true;
	if (S_ISDIR(new->st_mode))
		return false;
	return !is_same_time(diff, old->st_mtim, new->st_mtim) || old->st_size != new->st_size ||
	       (S_ISREG(new->st_mode) && !has_same_capability(diff, item));
}

/* What a folder that hides all below it does not have itself any more. */
static int tell_hidden(struct diff *diff, const struct walk_item *item, struct error *err)
{
	char path[2 * TAR_NAME_LIMIT], value;
	struct dirent *entry;
	struct stat st;
	cleanup_close int upper = openat(item->parent, item->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (upper < 0 || fgetxattr(upper, "trusted.overlay.opaque", &value, 1) != 1 || value != 'y')
		return 0;
	int lower = openat(diff->lower, item->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	cleanup_dir DIR *dir = lower < 0 ? NULL : fdopendir(lower);
	while (dir && (entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
			fstatat(upper, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0)
			continue;
		snprintf(path, sizeof path, "%s/%s", item->path, entry->d_name);
		if (tell(diff, 'D', path, err) < 0)
			return -1;
	}
	return 0;
}

static int compare_item(void *context, const struct walk_item *item, struct error *err)
{
	struct diff *diff = context;
	struct stat old;
	if (item->when == WALK_LEAVE || !*item->path || (diff->has_marks && is_fuse_mark(item->name)))
		return 0;
	diff->told[item->depth] = false;
	bool was_there = look_up(diff->lower, item->path, &old) == 0;
	if (is_whiteout(&item->st))
		return was_there ? tell(diff, 'D', item->path, err) : 0;
	if (!was_there)
		return add_up(diff, item, err) < 0 ? -1 : tell(diff, 'A', item->path, err);
	if (is_changed(diff, item, &old) && (add_up(diff, item, err) < 0 || tell(diff, 'C', item->path, err) < 0))
		return -1;
	return !diff->is_whole && S_ISDIR(item->st.st_mode) && S_ISDIR(old.st_mode) ? tell_hidden(diff, item, err) : 0;
}

/* What lies below and is not in the whole tree: of a folder that is gone, or is none any more, nothing that was in it. */
static int find_deleted(void *context, const struct walk_item *item, struct error *err)
{
	struct diff *diff = context;
	struct stat st;
	char folder[TAR_NAME_LIMIT];
	const char *slash = strrchr(item->path, '/');
	if (item->when == WALK_LEAVE || !*item->path)
		return 0;
	diff->told[item->depth] = false;
	if (look_up(diff->tree, item->path, &st) == 0)
		return 0;
	snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - item->path) : 0, item->path);
	bool has_folder = look_up(diff->tree, folder, &st) == 0 && S_ISDIR(st.st_mode);
	return has_folder ? tell(diff, 'D', item->path, err) : 0;
}

static int read_options(struct view *view, struct diff *diff, int argc, char **argv, struct error *err)
{
	static const struct option known[] = {VIEW_OPTIONS, {"sum", 0, NULL, 'S'}, {0}};
	int option;
	opterr = 0;
	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		diff->is_sum = diff->is_sum || option == 'S';
		if (option != 'S' && view_option(view, option, optarg, err) != 0)
			return error_set(err, 0, "unknown option, or one without its value");
	}
	if (optind != argc || !view->upper == !view->source || !view->lower_count)
		return error_set(err, 0, "diff needs --lower, and --upper or --source");
	return 0;
}

int verb_diff(int argc, char **argv, struct error *err)
{
	static struct view view;
	static struct diff diff;
	if (read_options(&view, &diff, argc, argv, err) < 0)
		return -1;
	const char *tree = view.upper ? view.upper : view.source;
	diff.is_whole = view.source;
	diff.has_marks = view.upper && view.fuse;
	diff.tree = open(tree, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (diff.tree < 0)
		return error_set(err, errno, "open %s", tree);
	view.upper = view.source = NULL;
	if (view_enter(&view, err) < 0)
		return -1;
	diff.lower = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (diff.lower < 0 || walk_tree(diff.tree, compare_item, &diff, err) < 0 ||
		(diff.is_whole && !diff.is_sum && walk_tree(diff.lower, find_deleted, &diff, err) < 0))
		return -1;
	if (diff.is_sum)
		printf("bytes %llu\ninodes %llu\n", (unsigned long long)diff.bytes, (unsigned long long)diff.inodes);
	return fflush(stdout) ? error_set(err, errno, "write the result") : 0;
}
