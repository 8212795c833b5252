/* What of a plan is in the tables: each bridge, endpoint and port is an element or two. */
#pragma once

#include "nft.h"
#include "plan.h"

struct entry {
	uint8_t family;
	const char *set;
	uint8_t key[48], data[20], end[16];
	size_t key_size, data_size;
	/* key…end is a range. */
	bool interval;
	/* A leased thing: it has the owner's name as its comment, and is only removed by its owner. */
	bool owned;
};

struct entries {
	struct entry *list;
	size_t count;
	bool failed;
};

void entries_add_bridges(struct entries *entries, const struct plan *plan);
void entries_add_container(struct entries *entries, const struct plan *plan);
void entries_finish(struct entries *entries);
#define cleanup_entries __attribute__((cleanup(entries_finish)))

/* What the table says about an entry. */
struct found {
	bool present, same_data;
	char owner[OWNER_NAME];
};

int entry_find(int nfnl, const struct plan *plan, const struct entry *entry, struct found *found, struct error *err);

/* Put all the entries into a transaction, as elements to add or (NFT_MSG_DELSETELEM) to remove. */
void entries_put(struct batch *batch, const struct plan *plan, const struct entries *entries, uint16_t type);

/* Those of `all` that stand in the way of their like in the plan (`stale`), or that are there and are the plan's own. */
int entries_select(int nfnl, const struct plan *plan, const struct entries *all, bool stale, struct entries *chosen, struct error *err);
