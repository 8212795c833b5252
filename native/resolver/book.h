/* Who is who: the files below STATE/names (docs/formats.md), read again whenever they have changed. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "fields.h"

#define NETWORKS 64
#define ID_SIZE 64

/* When something was last changed, and whether it was looked at so soon after that another change could look the same. */
struct stamp {
	struct timespec changed;
	ino_t inode;
	bool settled;
};

struct entry {
	/* Points into the network's text, each name followed by a NUL: the first is that of PTR. */
	const char *id, *names, *addresses;
	size_t name_count, address_count;
};

struct network {
	char id[ID_SIZE + 1];
	const char *name;
	int dir;
	struct stamp stamp;
	char *text;
	size_t used, room;
	struct entry *entries;
	size_t count;
};

struct book {
	/* The folder of all names, and that of this container. */
	int root, own;
	struct stamp stamp;
	struct fields view;
	struct network networks[NETWORKS];
	size_t network_count;
};

/* Reads again what has changed; what cannot be read is as if it were empty. */
void book_refresh(struct book *book);

struct address {
	int family;
	uint8_t bytes[16];
};

/* Addresses of `name` into `list`, at most `most`. `*known`: there is such a container, whatever addresses it has. */
size_t book_find(const struct book *book, const char *name, struct address *list, size_t most, bool *known);

/* The name of an address, "NAME.NETWORK"; false when it is nobody's. */
bool book_name(const struct book *book, const uint8_t *bytes, size_t size, char *name, size_t room);

/* The server of that number, or NULL. */
const char *book_server(const struct book *book, size_t number);
