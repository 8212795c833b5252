/* What a container changed: its writable layer beside what lies below, in Docker's three letters. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "tree.h"
#include "util.h"
#include "verbs.h"
#include "view.h"
#include "walk.h"

enum { DIFF_DEPTH = 2100 };

struct diff {
	bool told[DIFF_DEPTH]; /* whether the folder at this depth of the way was printed */
	int lower;
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
	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/'), depth++) {
		if (!diff->told[depth] && print('C', path, (size_t)(slash - path), err) < 0)
			return -1;
		diff->told[depth] = true;
	}
	diff->told[depth] = true;
	return print(kind, path, strlen(path), err);
}

/* Layers keep whole seconds. */
static bool is_same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && (a.tv_nsec == b.tv_nsec || !a.tv_nsec || !b.tv_nsec);
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
	return !is_same_time(old->st_mtim, new->st_mtim) || old->st_size != new->st_size ||
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
	if (item->when == WALK_LEAVE || !*item->path)
		return 0;
	diff->told[item->depth] = false;
	bool was_there = fstatat(diff->lower, item->path, &old, AT_SYMLINK_NOFOLLOW) == 0;
	if (is_whiteout(&item->st))
		return was_there ? tell(diff, 'D', item->path, err) : 0;
	if (!was_there)
		return tell(diff, 'A', item->path, err);
	if (is_changed(diff, item, &old) && tell(diff, 'C', item->path, err) < 0)
		return -1;
	return S_ISDIR(item->st.st_mode) && S_ISDIR(old.st_mode) ? tell_hidden(diff, item, err) : 0;
}

int verb_diff(int argc, char **argv, struct error *err)
{
	static const struct option known[] = {VIEW_OPTIONS, {0}};
	static struct view view;
	static struct diff diff;
	int option;
	opterr = 0;
	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1)
		if (view_option(&view, option, optarg, err) != 0)
			return error_set(err, 0, "unknown option, or one without its value");
	if (optind != argc || !view.upper || !view.lower_count)
		return error_set(err, 0, "diff needs --upper and --lower");
	cleanup_close int upper = open(view.upper, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (upper < 0)
		return error_set(err, errno, "open %s", view.upper);
	view.upper = NULL;
	if (view_enter(&view, err) < 0)
		return -1;
	diff.lower = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (diff.lower < 0 || walk_tree(upper, compare_item, &diff, err) < 0)
		return -1;
	return fflush(stdout) ? error_set(err, errno, "write the result") : 0;
}
