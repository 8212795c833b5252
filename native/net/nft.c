#include "nft.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

/* User data is a list of (type, size, bytes); type 0 is what nft(8) shows as a comment. */
#define COMMENT_TYPE 0
/* Of a set, type 0 is the byte order of its keys. */
#define KEY_ORDER_TYPE 0

static void begin_control(struct batch *batch, uint16_t type)
{
	struct nfgenmsg header = {.nfgen_family = AF_UNSPEC, .version = NFNETLINK_V0, .res_id = htons(NFNL_SUBSYS_NFTABLES)};
	batch_begin(batch, type, 0, &header, sizeof header);
}

void nft_begin(struct batch *batch, uint32_t generation)
{
	begin_control(batch, NFNL_MSG_BATCH_BEGIN);
	if (generation)
		attr_be32(batch, NFNL_BATCH_GENID, generation);
}

void nft_end(struct batch *batch)
{
	begin_control(batch, NFNL_MSG_BATCH_END);
}

void nft_message(struct batch *batch, uint8_t family, uint16_t type, uint16_t flags)
{
	struct nfgenmsg header = {.nfgen_family = family, .version = NFNETLINK_V0};
	batch_begin(batch, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), flags, &header, sizeof header);
}

void nft_put_table(struct batch *batch, uint8_t family, const char *table)
{
	nft_message(batch, family, NFT_MSG_NEWTABLE, NLM_F_CREATE);
	attr_string(batch, NFTA_TABLE_NAME, table);
	batch_name(batch, 0, "create nftables table %s", table);
}

void nft_put_set(struct batch *batch, uint8_t family, const char *table, const struct nft_set *set, uint32_t id)
{
	nft_message(batch, family, NFT_MSG_NEWSET, NLM_F_CREATE);
	attr_string(batch, NFTA_SET_TABLE, table);
	attr_string(batch, NFTA_SET_NAME, set->name);
	attr_be32(batch, NFTA_SET_ID, id);
	attr_be32(batch, NFTA_SET_FLAGS, set->flags);
	attr_be32(batch, NFTA_SET_KEY_TYPE, set->key_type);
	attr_be32(batch, NFTA_SET_KEY_LEN, set->key_size);
	if (set->flags & NFT_SET_MAP) {
		attr_be32(batch, NFTA_SET_DATA_TYPE, set->data_type);
		attr_be32(batch, NFTA_SET_DATA_LEN, set->data_size);
	}
	/* Tells nft(8) that the keys are not numbers in network order, so that it shows names. */
	static const uint8_t host_order[] = {KEY_ORDER_TYPE, 4, 1, 0, 0, 0};
	if (set->host_order)
		attr_put(batch, NFTA_SET_USERDATA, host_order, sizeof host_order);
	batch_name(batch, 0, "create nftables set %s %s", table, set->name);
}

void nft_put_chain(struct batch *batch, uint8_t family, const char *table, const struct nft_chain *chain)
{
	nft_message(batch, family, NFT_MSG_NEWCHAIN, NLM_F_CREATE);
	attr_string(batch, NFTA_CHAIN_TABLE, table);
	attr_string(batch, NFTA_CHAIN_NAME, chain->name);
	if (chain->type) {
		size_t hook = attr_begin(batch, NFTA_CHAIN_HOOK);
		attr_be32(batch, NFTA_HOOK_HOOKNUM, chain->hook);
		attr_be32(batch, NFTA_HOOK_PRIORITY, (uint32_t)chain->priority);
		attr_end(batch, hook);
		attr_be32(batch, NFTA_CHAIN_POLICY, NF_ACCEPT);
		attr_string(batch, NFTA_CHAIN_TYPE, chain->type);
	}
	batch_name(batch, 0, "create nftables chain %s %s", table, chain->name);
}

static void put_comment(struct batch *batch, uint16_t type, const char *comment)
{
	uint8_t data[256] = {COMMENT_TYPE};
	size_t size = strnlen(comment, sizeof data - 3) + 1;
	data[1] = (uint8_t)size;
	memcpy(data + 2, comment, size - 1);
	attr_put(batch, type, data, size + 2);
}

const char *nft_comment(const struct nlattr *userdata)
{
	const uint8_t *data = userdata ? attr_data(userdata) : NULL;
	size_t size = userdata ? attr_size(userdata) : 0;
	bool whole = size > 2 && data[0] == COMMENT_TYPE && data[1] >= 1 && data[1] + 2u <= size && data[1 + data[1]] == 0;
	return whole ? (const char *)data + 2 : "";
}

size_t nft_begin_elements(struct batch *batch, uint8_t family, uint16_t type, uint16_t flags, const char *table, const char *set)
{
	nft_message(batch, family, type, flags);
	attr_string(batch, NFTA_SET_ELEM_LIST_TABLE, table);
	attr_string(batch, NFTA_SET_ELEM_LIST_SET, set);
	return attr_begin(batch, NFTA_SET_ELEM_LIST_ELEMENTS);
}

static void put_value(struct batch *batch, uint16_t type, const void *data, size_t size)
{
	size_t value = attr_begin(batch, type);
	attr_put(batch, NFTA_DATA_VALUE, data, size);
	attr_end(batch, value);
}

void nft_put_element(struct batch *batch, const struct nft_element *element)
{
	size_t entry = attr_begin(batch, NFTA_LIST_ELEM);
	put_value(batch, NFTA_SET_ELEM_KEY, element->key, element->key_size);
	if (element->data_size)
		put_value(batch, NFTA_SET_ELEM_DATA, element->data, element->data_size);
	if (element->interval_end)
		attr_be32(batch, NFTA_SET_ELEM_FLAGS, NFT_SET_ELEM_INTERVAL_END);
	if (element->comment)
		put_comment(batch, NFTA_SET_ELEM_USERDATA, element->comment);
	attr_end(batch, entry);
}

size_t nft_begin_rule(struct batch *batch, uint8_t family, const char *table, const char *chain, const char *comment)
{
	nft_message(batch, family, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
	attr_string(batch, NFTA_RULE_TABLE, table);
	attr_string(batch, NFTA_RULE_CHAIN, chain);
	put_comment(batch, NFTA_RULE_USERDATA, comment);
	batch_name(batch, 0, "add a rule to nftables chain %s %s", table, chain);
	return attr_begin(batch, NFTA_RULE_EXPRESSIONS);
}

struct expression {
	size_t entry, data;
};

static struct expression begin_expression(struct batch *batch, const char *name)
{
	struct expression expression = {.entry = attr_begin(batch, NFTA_LIST_ELEM)};
	attr_string(batch, NFTA_EXPR_NAME, name);
	expression.data = attr_begin(batch, NFTA_EXPR_DATA);
	return expression;
}

static void end_expression(struct batch *batch, struct expression expression)
{
	attr_end(batch, expression.data);
	attr_end(batch, expression.entry);
}

static uint32_t reg_number(int reg)
{
	return NFT_REG32_00 + (uint32_t)reg;
}

void nft_meta(struct batch *batch, uint32_t key, int to)
{
	struct expression expression = begin_expression(batch, "meta");
	attr_be32(batch, NFTA_META_KEY, key);
	attr_be32(batch, NFTA_META_DREG, reg_number(to));
	end_expression(batch, expression);
}

void nft_ct(struct batch *batch, uint32_t key, int to)
{
	struct expression expression = begin_expression(batch, "ct");
	attr_be32(batch, NFTA_CT_KEY, key);
	attr_be32(batch, NFTA_CT_DREG, reg_number(to));
	end_expression(batch, expression);
}

void nft_fib_type(struct batch *batch, int to)
{
	struct expression expression = begin_expression(batch, "fib");
	attr_be32(batch, NFTA_FIB_DREG, reg_number(to));
	attr_be32(batch, NFTA_FIB_RESULT, NFT_FIB_RESULT_ADDRTYPE);
	attr_be32(batch, NFTA_FIB_FLAGS, NFTA_FIB_F_DADDR);
	end_expression(batch, expression);
}

void nft_payload(struct batch *batch, uint32_t base, uint32_t offset, uint32_t size, int to)
{
	struct expression expression = begin_expression(batch, "payload");
	attr_be32(batch, NFTA_PAYLOAD_DREG, reg_number(to));
	attr_be32(batch, NFTA_PAYLOAD_BASE, base);
	attr_be32(batch, NFTA_PAYLOAD_OFFSET, offset);
	attr_be32(batch, NFTA_PAYLOAD_LEN, size);
	end_expression(batch, expression);
}

void nft_mask(struct batch *batch, int reg, uint32_t mask)
{
	uint32_t zero = 0;
	struct expression expression = begin_expression(batch, "bitwise");
	attr_be32(batch, NFTA_BITWISE_SREG, reg_number(reg));
	attr_be32(batch, NFTA_BITWISE_DREG, reg_number(reg));
	attr_be32(batch, NFTA_BITWISE_LEN, sizeof mask);
	put_value(batch, NFTA_BITWISE_MASK, &mask, sizeof mask);
	put_value(batch, NFTA_BITWISE_XOR, &zero, sizeof zero);
	end_expression(batch, expression);
}

void nft_compare(struct batch *batch, uint32_t op, int reg, const void *data, size_t size)
{
	struct expression expression = begin_expression(batch, "cmp");
	attr_be32(batch, NFTA_CMP_SREG, reg_number(reg));
	attr_be32(batch, NFTA_CMP_OP, op);
	put_value(batch, NFTA_CMP_DATA, data, size);
	end_expression(batch, expression);
}

void nft_lookup(struct batch *batch, const char *set, int from, int to, bool inverted)
{
	struct expression expression = begin_expression(batch, "lookup");
	attr_string(batch, NFTA_LOOKUP_SET, set);
	attr_be32(batch, NFTA_LOOKUP_SREG, reg_number(from));
	if (to >= 0)
		attr_be32(batch, NFTA_LOOKUP_DREG, reg_number(to));
	if (inverted)
		attr_be32(batch, NFTA_LOOKUP_FLAGS, NFT_LOOKUP_F_INV);
	end_expression(batch, expression);
}

void nft_dnat(struct batch *batch, uint8_t family, int address, int port)
{
	struct expression expression = begin_expression(batch, "nat");
	attr_be32(batch, NFTA_NAT_TYPE, NFT_NAT_DNAT);
	attr_be32(batch, NFTA_NAT_FAMILY, family);
	attr_be32(batch, NFTA_NAT_REG_ADDR_MIN, reg_number(address));
	attr_be32(batch, NFTA_NAT_REG_PROTO_MIN, reg_number(port));
	end_expression(batch, expression);
}

void nft_masquerade(struct batch *batch)
{
	end_expression(batch, begin_expression(batch, "masq"));
}

void nft_verdict(struct batch *batch, int verdict, const char *chain)
{
	struct expression expression = begin_expression(batch, "immediate");
	attr_be32(batch, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	size_t data = attr_begin(batch, NFTA_IMMEDIATE_DATA);
	size_t inner = attr_begin(batch, NFTA_DATA_VERDICT);
	attr_be32(batch, NFTA_VERDICT_CODE, (uint32_t)verdict);
	if (chain)
		attr_string(batch, NFTA_VERDICT_CHAIN, chain);
	attr_end(batch, inner);
	attr_end(batch, data);
	end_expression(batch, expression);
}
