/* nfnetlink messages for nf_tables: transactions, sets, elements, chains, rules and their expressions. */
#pragma once

#include <linux/netfilter/nf_tables.h>

#include "netlink.h"

/* A transaction: all of it happens or nothing. With `generation` not 0 it is refused (ERESTART) when anybody has changed the
 * rule set since. */
void nft_begin(struct batch *batch, uint32_t generation);
void nft_end(struct batch *batch);

/* Any message of nf_tables; outside of a transaction for those that read. */
void nft_message(struct batch *batch, uint8_t family, uint16_t type, uint16_t flags);

struct nft_set {
	const char *name;
	uint32_t flags, key_type, key_size, data_type, data_size;
	bool host_order;
};

void nft_put_table(struct batch *batch, uint8_t family, const char *table);
void nft_put_set(struct batch *batch, uint8_t family, const char *table, const struct nft_set *set, uint32_t id);

struct nft_chain {
	const char *name;
	/* NULL: no base chain, only a target of goto. */
	const char *type;
	uint32_t hook;
	int priority;
};

void nft_put_chain(struct batch *batch, uint8_t family, const char *table, const struct nft_chain *chain);

/* An element; `data_size` 0 is a member of a set. `comment` NULL: none. */
struct nft_element {
	const void *key, *data;
	size_t key_size, data_size;
	bool interval_end;
	const char *comment;
};

/* Begin and end a message NEWSETELEM, DELSETELEM or GETSETELEM; nft_put_element between them. */
size_t nft_begin_elements(struct batch *batch, uint8_t family, uint16_t type, uint16_t flags, const char *table, const char *set);
void nft_put_element(struct batch *batch, const struct nft_element *element);

/* Begin and end a rule, whose comment tells which version of us wrote it. */
size_t nft_begin_rule(struct batch *batch, uint8_t family, const char *table, const char *chain, const char *comment);

/* Expressions, in the order in which they run. Registers are the sixteen of four bytes, 0 to 15. */
void nft_meta(struct batch *batch, uint32_t key, int to);
void nft_ct(struct batch *batch, uint32_t key, int to);
void nft_fib_type(struct batch *batch, int to);
void nft_payload(struct batch *batch, uint32_t base, uint32_t offset, uint32_t size, int to);
void nft_mask(struct batch *batch, int reg, uint32_t mask);
void nft_compare(struct batch *batch, uint32_t op, int reg, const void *data, size_t size);
/* `to` < 0: a set, match when it is in it (or, `inverted`, not); else a map, which gives its data. */
void nft_lookup(struct batch *batch, const char *set, int from, int to, bool inverted);
void nft_dnat(struct batch *batch, uint8_t family, int address, int port);
void nft_masquerade(struct batch *batch);
/* NF_ACCEPT, NF_DROP, or NFT_GOTO with a chain. */
void nft_verdict(struct batch *batch, int verdict, const char *chain);

/* The comment in user data of an element or rule: "" when there is none. */
const char *nft_comment(const struct nlattr *userdata);
