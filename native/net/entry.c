#include "entry.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"
#include "util.h"

/* An attribute can hold 64 KiB, some 500 elements with their comments. */
#define ELEMENTS_PER_MESSAGE 200

static struct entry *add(struct entries *entries, uint8_t family, const char *set)
{
	static struct entry nowhere;
	struct entry *list = reallocarray(entries->list, entries->count + 1, sizeof *list);
	if (!list) {
		entries->failed = true;
		return &nowhere;
	}
	entries->list = list;
	struct entry *entry = &list[entries->count++];
	*entry = (struct entry){.family = family, .set = set};
	return entry;
}

/* Parts of a concatenated key are padded to four bytes each. */
static void push(uint8_t *to, size_t *size, const void *part, size_t part_size)
{
	memcpy(to + *size, part, part_size);
	*size += (part_size + 3) & ~(size_t)3;
}

static void push_key(struct entry *entry, const void *part, size_t size)
{
	push(entry->key, &entry->key_size, part, size);
}

static void add_name(struct entries *entries, uint8_t family, const char *set, const char name[IFNAMSIZ])
{
	push_key(add(entries, family, set), name, IFNAMSIZ);
}

/* The last block of all has no end to tell. */
static void add_net(struct entries *entries, const struct address *net)
{
	struct ip first, end;
	struct entry *entry = add(entries, NFPROTO_INET, family_of(net->ip.family)->nets);
	bool ends = ip_block(&net->ip, net->prefix, &first, &end);
	push_key(entry, first.bytes, ip_size(first.family));
	memcpy(entry->end, end.bytes, sizeof entry->end);
	entry->interval = ends;
}

static const struct bridge *bridge_of(const struct plan *plan, const struct address *net)
{
	const struct bridge *bridge = plan->bridges;
	while (strcmp(bridge->name, net->interface) != 0)
		bridge++;
	return bridge;
}

/* From one interface to another. */
static void add_pair(struct entries *entries, const char from[IFNAMSIZ], const char to[IFNAMSIZ])
{
	struct entry *pair = add(entries, NFPROTO_INET, SET_SAME);
	push_key(pair, from, IFNAMSIZ);
	push_key(pair, to, IFNAMSIZ);
}

static void add_reach(struct entries *entries, const struct bridge *bridge, uint8_t family, bool open, bool routed)
{
	if (open)
		add_name(entries, NFPROTO_INET, family_of(family)->open, bridge->name);
	if (routed)
		add_name(entries, NFPROTO_INET, family_of(family)->routed, bridge->name);
}

void entries_add_bridges(struct entries *entries, const struct plan *plan)
{
	for (size_t i = 0; i < plan->bridge_count; i++) {
		const struct bridge *bridge = &plan->bridges[i];
		add_name(entries, NFPROTO_INET, SET_BRIDGES, bridge->name);
		add_pair(entries, bridge->name, bridge->name);
		if (bridge->internal)
			add_name(entries, NFPROTO_INET, SET_INTERNAL, bridge->name);
		add_reach(entries, bridge, AF_INET, bridge->open4, bridge->routed4);
		add_reach(entries, bridge, AF_INET6, bridge->open6, bridge->routed6);
	}
	for (size_t i = 0; i < plan->trust_count; i++)
		add_pair(entries, plan->trusts[i].interface, plan->trusts[i].bridge);
	for (size_t i = 0; i < plan->net_count; i++) {
		const struct bridge *bridge = bridge_of(plan, &plan->nets[i]);
		bool six = plan->nets[i].ip.family == AF_INET6;
		if (!bridge->internal && !bridge->routed && !(six ? bridge->routed6 : bridge->routed4))
			add_net(entries, &plan->nets[i]);
	}
}

static void add_lease(struct entries *entries, const struct endpoint *endpoint, const struct ip *ip)
{
	struct entry *lease = add(entries, NFPROTO_BRIDGE, family_of(ip->family)->leases);
	push_key(lease, endpoint->host, sizeof endpoint->host);
	push_key(lease, endpoint->mac, sizeof endpoint->mac);
	push_key(lease, ip->bytes, ip_size(ip->family));
}

/* With IPv6 also the address of its link, which it gives itself. */
static void add_leases(struct entries *entries, const struct plan *plan, const struct endpoint *endpoint)
{
	struct ip link = ip_link_local(endpoint->mac);
	for (size_t i = 0; i < plan->address_count; i++)
		if (strcmp(plan->addresses[i].interface, endpoint->container) == 0)
			add_lease(entries, endpoint, &plan->addresses[i].ip);
	if (plan_has_family(plan->addresses, plan->address_count, endpoint->container, AF_INET6))
		add_lease(entries, endpoint, &link);
}

static void add_port(struct entries *entries, const struct port *port)
{
	uint16_t host_port = htons(port->host_port), container_port = htons(port->container_port);
	const struct family *family = family_of(port->host.family);
	bool any = ip_is_any(&port->host);
	struct entry *entry = add(entries, NFPROTO_INET, any ? family->any_ports : family->ports);
	if (!any)
		push_key(entry, port->host.bytes, ip_size(port->host.family));
	push_key(entry, &port->protocol, sizeof port->protocol);
	push_key(entry, &host_port, sizeof host_port);
	push(entry->data, &entry->data_size, port->container.bytes, ip_size(port->container.family));
	push(entry->data, &entry->data_size, &container_port, sizeof container_port);
	entry->owned = true;
}

static void add_opened(struct entries *entries, const struct port *port)
{
	uint16_t container_port = htons(port->container_port);
	struct entry *entry = add(entries, NFPROTO_INET, family_of(port->container.family)->opened);
	push_key(entry, port->container.bytes, ip_size(port->container.family));
	push_key(entry, &port->protocol, sizeof port->protocol);
	push_key(entry, &container_port, sizeof container_port);
	entry->owned = true;
}

void entries_add_container(struct entries *entries, const struct plan *plan)
{
	for (size_t i = 0; i < plan->endpoint_count; i++) {
		if (plan->endpoints[i].kind != CABLE)
			continue;
		add_name(entries, NFPROTO_BRIDGE, SET_CABLES, plan->endpoints[i].host);
		add_leases(entries, plan, &plan->endpoints[i]);
	}
	for (size_t i = 0; i < plan->port_count; i++)
		add_port(entries, &plan->ports[i]);
	for (size_t i = 0; i < plan->opened_count; i++)
		add_opened(entries, &plan->opened[i]);
}

void entries_finish(struct entries *entries)
{
	free(entries->list);
	*entries = (struct entries){0};
}

static void put_entry(struct batch *batch, const struct plan *plan, const struct entry *entry)
{
	nft_put_element(batch, &(struct nft_element){.key = entry->key,
				       .key_size = entry->key_size,
				       .data = entry->data,
				       .data_size = entry->data_size,
				       .comment = entry->owned ? plan->owner : NULL});
	if (entry->interval)
		nft_put_element(batch, &(struct nft_element){.key = entry->end, .key_size = entry->key_size, .interval_end = true});
}

static bool same_set(const struct entry *a, const struct entry *b)
{
	return a->family == b->family && strcmp(a->set, b->set) == 0;
}

void entries_put(struct batch *batch, const struct plan *plan, const struct entries *entries, uint16_t type)
{
	for (size_t i = 0; i < entries->count;) {
		const struct entry *first = &entries->list[i];
		size_t message = nft_begin_elements(
			batch, first->family, type, type == NFT_MSG_NEWSETELEM ? NLM_F_CREATE : 0, plan->table, first->set);
		for (size_t n = 0; i < entries->count && n < ELEMENTS_PER_MESSAGE && same_set(first, &entries->list[i]); n++, i++)
			put_entry(batch, plan, &entries->list[i]);
		attr_end(batch, message);
		batch_name(
			batch, 0, "%s nftables set %s %s", type == NFT_MSG_NEWSETELEM ? "add to" : "remove from", plan->table, first->set);
	}
}

struct search {
	const struct entry *entry;
	struct found *found;
};

static bool same_data(const struct entry *entry, const struct nlattr *data)
{
	const struct nlattr *value[NFTA_DATA_MAX + 1];
	attr_parse_nested(data, value, NFTA_DATA_MAX);
	const struct nlattr *bytes = value[NFTA_DATA_VALUE];
	return entry->data_size == 0 ||
	       (bytes && attr_size(bytes) == entry->data_size && memcmp(attr_data(bytes), entry->data, entry->data_size) == 0);
}

static void take_element(const struct nlmsghdr *message, void *data)
{
	struct search *search = data;
	const struct nlattr *list[NFTA_SET_ELEM_LIST_MAX + 1], *elements[NFTA_LIST_ELEM + 1], *element[NFTA_SET_ELEM_MAX + 1];
	attr_parse(message, sizeof(struct nfgenmsg), list, NFTA_SET_ELEM_LIST_MAX);
	attr_parse_nested(list[NFTA_SET_ELEM_LIST_ELEMENTS], elements, NFTA_LIST_ELEM);
	if (!elements[NFTA_LIST_ELEM])
		return;
	attr_parse_nested(elements[NFTA_LIST_ELEM], element, NFTA_SET_ELEM_MAX);
	search->found->present = true;
	search->found->same_data = same_data(search->entry, element[NFTA_SET_ELEM_DATA]);
	strncpy(search->found->owner, nft_comment(element[NFTA_SET_ELEM_USERDATA]), sizeof search->found->owner - 1);
}

int entry_find(int nfnl, const struct plan *plan, const struct entry *entry, struct found *found, struct error *err)
{
	cleanup_batch struct batch batch = {0};
	*found = (struct found){0};
	size_t message = nft_begin_elements(&batch, entry->family, NFT_MSG_GETSETELEM, 0, plan->table, entry->set);
	nft_put_element(&batch, &(struct nft_element){.key = entry->key, .key_size = entry->key_size});
	attr_end(&batch, message);
	/* No such element, set or table: all the same to us. */
	batch_name(&batch, ENOENT, "look into nftables set %s %s", plan->table, entry->set);
	return netlink_exchange(nfnl, &batch, take_element, &(struct search){entry, found}, err);
}

int entries_select(int nfnl, const struct plan *plan, const struct entries *all, bool stale, struct entries *chosen, struct error *err)
{
	for (size_t i = 0; i < all->count; i++) {
		const struct entry *entry = &all->list[i];
		struct found found;
		if (stale && !entry->owned)
			continue;
		if (entry_find(nfnl, plan, entry, &found, err) < 0)
			return -1;
		bool mine = !entry->owned || strcmp(found.owner, plan->owner) == 0;
		if (found.present && (stale ? !found.same_data || !mine : mine))
			*add(chosen, entry->family, entry->set) = *entry;
	}
	return chosen->failed ? error_set(err, ENOMEM, "nftables elements") : 0;
}
