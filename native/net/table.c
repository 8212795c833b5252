#include "table.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if.h>
#include <linux/if_ether.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>
#include <string.h>

/* Written into every rule as its comment: rules of another version are replaced. */
#define RULES_VERSION "hawser 1"

/* nft(8)'s numbers of data types, so that it can show the sets; a concatenation takes six bits for each. */
enum { TYPE_IPV4 = 7, TYPE_ETHER = 9, TYPE_PROTOCOL = 12, TYPE_SERVICE = 13, TYPE_IFNAME = 41 };
#define PAIR(a, b) ((uint32_t)(a) << 6 | (uint32_t)(b))

/* linux/netfilter_bridge.h has it, but cannot be included beside net/if.h. */
#define BRIDGE_PRE_ROUTING 0

/* Offsets in the headers. */
#define IP_SOURCE 12
#define IP_DESTINATION 16
#define ETHER_SOURCE 6
#define ARP_SENDER_MAC 8
#define ARP_SENDER_IP 14

static const struct nft_set inet_sets[] = {
	{SET_BRIDGES, 0, TYPE_IFNAME, IFNAMSIZ, 0, 0, true},
	{SET_SAME, 0, PAIR(TYPE_IFNAME, TYPE_IFNAME), 2 * IFNAMSIZ, 0, 0, false},
	{SET_INTERNAL, 0, TYPE_IFNAME, IFNAMSIZ, 0, 0, true},
	{SET_NETS, NFT_SET_INTERVAL, TYPE_IPV4, 4, 0, 0, false},
	{SET_PORTS, NFT_SET_MAP, PAIR(PAIR(TYPE_IPV4, TYPE_PROTOCOL), TYPE_SERVICE), 12, PAIR(TYPE_IPV4, TYPE_SERVICE), 8, false},
	{SET_ANY_PORTS, NFT_SET_MAP, PAIR(TYPE_PROTOCOL, TYPE_SERVICE), 8, PAIR(TYPE_IPV4, TYPE_SERVICE), 8, false},
};

static const struct nft_set bridge_sets[] = {
	{SET_CABLES, 0, TYPE_IFNAME, IFNAMSIZ, 0, 0, true},
	{SET_LEASES, 0, PAIR(PAIR(TYPE_IFNAME, TYPE_ETHER), TYPE_IPV4), IFNAMSIZ + 12, 0, 0, false},
};

static const struct nft_chain inet_chains[] = {
	{"raw", "filter", NF_INET_PRE_ROUTING, -300},
	{"prerouting", "nat", NF_INET_PRE_ROUTING, -100},
	{"output", "nat", NF_INET_LOCAL_OUT, -100},
	{"postrouting", "nat", NF_INET_POST_ROUTING, 100},
	{"inward", NULL, 0, 0},
	{"forward", "filter", NF_INET_FORWARD, 0},
};

static const struct nft_chain bridge_chains[] = {{"source", "filter", BRIDGE_PRE_ROUTING, -300}};

static void match_ipv4(struct batch *batch)
{
	uint8_t family = NFPROTO_IPV4;
	nft_meta(batch, NFT_META_NFPROTO, 0);
	nft_compare(batch, NFT_CMP_EQ, 0, &family, sizeof family);
}

static void match_interface(struct batch *batch, uint32_t key, const char *set, bool inverted)
{
	nft_meta(batch, key, 0);
	nft_lookup(batch, set, 0, -1, inverted);
}

static void match_loopback(struct batch *batch, uint32_t offset)
{
	uint8_t net = 127;
	match_ipv4(batch);
	nft_payload(batch, NFT_PAYLOAD_NETWORK_HEADER, offset, 1, 0);
	nft_compare(batch, NFT_CMP_EQ, 0, &net, sizeof net);
}

static void match_nets(struct batch *batch)
{
	match_ipv4(batch);
	nft_payload(batch, NFT_PAYLOAD_NETWORK_HEADER, IP_SOURCE, 4, 0);
	nft_lookup(batch, SET_NETS, 0, -1, false);
}

static void match_dnat(struct batch *batch)
{
	uint32_t zero = 0;
	nft_ct(batch, NFT_CT_STATUS, 0);
	nft_mask(batch, 0, IPS_DST_NAT);
	nft_compare(batch, NFT_CMP_NEQ, 0, &zero, sizeof zero);
}

static void load_protocol_port(struct batch *batch, int reg)
{
	nft_meta(batch, NFT_META_L4PROTO, reg);
	nft_payload(batch, NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2, reg + 1);
}

/* route_localnet on our bridges must not let a container reach what listens on the host's loopback only. */
static void rule_raw_to_loopback(struct batch *batch)
{
	match_interface(batch, NFT_META_IIFNAME, SET_BRIDGES, false);
	match_loopback(batch, IP_DESTINATION);
	nft_verdict(batch, NF_DROP, NULL);
}

static void rule_raw_from_loopback(struct batch *batch)
{
	match_interface(batch, NFT_META_IIFNAME, SET_BRIDGES, false);
	match_loopback(batch, IP_SOURCE);
	nft_verdict(batch, NF_DROP, NULL);
}

/* DNAT comes before the routing that drops such packets as martians: a neighbour could else reach what is published on
 * 127.0.0.1 only. */
static void rule_raw_foreign_loopback(struct batch *batch)
{
	char lo[IFNAMSIZ] = "lo";
	nft_meta(batch, NFT_META_IIFNAME, 0);
	nft_compare(batch, NFT_CMP_NEQ, 0, lo, sizeof lo);
	match_loopback(batch, IP_DESTINATION);
	nft_payload(batch, NFT_PAYLOAD_NETWORK_HEADER, IP_DESTINATION, 4, 0);
	load_protocol_port(batch, 1);
	nft_lookup(batch, SET_PORTS, 0, 3, false);
	nft_verdict(batch, NF_DROP, NULL);
}

/* Likewise for what is published on every address: only the host itself may mean its loopback by one. */
static void rule_prerouting_loopback(struct batch *batch)
{
	match_loopback(batch, IP_DESTINATION);
	nft_verdict(batch, NF_ACCEPT, NULL);
}

static void rule_dnat_address(struct batch *batch)
{
	match_ipv4(batch);
	nft_payload(batch, NFT_PAYLOAD_NETWORK_HEADER, IP_DESTINATION, 4, 0);
	load_protocol_port(batch, 1);
	nft_lookup(batch, SET_PORTS, 0, 0, false);
	nft_dnat(batch, 0, 1);
}

static void rule_dnat_any(struct batch *batch)
{
	uint32_t local = RTN_LOCAL;
	match_ipv4(batch);
	nft_fib_type(batch, 0);
	nft_compare(batch, NFT_CMP_EQ, 0, &local, sizeof local);
	load_protocol_port(batch, 0);
	nft_lookup(batch, SET_ANY_PORTS, 0, 0, false);
	nft_dnat(batch, 0, 1);
}

/* The host through its own loopback: a container has no way back to 127.0.0.1. */
static void rule_masquerade_loopback(struct batch *batch)
{
	match_interface(batch, NFT_META_OIFNAME, SET_BRIDGES, false);
	match_loopback(batch, IP_SOURCE);
	nft_masquerade(batch);
}

/* A container to a published port of its own bridge: the answer must come back through the host, which knows the connection. */
static void rule_masquerade_hairpin(struct batch *batch)
{
	match_interface(batch, NFT_META_OIFNAME, SET_BRIDGES, false);
	match_dnat(batch);
	match_nets(batch);
	nft_masquerade(batch);
}

static void rule_masquerade_out(struct batch *batch)
{
	match_nets(batch);
	match_interface(batch, NFT_META_OIFNAME, SET_BRIDGES, true);
	nft_masquerade(batch);
}

static void rule_forward_inward(struct batch *batch)
{
	match_interface(batch, NFT_META_OIFNAME, SET_BRIDGES, false);
	nft_verdict(batch, NFT_GOTO, "inward");
}

static void rule_forward_internal(struct batch *batch)
{
	match_interface(batch, NFT_META_IIFNAME, SET_INTERNAL, false);
	nft_verdict(batch, NF_DROP, NULL);
}

/* With br_netfilter, what one container says to the next on its bridge comes by here too. */
static void rule_inward_same(struct batch *batch)
{
	nft_meta(batch, NFT_META_IIFNAME, 0);
	nft_meta(batch, NFT_META_OIFNAME, IFNAMSIZ / 4);
	nft_lookup(batch, SET_SAME, 0, -1, false);
	nft_verdict(batch, NF_ACCEPT, NULL);
}

static void rule_inward_to_internal(struct batch *batch)
{
	match_interface(batch, NFT_META_OIFNAME, SET_INTERNAL, false);
	nft_verdict(batch, NF_DROP, NULL);
}

static void rule_inward_from_internal(struct batch *batch)
{
	match_interface(batch, NFT_META_IIFNAME, SET_INTERNAL, false);
	nft_verdict(batch, NF_DROP, NULL);
}

static void rule_inward_answer(struct batch *batch)
{
	uint32_t zero = 0;
	nft_ct(batch, NFT_CT_STATE, 0);
	nft_mask(batch, 0, NF_CT_STATE_BIT(IP_CT_ESTABLISHED) | NF_CT_STATE_BIT(IP_CT_RELATED));
	nft_compare(batch, NFT_CMP_NEQ, 0, &zero, sizeof zero);
	nft_verdict(batch, NF_ACCEPT, NULL);
}

static void rule_inward_published(struct batch *batch)
{
	match_dnat(batch);
	nft_verdict(batch, NF_ACCEPT, NULL);
}

static void rule_drop(struct batch *batch)
{
	nft_verdict(batch, NF_DROP, NULL);
}

static void rule_source_others(struct batch *batch)
{
	match_interface(batch, NFT_META_IIFNAME, SET_CABLES, true);
	nft_verdict(batch, NF_ACCEPT, NULL);
}

static void match_ethertype(struct batch *batch, uint16_t type)
{
	uint16_t wire = htons(type);
	nft_meta(batch, NFT_META_PROTOCOL, 0);
	nft_compare(batch, NFT_CMP_EQ, 0, &wire, sizeof wire);
}

/* The cable it came by, a MAC and an IPv4 address must be one lease. */
static void match_lease(struct batch *batch, uint32_t mac_base, uint32_t mac_offset, uint32_t address_offset)
{
	nft_meta(batch, NFT_META_IIFNAME, 0);
	nft_payload(batch, mac_base, mac_offset, ETH_ALEN, IFNAMSIZ / 4);
	nft_payload(batch, NFT_PAYLOAD_NETWORK_HEADER, address_offset, 4, IFNAMSIZ / 4 + 2);
	nft_lookup(batch, SET_LEASES, 0, -1, false);
}

static void rule_source_ipv4(struct batch *batch)
{
	match_ethertype(batch, ETH_P_IP);
	match_lease(batch, NFT_PAYLOAD_LL_HEADER, ETHER_SOURCE, IP_SOURCE);
	nft_verdict(batch, NF_ACCEPT, NULL);
}

static void rule_source_arp(struct batch *batch)
{
	match_ethertype(batch, ETH_P_ARP);
	match_lease(batch, NFT_PAYLOAD_LL_HEADER, ETHER_SOURCE, ARP_SENDER_IP);
	match_lease(batch, NFT_PAYLOAD_NETWORK_HEADER, ARP_SENDER_MAC, ARP_SENDER_IP);
	nft_verdict(batch, NF_ACCEPT, NULL);
}

struct rule {
	const char *chain;
	void (*put)(struct batch *batch);
};

static const struct rule inet_rules[] = {
	{"raw", rule_raw_to_loopback},
	{"raw", rule_raw_from_loopback},
	{"raw", rule_raw_foreign_loopback},
	{"prerouting", rule_prerouting_loopback},
	{"prerouting", rule_dnat_address},
	{"prerouting", rule_dnat_any},
	{"output", rule_dnat_address},
	{"output", rule_dnat_any},
	{"postrouting", rule_masquerade_loopback},
	{"postrouting", rule_masquerade_hairpin},
	{"postrouting", rule_masquerade_out},
	{"inward", rule_inward_same},
	{"inward", rule_inward_to_internal},
	{"inward", rule_inward_from_internal},
	{"inward", rule_inward_answer},
	{"inward", rule_inward_published},
	{"inward", rule_drop},
	{"forward", rule_forward_inward},
	{"forward", rule_forward_internal},
};

static const struct rule bridge_rules[] = {
	{"source", rule_source_others},
	{"source", rule_source_ipv4},
	{"source", rule_source_arp},
	{"source", rule_drop},
};

#define COUNT(list) (sizeof(list) / sizeof *(list))

struct layout {
	uint8_t family;
	const struct nft_set *sets;
	const struct nft_chain *chains;
	const struct rule *rules;
	size_t set_count, chain_count, rule_count;
};

static const struct layout layouts[] = {
	{NFPROTO_INET, inet_sets, inet_chains, inet_rules, COUNT(inet_sets), COUNT(inet_chains), COUNT(inet_rules)},
	{NFPROTO_BRIDGE, bridge_sets, bridge_chains, bridge_rules, COUNT(bridge_sets), COUNT(bridge_chains), COUNT(bridge_rules)},
};

static void put_flush(struct batch *batch, uint8_t family, const char *table)
{
	nft_message(batch, family, NFT_MSG_DELRULE, 0);
	attr_string(batch, NFTA_RULE_TABLE, table);
	batch_name(batch, 0, "replace the rules of nftables table %s", table);
}

static void put_layout(struct batch *batch, const char *table, const struct layout *layout)
{
	nft_put_table(batch, layout->family, table);
	for (size_t i = 0; i < layout->set_count; i++)
		nft_put_set(batch, layout->family, table, &layout->sets[i], (uint32_t)i + 1);
	for (size_t i = 0; i < layout->chain_count; i++)
		nft_put_chain(batch, layout->family, table, &layout->chains[i]);
	put_flush(batch, layout->family, table);
	for (size_t i = 0; i < layout->rule_count; i++) {
		size_t rule = nft_begin_rule(batch, layout->family, table, layout->rules[i].chain, RULES_VERSION);
		layout->rules[i].put(batch);
		attr_end(batch, rule);
	}
}

void table_put(struct batch *batch, const char *table)
{
	for (size_t i = 0; i < COUNT(layouts); i++)
		put_layout(batch, table, &layouts[i]);
}

static void take_generation(const struct nlmsghdr *message, void *data)
{
	const struct nlattr *table[NFTA_GEN_ID + 1];
	attr_parse(message, sizeof(struct nfgenmsg), table, NFTA_GEN_ID);
	*(uint32_t *)data = attr_get_be32(table[NFTA_GEN_ID]);
}

static void take_rule(const struct nlmsghdr *message, void *data)
{
	struct table_state *state = data;
	const struct nlattr *table[NFTA_RULE_USERDATA + 1];
	attr_parse(message, sizeof(struct nfgenmsg), table, NFTA_RULE_USERDATA);
	if (strcmp(attr_text(table[NFTA_RULE_TABLE]), state->table) != 0)
		return;
	if (strcmp(nft_comment(table[NFTA_RULE_USERDATA]), RULES_VERSION) == 0)
		state->rules++;
	else
		state->foreign_rules++;
}

/* One dump a family: a dump of both ends after the first table of this name. */
static int read_rules(int nfnl, uint8_t family, struct table_state *state, struct error *err)
{
	cleanup_batch struct batch batch = {0};
	nft_message(&batch, family, NFT_MSG_GETRULE, NLM_F_DUMP);
	attr_string(&batch, NFTA_RULE_TABLE, state->table);
	return netlink_exchange(nfnl, &batch, take_rule, state, err);
}

int table_read(int nfnl, const char *table, struct table_state *state, struct error *err)
{
	cleanup_batch struct batch batch = {0};
	*state = (struct table_state){.table = table};
	nft_message(&batch, AF_UNSPEC, NFT_MSG_GETGEN, 0);
	batch_name(&batch, 0, "read the generation of nftables");
	if (netlink_exchange(nfnl, &batch, take_generation, &state->generation, err) < 0)
		return -1;
	for (size_t i = 0; i < COUNT(layouts); i++)
		if (read_rules(nfnl, layouts[i].family, state, err) < 0)
			return -1;
	return 0;
}

bool table_is_whole(const struct table_state *state)
{
	size_t expected = 0;
	for (size_t i = 0; i < COUNT(layouts); i++)
		expected += layouts[i].rule_count;
	return state->rules == expected && state->foreign_rules == 0;
}

int table_remove(int nfnl, const char *table, struct error *err)
{
	for (size_t i = 0; i < COUNT(layouts); i++) {
		cleanup_batch struct batch batch = {0};
		nft_begin(&batch, 0);
		nft_message(&batch, layouts[i].family, NFT_MSG_DELTABLE, 0);
		attr_string(&batch, NFTA_TABLE_NAME, table);
		batch_name(&batch, ENOENT, "remove nftables table %s", table);
		nft_end(&batch);
		if (netlink_exchange(nfnl, &batch, NULL, NULL, err) < 0)
			return -1;
	}
	return 0;
}
