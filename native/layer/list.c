/* What is in an unpacked layer, for whoever compares layers: it opens nothing but folders. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "links.h"
#include "tree.h"
#include "util.h"
#include "verbs.h"
#include "walk.h"

static bool hides_below(const struct walk_item *item)
{
	char value;
	cleanup_close int fd = openat(item->parent, item->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd >= 0 && fgetxattr(fd, "trusted.overlay.opaque", &value, 1) == 1 && value == 'y';
}

static char kind_of(const struct walk_item *item)
{
	if (is_whiteout(&item->st))
		return 'w';
	switch (item->st.st_mode & S_IFMT) {
	case S_IFDIR:
		return hides_below(item) ? 'o' : 'd';
	case S_IFREG:
		return 'f';
	case S_IFLNK:
		return 'l';
	default:
		return 's';
	}
}

static int list_item(void *context, const struct walk_item *item, struct error *err)
{
	const char *first;
	if (item->when == WALK_LEAVE)
		return 0;
	char kind = kind_of(item);
	if (links_find(context, &item->st, item->path, &first, err) < 0)
		return -1;
	if (kind == 'f' && first)
		kind = 'h';
	unsigned long long size = kind == 'f' || kind == 'l' ? (unsigned long long)item->st.st_size : 0;
	/* Ends with a NUL: a name may hold a newline. */
	return printf("%c %llu %s%c", kind, size, item->path, 0) < 0 ? error_set(err, errno, "write the list") : 0;
}

int verb_list(int argc, char **argv, struct error *err)
{
	struct links seen = {0};
	if (argc != 2)
		return error_set(err, 0, "list takes one folder");
	cleanup_close int fd = open(argv[1], O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return error_set(err, errno, "open %s", argv[1]);
	int result = walk_tree(fd, list_item, &seen, err);
	links_finish(&seen);
	if (result < 0)
		return error_wrap(err, "%s", argv[1]);
	return fflush(stdout) ? error_set(err, errno, "write the list") : 0;
}
