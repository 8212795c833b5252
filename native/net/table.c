#include "table.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if.h>
#include <linux/if_ether.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>
#include <netinet/icmp6.h>
#include <string.h>

/* Written into every rule as its comment: rules of another version are replaced. */
#define RULES_VERSION "hawser 3"

/* nft(8)'s numbers of data types, so that it can show the sets; a concatenation takes six bits for each. */
enum { TYPE_IPV4 = 7, TYPE_IPV6 = 8, TYPE_ETHER = 9, TYPE_PROTOCOL = 12, TYPE_SERVICE = 13, TYPE_IFNAME = 41 };
#define PAIR(a, b) ((uint32_t)(a) << 6 | (uint32_t)(b))

/* linux/netfilter_bridge.h has it, but cannot be included beside net/if.h. */
#define BRIDGE_PRE_ROUTING 0

/* Offsets in the headers. */
#define IP_SOURCE 12
#define IP_DESTINATION 16
#define IP6_SOURCE 8
#define IP6_DESTINATION 24
#define ICMP6_TARGET 8
#define ETHER_SOURCE 6
#define ARP_SENDER_MAC 8
#define ARP_SENDER_IP 14

static const struct family ipv4 = {
	AF_INET, NFPROTO_IPV4, IP_SOURCE, IP_DESTINATION, 4, ETH_P_IP, "nets", "ports", "any_ports", "leases", "open", "opened", "routed"};
static const struct family ipv6 = {AF_INET6, NFPROTO_IPV6, IP6_SOURCE, IP6_DESTINATION, 16, ETH_P_IPV6, "nets6", "ports6", "any_ports6",
	"leases6", "open6", "opened6", "routed6"};

const struct family *family_of(uint8_t family)
{
	return family == AF_INET6 ? &ipv6 : &ipv4;
}

static const struct nft_set inet_sets[] = {
	{SET_BRIDGES, 0, TYPE_IFNAME, IFNAMSIZ, 0, 0, true},
	{SET_SAME, 0, PAIR(TYPE_IFNAME, TYPE_IFNAME), 2 * IFNAMSIZ, 0, 0, false},
	{SET_INTERNAL, 0, TYPE_IFNAME, IFNAMSIZ, 0, 0, true},
	{"open", 0, TYPE_IFNAME, IFNAMSIZ, 0, 0, true},
	{"open6", 0, TYPE_IFNAME, IFNAMSIZ, 0, 0, true},
	{"routed", 0, TYPE_IFNAME, IFNAMSIZ, 0, 0, true},
	{"routed6", 0, TYPE_IFNAME, IFNAMSIZ, 0, 0, true},
	{"opened", 0, PAIR(PAIR(TYPE_IPV4, TYPE_PROTOCOL), TYPE_SERVICE), 12, 0, 0, false},
	{"opened6", 0, PAIR(PAIR(TYPE_IPV6, TYPE_PROTOCOL), TYPE_SERVICE), 24, 0, 0, false},
	{"nets", NFT_SET_INTERVAL, TYPE_IPV4, 4, 0, 0, false},
	{"nets6", NFT_SET_INTERVAL, TYPE_IPV6, 16, 0, 0, false},
	{"ports", NFT_SET_MAP, PAIR(PAIR(TYPE_IPV4, TYPE_PROTOCOL), TYPE_SERVICE), 12, PAIR(TYPE_IPV4, TYPE_SERVICE), 8, false},
	{"ports6", NFT_SET_MAP, PAIR(PAIR(TYPE_IPV6, TYPE_PROTOCOL), TYPE_SERVICE), 24, PAIR(TYPE_IPV6, TYPE_SERVICE), 20, false},
	{"any_ports", NFT_SET_MAP, PAIR(TYPE_PROTOCOL, TYPE_SERVICE), 8, PAIR(TYPE_IPV4, TYPE_SERVICE), 8, false},
	{"any_ports6", NFT_SET_MAP, PAIR(TYPE_PROTOCOL, TYPE_SERVICE), 8, PAIR(TYPE_IPV6, TYPE_SERVICE), 20, false},
};

static const struct nft_set bridge_sets[] = {
	{SET_CABLES, 0, TYPE_IFNAME, IFNAMSIZ, 0, 0, true},
	{"leases", 0, PAIR(PAIR(TYPE_IFNAME, TYPE_ETHER), TYPE_IPV4), IFNAMSIZ + 12, 0, 0, false},
	{"leases6", 0, PAIR(PAIR(TYPE_IFNAME, TYPE_ETHER), TYPE_IPV6), IFNAMSIZ + 24, 0, 0, false},
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

static void match_family(struct batch *batch, const struct family *family)
{
	nft_meta(batch, NFT_META_NFPROTO, 0);
	nft_compare(batch, NFT_CMP_EQ, 0, &family->nfproto, sizeof family->nfproto);
}

static void match_interface(struct batch *batch, uint32_t key, const char *set, bool inverted)
{
	nft_meta(batch, key, 0);
	nft_lookup(batch, set, 0, -1, inverted);
}

/* 127.0.0.0/8 or ::1. */
static void match_loopback(struct batch *batch, const struct family *family, uint32_t offset)
{
	static const uint8_t net4[] = {127}, net6[16] = {[15] = 1};
	const uint8_t *net = family == &ipv4 ? net4 : net6;
	uint32_t size = family == &ipv4 ? sizeof net4 : sizeof net6;
	match_family(batch, family);
	nft_payload(batch, NFT_PAYLOAD_NETWORK_HEADER, offset, size, 0);
	nft_compare(batch, NFT_CMP_EQ, 0, net, size);
}

static void match_nets(struct batch *batch, const struct family *family)
{
	match_family(batch, family);
	nft_payload(batch, NFT_PAYLOAD_NETWORK_HEADER, family->source, family->size, 0);
	nft_lookup(batch, family->nets, 0, -1, false);
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

/* Registers of four bytes that an address takes. */
static int width(const struct family *family)
{
	return family->size / 4;
}

/* route_localnet on our bridges must not let a container reach what listens on the host's loopback only. */
static void rule_raw_to_loopback(struct batch *batch, const struct family *family)
{
	match_interface(batch, NFT_META_IIFNAME, SET_BRIDGES, false);
	match_loopback(batch, family, family->destination);
	nft_verdict(batch, NF_DROP, NULL);
}

static void rule_raw_from_loopback(struct batch *batch, const struct family *family)
{
	match_interface(batch, NFT_META_IIFNAME, SET_BRIDGES, false);
	match_loopback(batch, family, family->source);
	nft_verdict(batch, NF_DROP, NULL);
}

static void load_address_port(struct batch *batch, const struct family *family)
{
	nft_payload(batch, NFT_PAYLOAD_NETWORK_HEADER, family->destination, family->size, 0);
	load_protocol_port(batch, width(family));
}

/* DNAT comes before the routing that drops such packets as martians: a neighbour could else reach what is published on
 * 127.0.0.1 only. */
static void rule_raw_foreign_loopback(struct batch *batch, const struct family *family)
{
	char lo[IFNAMSIZ] = "lo";
	nft_meta(batch, NFT_META_IIFNAME, 0);
	nft_compare(batch, NFT_CMP_NEQ, 0, lo, sizeof lo);
	match_loopback(batch, family, family->destination);
	load_address_port(batch, family);
	nft_lookup(batch, family->ports, 0, width(family) + 2, false);
	nft_verdict(batch, NF_DROP, NULL);
}

/* Likewise for what is published on every address: only the host itself may mean its loopback by one. And nothing that the host
 * sends from its ::1 leaves it: such a caller is refused at once, and goes on to 127.0.0.1. */
static void rule_skip_loopback(struct batch *batch, const struct family *family)
{
	match_loopback(batch, family, family->destination);
	nft_verdict(batch, NF_ACCEPT, NULL);
}

static void rule_dnat_address(struct batch *batch, const struct family *family)
{
	match_family(batch, family);
	load_address_port(batch, family);
	nft_lookup(batch, family->ports, 0, 0, false);
	nft_dnat(batch, family->nfproto, 0, width(family));
}

static void rule_dnat_any(struct batch *batch, const struct family *family)
{
	uint32_t local = RTN_LOCAL;
	match_family(batch, family);
	nft_fib_type(batch, 0);
	nft_compare(batch, NFT_CMP_EQ, 0, &local, sizeof local);
	load_protocol_port(batch, 0);
	nft_lookup(batch, family->any_ports, 0, 0, false);
	nft_dnat(batch, family->nfproto, 0, width(family));
}

/* The host through its own loopback: a container has no way back to 127.0.0.1. */
static void rule_masquerade_loopback(struct batch *batch, const struct family *family)
{
	match_interface(batch, NFT_META_OIFNAME, SET_BRIDGES, false);
	match_loopback(batch, family, family->source);
	nft_masquerade(batch);
}

/* A container to a published port of its own bridge: the answer must come back through the host, which knows the connection. */
static void rule_masquerade_hairpin(struct batch *batch, const struct family *family)
{
	match_interface(batch, NFT_META_OIFNAME, SET_BRIDGES, false);
	match_dnat(batch);
	match_nets(batch, family);
	nft_masquerade(batch);
}

static void rule_masquerade_out(struct batch *batch, const struct family *family)
{
	match_nets(batch, family);
	match_interface(batch, NFT_META_OIFNAME, SET_BRIDGES, true);
	nft_masquerade(batch);
}

static void rule_forward_inward(struct batch *batch, const struct family *family)
{
	(void)family;
	match_interface(batch, NFT_META_OIFNAME, SET_BRIDGES, false);
	nft_verdict(batch, NFT_GOTO, "inward");
}

static void rule_from_internal(struct batch *batch, const struct family *family)
{
	(void)family;
	match_interface(batch, NFT_META_IIFNAME, SET_INTERNAL, false);
	nft_verdict(batch, NF_DROP, NULL);
}

/* With br_netfilter, what one container says to the next on its bridge comes by here too. */
static void rule_inward_same(struct batch *batch, const struct family *family)
{
	(void)family;
	nft_meta(batch, NFT_META_IIFNAME, 0);
	nft_meta(batch, NFT_META_OIFNAME, IFNAMSIZ / 4);
	nft_lookup(batch, SET_SAME, 0, -1, false);
	nft_verdict(batch, NF_ACCEPT, NULL);
}

static void rule_to_internal(struct batch *batch, const struct family *family)
{
	(void)family;
	match_interface(batch, NFT_META_OIFNAME, SET_INTERNAL, false);
	nft_verdict(batch, NF_DROP, NULL);
}

static void rule_inward_answer(struct batch *batch, const struct family *family)
{
	uint32_t zero = 0;
	(void)family;
	nft_ct(batch, NFT_CT_STATE, 0);
	nft_mask(batch, 0, NF_CT_STATE_BIT(IP_CT_ESTABLISHED) | NF_CT_STATE_BIT(IP_CT_RELATED));
	nft_compare(batch, NFT_CMP_NEQ, 0, &zero, sizeof zero);
	nft_verdict(batch, NF_ACCEPT, NULL);
}

static void rule_inward_published(struct batch *batch, const struct family *family)
{
	(void)family;
	match_dnat(batch);
	nft_verdict(batch, NF_ACCEPT, NULL);
}

static void rule_inward_open(struct batch *batch, const struct family *family)
{
	match_family(batch, family);
	match_interface(batch, NFT_META_OIFNAME, family->open, false);
	nft_verdict(batch, NF_ACCEPT, NULL);
}

static void rule_inward_opened(struct batch *batch, const struct family *family)
{
	match_family(batch, family);
	load_address_port(batch, family);
	nft_lookup(batch, family->opened, 0, -1, false);
	nft_verdict(batch, NF_ACCEPT, NULL);
}

/* Who is reached by its own address can be asked whether it is there. */
static void rule_inward_ping(struct batch *batch, const struct family *family)
{
	uint8_t icmp = family == &ipv4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	match_family(batch, family);
	match_interface(batch, NFT_META_OIFNAME, family->routed, false);
	nft_meta(batch, NFT_META_L4PROTO, 0);
	nft_compare(batch, NFT_CMP_EQ, 0, &icmp, sizeof icmp);
	nft_verdict(batch, NF_ACCEPT, NULL);
}

static void rule_drop(struct batch *batch, const struct family *family)
{
	(void)family;
	nft_verdict(batch, NF_DROP, NULL);
}

static void rule_source_others(struct batch *batch, const struct family *family)
{
	(void)family;
	match_interface(batch, NFT_META_IIFNAME, SET_CABLES, true);
	nft_verdict(batch, NF_ACCEPT, NULL);
}

static void match_ethertype(struct batch *batch, uint16_t type)
{
	uint16_t wire = htons(type);
	nft_meta(batch, NFT_META_PROTOCOL, 0);
	nft_compare(batch, NFT_CMP_EQ, 0, &wire, sizeof wire);
}

/* The cable it came by, a MAC and an address must be one lease, or, `inverted`, none. */
static void match_lease(struct batch *batch, const struct family *family, uint32_t mac_base, uint32_t mac_offset, uint32_t address_base,
	uint32_t address_offset, bool inverted)
{
	nft_meta(batch, NFT_META_IIFNAME, 0);
	nft_payload(batch, mac_base, mac_offset, ETH_ALEN, IFNAMSIZ / 4);
	nft_payload(batch, address_base, address_offset, family->size, IFNAMSIZ / 4 + 2);
	nft_lookup(batch, family->leases, 0, -1, inverted);
}

static void rule_source_arp(struct batch *batch, const struct family *family)
{
	match_ethertype(batch, ETH_P_ARP);
	match_lease(batch, family, NFT_PAYLOAD_LL_HEADER, ETHER_SOURCE, NFT_PAYLOAD_NETWORK_HEADER, ARP_SENDER_IP, false);
	match_lease(batch, family, NFT_PAYLOAD_NETWORK_HEADER, ARP_SENDER_MAC, NFT_PAYLOAD_NETWORK_HEADER, ARP_SENDER_IP, false);
	nft_verdict(batch, NF_ACCEPT, NULL);
}

static void match_icmp6(struct batch *batch, uint8_t type)
{
	uint8_t icmp6 = IPPROTO_ICMPV6;
	match_ethertype(batch, ETH_P_IPV6);
	nft_meta(batch, NFT_META_L4PROTO, 0);
	nft_compare(batch, NFT_CMP_EQ, 0, &icmp6, sizeof icmp6);
	nft_payload(batch, NFT_PAYLOAD_TRANSPORT_HEADER, 0, 1, 0);
	nft_compare(batch, NFT_CMP_EQ, 0, &type, sizeof type);
}

/* No container is a router. */
static void rule_source_router(struct batch *batch, const struct family *family)
{
	(void)family;
	match_icmp6(batch, ND_ROUTER_ADVERT);
	nft_verdict(batch, NF_DROP, NULL);
}

static void rule_source_redirect(struct batch *batch, const struct family *family)
{
	(void)family;
	match_icmp6(batch, ND_REDIRECT);
	nft_verdict(batch, NF_DROP, NULL);
}

/* What it says of its address must be true, whoever it says it as. */
static void rule_source_neighbour(struct batch *batch, const struct family *family)
{
	match_icmp6(batch, ND_NEIGHBOR_ADVERT);
	match_lease(batch, family, NFT_PAYLOAD_LL_HEADER, ETHER_SOURCE, NFT_PAYLOAD_TRANSPORT_HEADER, ICMP6_TARGET, true);
	nft_verdict(batch, NF_DROP, NULL);
}

/* From nobody yet: whether its own address is free. */
static void rule_source_unspecified(struct batch *batch, const struct family *family)
{
	static const uint8_t any[16];
	match_icmp6(batch, ND_NEIGHBOR_SOLICIT);
	nft_payload(batch, NFT_PAYLOAD_NETWORK_HEADER, family->source, family->size, 0);
	nft_compare(batch, NFT_CMP_EQ, 0, any, sizeof any);
	match_lease(batch, family, NFT_PAYLOAD_LL_HEADER, ETHER_SOURCE, NFT_PAYLOAD_TRANSPORT_HEADER, ICMP6_TARGET, false);
	nft_verdict(batch, NF_ACCEPT, NULL);
}

static void rule_source_address(struct batch *batch, const struct family *family)
{
	match_ethertype(batch, family->ethertype);
	match_lease(batch, family, NFT_PAYLOAD_LL_HEADER, ETHER_SOURCE, NFT_PAYLOAD_NETWORK_HEADER, family->source, false);
	nft_verdict(batch, NF_ACCEPT, NULL);
}

struct rule {
	const char *chain;
	void (*put)(struct batch *batch, const struct family *family);
	const struct family *family;
};

/* A neighbour's ::1 is dropped by the kernel before any table is asked. */
static const struct rule inet_rules[] = {
	{"raw", rule_raw_to_loopback, &ipv4},
	{"raw", rule_raw_from_loopback, &ipv4},
	{"raw", rule_raw_foreign_loopback, &ipv4},
	{"prerouting", rule_skip_loopback, &ipv4},
	{"prerouting", rule_dnat_address, &ipv4},
	{"prerouting", rule_dnat_any, &ipv4},
	{"prerouting", rule_dnat_address, &ipv6},
	{"prerouting", rule_dnat_any, &ipv6},
	{"output", rule_dnat_address, &ipv4},
	{"output", rule_dnat_any, &ipv4},
	{"output", rule_skip_loopback, &ipv6},
	{"output", rule_dnat_address, &ipv6},
	{"output", rule_dnat_any, &ipv6},
	{"postrouting", rule_masquerade_loopback, &ipv4},
	{"postrouting", rule_masquerade_hairpin, &ipv4},
	{"postrouting", rule_masquerade_hairpin, &ipv6},
	{"postrouting", rule_masquerade_out, &ipv4},
	{"postrouting", rule_masquerade_out, &ipv6},
	{"inward", rule_inward_same, NULL},
	{"inward", rule_to_internal, NULL},
	{"inward", rule_from_internal, NULL},
	{"inward", rule_inward_answer, NULL},
	{"inward", rule_inward_published, NULL},
	{"inward", rule_inward_open, &ipv4},
	{"inward", rule_inward_open, &ipv6},
	{"inward", rule_inward_opened, &ipv4},
	{"inward", rule_inward_opened, &ipv6},
	{"inward", rule_inward_ping, &ipv4},
	{"inward", rule_inward_ping, &ipv6},
	{"inward", rule_drop, NULL},
	{"forward", rule_forward_inward, NULL},
	{"forward", rule_from_internal, NULL},
};

static const struct rule bridge_rules[] = {
	{"source", rule_source_others, NULL},
	{"source", rule_source_address, &ipv4},
	{"source", rule_source_arp, &ipv4},
	{"source", rule_source_router, &ipv6},
	{"source", rule_source_redirect, &ipv6},
	{"source", rule_source_neighbour, &ipv6},
	{"source", rule_source_unspecified, &ipv6},
	{"source", rule_source_address, &ipv6},
	{"source", rule_drop, NULL},
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
		layout->rules[i].put(batch, layout->rules[i].family);
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

#define RESOLVER_TABLE "hawser_names"
#define RESOLVER_CHAIN "questions"
#define RESOLVER_PORTS "ports"
#define DNS_PORT 53

static void put_question_port(struct batch *batch, uint8_t protocol, uint16_t listening)
{
	uint8_t key[8] = {protocol}, data[8];
	uint16_t from = htons(DNS_PORT), to = htons(listening);
	memcpy(key + 4, &from, sizeof from);
	memset(data, 0, sizeof data);
	inet_pton(AF_INET, RESOLVER_ADDRESS, data);
	memcpy(data + 4, &to, sizeof to);
	nft_put_element(batch, &(struct nft_element){.key = key, .key_size = sizeof key, .data = data, .data_size = sizeof data});
}

/* What a resolver of before has left is replaced. */
void table_put_resolver(struct batch *batch, uint16_t udp, uint16_t tcp)
{
	static const struct nft_set ports = {
		RESOLVER_PORTS, NFT_SET_MAP, PAIR(TYPE_PROTOCOL, TYPE_SERVICE), 8, PAIR(TYPE_IPV4, TYPE_SERVICE), 8, false};
	static const struct nft_chain questions = {RESOLVER_CHAIN, "nat", NF_INET_LOCAL_OUT, -100};
	uint8_t address[4];
	inet_pton(AF_INET, RESOLVER_ADDRESS, address);
	nft_begin(batch, 0);
	nft_put_table(batch, NFPROTO_IPV4, RESOLVER_TABLE);
	nft_message(batch, NFPROTO_IPV4, NFT_MSG_DELTABLE, 0);
	attr_string(batch, NFTA_TABLE_NAME, RESOLVER_TABLE);
	batch_name(batch, 0, "replace nftables table %s", RESOLVER_TABLE);
	nft_put_table(batch, NFPROTO_IPV4, RESOLVER_TABLE);
	nft_put_set(batch, NFPROTO_IPV4, RESOLVER_TABLE, &ports, 1);
	nft_put_chain(batch, NFPROTO_IPV4, RESOLVER_TABLE, &questions);
	size_t rule = nft_begin_rule(batch, NFPROTO_IPV4, RESOLVER_TABLE, RESOLVER_CHAIN, RULES_VERSION);
	nft_payload(batch, NFT_PAYLOAD_NETWORK_HEADER, IP_DESTINATION, sizeof address, 0);
	nft_compare(batch, NFT_CMP_EQ, 0, address, sizeof address);
	load_protocol_port(batch, 0);
	nft_lookup(batch, RESOLVER_PORTS, 0, 0, false);
	nft_dnat(batch, NFPROTO_IPV4, 0, 1);
	attr_end(batch, rule);
	size_t elements = nft_begin_elements(batch, NFPROTO_IPV4, NFT_MSG_NEWSETELEM, NLM_F_CREATE, RESOLVER_TABLE, RESOLVER_PORTS);
	put_question_port(batch, IPPROTO_UDP, udp);
	put_question_port(batch, IPPROTO_TCP, tcp);
	attr_end(batch, elements);
	batch_name(batch, 0, "lead questions to the resolver");
	nft_end(batch);
}
