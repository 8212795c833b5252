/* Our tables: one of family inet (ports, masquerade, isolation) and one of family bridge (who may send as whom), both of the
 * store's name. Their rules never change while containers come and go: those are elements of their sets. */
#pragma once

#include <stdbool.h>

#include "nft.h"

struct table_state {
	const char *table;
	/* Counts up with every change of the rule set by anybody. */
	uint32_t generation;
	size_t rules, foreign_rules;
};

int table_read(int nfnl, const char *table, struct table_state *state, struct error *err);
bool table_is_whole(const struct table_state *state);

/* Puts both tables into a transaction, with fresh rules; their sets keep what is in them. */
void table_put(struct batch *batch, const char *table);

/* Removes both; what is not there is fine. */
int table_remove(int nfnl, const char *table, struct error *err);

#define SET_BRIDGES "bridges"
#define SET_SAME "same_bridge"
#define SET_INTERNAL "internal"
#define SET_CABLES "cables"

/* What the rules of IPv4 and IPv6 differ in: where an address is in the header, and the sets of such addresses. */
struct family {
	uint8_t family, nfproto, source, destination, size;
	uint16_t ethertype;
	const char *nets, *ports, *any_ports, *leases;
	/* Bridges whose containers are reached at their own addresses, wholly or where `opened` has a port; and those that then answer a
	 * ping. */
	const char *open, *opened, *routed;
};

const struct family *family_of(uint8_t family);

/* Where a container asks for names. */
#define RESOLVER_ADDRESS "127.0.0.11"

/* In a container's namespace: a transaction with a table that leads questions to the ports where its resolver listens. */
void table_put_resolver(struct batch *batch, uint16_t udp, uint16_t tcp);
