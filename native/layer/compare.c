/* Whether a tree is what it was: beside one that was just made of the same layer. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "links.h"
#include "sandbox.h"
#include "tree.h"
#include "util.h"
#include "verbs.h"
#include "walk.h"

enum { COMPARE_ROOM = 256 * 1024, NAMES_ROOM = 65536 };

struct compare {
	int from; /* how it should be */
	int root; /* how it is */
	struct links wanted, found;
};

/* Ends with a NUL: a name may hold a newline. */
static int tell(const char *what, const char *path, struct error *err)
{
	return printf("%s /%s%c", what, path, 0) < 0 ? error_set(err, errno, "write the result") : 0;
}

/* 0: the same bytes; 1: not; -1 with errno. */
static int compare_content(int one, int other)
{
	static char a[COMPARE_ROOM], b[COMPARE_ROOM];
	for (;;) {
		ssize_t n = read_full(one, a, sizeof a), m = read_full(other, b, sizeof b);
		if (n < 0 || m < 0)
			return -1;
		if (n != m || memcmp(a, b, (size_t)n) != 0)
			return 1;
		if (n == 0)
			return 0;
	}
}

static int has_xattrs_of(int one, int other)
{
	char names[NAMES_ROOM], a[TAR_XATTR_SIZE], b[TAR_XATTR_SIZE];
	ssize_t length = flistxattr(one, names, sizeof names);
	for (char *name = names; length > 0 && name < names + length; name += strlen(name) + 1) {
		ssize_t size = fgetxattr(one, name, a, sizeof a);
		if (size < 0 || fgetxattr(other, name, b, sizeof b) != size || memcmp(a, b, (size_t)size) != 0)
			return 0;
	}
	return 1;
}

static int open_item(int parent, const char *name)
{
	return openat(parent, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

static const char *compare_link(const struct compare *compare, const struct walk_item *item)
{
	char a[TAR_NAME_LIMIT], b[TAR_NAME_LIMIT];
	ssize_t n = readlinkat(item->parent, item->name, a, sizeof a), m = readlinkat(compare->root, item->path, b, sizeof b);
	return n > 0 && n == m && memcmp(a, b, (size_t)n) == 0 ? NULL : "link-target";
}

/* What of a file or folder is not as it should be. Times of folders are not told by all layers. */
static const char *compare_opened(const struct compare *compare, const struct walk_item *item)
{
	cleanup_close int wanted = open_item(item->parent, item->name);
	cleanup_close int found = open_item(compare->root, *item->path ? item->path : ".");
	if (wanted < 0 || found < 0)
		return "unreadable";
	if (!has_xattrs_of(wanted, found) || !has_xattrs_of(found, wanted))
		return "attributes";
	return S_ISREG(item->st.st_mode) && compare_content(wanted, found) ? "content" : NULL;
}

static const char *compare_found(struct compare *compare, const struct walk_item *item, const struct stat *st, struct error *err)
{
	const char *first = NULL, *there = NULL;
	if ((st->st_mode & S_IFMT) != (item->st.st_mode & S_IFMT) || st->st_rdev != item->st.st_rdev)
		return "kind";
	if (st->st_mode != item->st.st_mode)
		return "mode";
	if (st->st_uid != item->st.st_uid || st->st_gid != item->st.st_gid)
		return "owner";
	if (!S_ISDIR(st->st_mode) && st->st_size != item->st.st_size)
		return "size";
	if (links_find(&compare->wanted, &item->st, item->path, &first, err) < 0 ||
		links_find(&compare->found, st, item->path, &there, err) < 0)
		return "unreadable";
	if (!first != !there || (first && strcmp(first, there) != 0))
		return "hard-link";
	/* The same inode was looked at under its first name. */
	const char *what = first					  ? NULL
			   : S_ISLNK(st->st_mode)			  ? compare_link(compare, item)
			   : S_ISREG(st->st_mode) || S_ISDIR(st->st_mode) ? compare_opened(compare, item)
									  : NULL;
	bool is_timed = S_ISREG(st->st_mode) || S_ISLNK(st->st_mode);
	if (!what && is_timed && (st->st_mtim.tv_sec != item->st.st_mtim.tv_sec || st->st_mtim.tv_nsec != item->st.st_mtim.tv_nsec))
		return "time";
	return what;
}

static int compare_item(void *context, const struct walk_item *item, struct error *err)
{
	struct compare *compare = context;
	struct stat st;
	if (item->when == WALK_LEAVE)
		return 0;
	if (fstatat(compare->root, *item->path ? item->path : ".", &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT || errno == ENOTDIR ? tell("missing", item->path, err) : tell("unreadable", item->path, err);
	const char *what = compare_found(compare, item, &st, err);
	return what ? tell(what, item->path, err) : 0;
}

static int find_extra(void *context, const struct walk_item *item, struct error *err)
{
	const struct compare *compare = context;
	struct stat st;
	if (item->when == WALK_LEAVE || !*item->path || fstatat(compare->from, item->path, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	return tell("extra", item->path, err);
}

int verb_compare(int argc, char **argv, struct error *err)
{
	static const struct option known[] = {{"from", 1, NULL, 'f'}, {"target", 1, NULL, 't'}, {0}};
	static struct compare compare;
	const char *from = NULL, *target = NULL;
	int option;
	opterr = 0;
	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (option == '?')
			return error_set(err, 0, "unknown option, or one without its value");
		*(option == 'f' ? &from : &target) = optarg;
	}
	if (optind != argc || !from || !target)
		return error_set(err, 0, "compare needs --from DIR and --target DIR");
	compare.from = open(from, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (compare.from < 0)
		return error_set(err, errno, "open %s", from);
	if (sandbox_enter(target, err) < 0)
		return -1;
	compare.root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (compare.root < 0)
		return error_set(err, errno, "open %s", target);
	if (walk_tree(compare.from, compare_item, &compare, err) < 0 || walk_tree(compare.root, find_extra, &compare, err) < 0)
		return -1;
	return fflush(stdout) ? error_set(err, errno, "write the result") : 0;
}
