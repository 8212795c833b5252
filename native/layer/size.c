#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "links.h"
#include "util.h"
#include "verbs.h"
#include "walk.h"

struct sum {
	uint64_t bytes, blocks, inodes;
	struct links seen;
};

static int count(void *context, const struct walk_item *item, struct error *err)
{
	struct sum *sum = context;
	if (item->when == WALK_LEAVE)
		return 0;
	const char *first;
	if (links_find(&sum->seen, &item->st, item->path, &first, err) < 0)
		return -1;
	if (first)
		return 0;
	sum->inodes++;
	sum->blocks += (uint64_t)item->st.st_blocks;
	if (S_ISREG(item->st.st_mode) || S_ISLNK(item->st.st_mode))
		sum->bytes += (uint64_t)item->st.st_size;
	return 0;
}

int verb_size(int argc, char **argv, struct error *err)
{
	struct sum sum = {0};
	if (argc != 2)
		return error_set(err, 0, "size takes one folder");
	cleanup_close int fd = open(argv[1], O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return error_set(err, errno, "open %s", argv[1]);
	int result = walk_tree(fd, count, &sum, err);
	links_finish(&sum.seen);
	if (result < 0)
		return error_wrap(err, "%s", argv[1]);
	printf("bytes %llu\ninodes %llu\ndisk %llu\n", (unsigned long long)sum.bytes, (unsigned long long)sum.inodes,
		(unsigned long long)sum.blocks * 512);
	return 0;
}
