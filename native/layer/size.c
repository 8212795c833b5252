#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "util.h"
#include "verbs.h"
#include "walk.h"

/* Inodes with several names, so that each counts once: open addressing, grown at half full. */
struct inode_set {
	ino_t *slots;
	size_t room, used;
};

struct sum {
	uint64_t bytes, blocks, inodes;
	struct inode_set seen;
};

static bool set_insert(struct inode_set *set, ino_t inode)
{
	size_t at = (size_t)(inode * UINT64_C(0x9e3779b97f4a7c15)) & (set->room - 1);
	for (; set->slots[at]; at = (at + 1) & (set->room - 1))
		if (set->slots[at] == inode)
			return false;
	set->slots[at] = inode;
	set->used++;
	return true;
}

static int set_grow(struct inode_set *set)
{
	struct inode_set grown = {.room = set->room ? set->room * 2 : 1024};
	grown.slots = calloc(grown.room, sizeof *grown.slots);
	if (!grown.slots)
		return -1;
	for (size_t i = 0; i < set->room; i++)
		if (set->slots[i])
			set_insert(&grown, set->slots[i]);
	free(set->slots);
	*set = grown;
	return 0;
}

static int count(void *context, const struct walk_item *item, struct error *err)
{
	struct sum *sum = context;
	if (item->when == WALK_LEAVE)
		return 0;
	if (item->st.st_nlink > 1 && !S_ISDIR(item->st.st_mode)) {
		if (sum->seen.used * 2 >= sum->seen.room && set_grow(&sum->seen) < 0)
			return error_set(err, ENOMEM, "count %s", item->name);
		if (!set_insert(&sum->seen, item->st.st_ino))
			return 0;
	}
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
	free(sum.seen.slots);
	if (result < 0)
		return error_wrap(err, "%s", argv[1]);
	printf("bytes %llu\ninodes %llu\ndisk %llu\n", (unsigned long long)sum.bytes, (unsigned long long)sum.inodes,
		(unsigned long long)sum.blocks * 512);
	return 0;
}
