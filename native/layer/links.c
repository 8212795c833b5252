#include "links.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Open addressing, at most half full. */
static struct link_slot *find_slot(const struct links *links, dev_t device, ino_t inode)
{
	size_t at = (size_t)((inode ^ device) * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (links->room - 1);
	while (links->slots[at].path && (links->slots[at].inode != inode || links->slots[at].device != device))
		at = (at + 1) & (links->room - 1);
	return &links->slots[at];
}

static int grow(struct links *links)
{
	struct links grown = {.room = links->room ? links->room * 2 : 256, .used = links->used};
	grown.slots = calloc(grown.room, sizeof *grown.slots);
	if (!grown.slots)
		return -1;
	for (size_t i = 0; i < links->room; i++)
		if (links->slots[i].path)
			*find_slot(&grown, links->slots[i].device, links->slots[i].inode) = links->slots[i];
	free(links->slots);
	*links = grown;
	return 0;
}

int links_find(struct links *links, const struct stat *st, const char *path, const char **first, struct error *err)
{
	*first = NULL;
	if (st->st_nlink < 2 || S_ISDIR(st->st_mode))
		return 0;
	if (links->used * 2 >= links->room && grow(links) < 0)
		return error_set(err, ENOMEM, "%s", path);
	struct link_slot *slot = find_slot(links, st->st_dev, st->st_ino);
	if (slot->path) {
		*first = slot->path;
		return 0;
	}
	*slot = (struct link_slot){st->st_dev, st->st_ino, strdup(path)};
	links->used++;
	return slot->path ? 0 : error_set(err, ENOMEM, "%s", path);
}

void links_finish(struct links *links)
{
	for (size_t i = 0; i < links->room; i++)
		free(links->slots[i].path);
	free(links->slots);
	*links = (struct links){0};
}
