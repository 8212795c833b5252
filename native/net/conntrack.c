#include "conntrack.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <string.h>

#include "netlink.h"

struct stale_flows {
	const struct plan *plan;
	struct batch removals;
};

static void put_message(struct batch *batch, uint8_t family, uint16_t type, uint16_t flags)
{
	struct nfgenmsg header = {.nfgen_family = family, .version = NFNETLINK_V0};
	batch_begin(batch, (uint16_t)(NFNL_SUBSYS_CTNETLINK << 8 | type), flags, &header, sizeof header);
}

static bool is_published(const struct plan *plan, const struct ip *address, uint16_t port)
{
	for (size_t i = 0; i < plan->port_count; i++) {
		const struct port *own = &plan->ports[i];
		bool here = own->host.family == address->family && (ip_is_any(&own->host) || ip_same(&own->host, address));
		if (own->protocol == IPPROTO_UDP && own->host_port == port && here)
			return true;
	}
	return false;
}

static void take_flow(const struct nlmsghdr *message, void *data)
{
	struct stale_flows *stale = data;
	const struct nlattr *flow[CTA_TUPLE_ORIG + 1], *tuple[CTA_TUPLE_MAX + 1], *ip[CTA_IP_MAX + 1], *proto[CTA_PROTO_MAX + 1];
	attr_parse(message, sizeof(struct nfgenmsg), flow, CTA_TUPLE_ORIG);
	attr_parse_nested(flow[CTA_TUPLE_ORIG], tuple, CTA_TUPLE_MAX);
	attr_parse_nested(tuple[CTA_TUPLE_IP], ip, CTA_IP_MAX);
	attr_parse_nested(tuple[CTA_TUPLE_PROTO], proto, CTA_PROTO_MAX);
	struct ip to = {.family = ((const struct nfgenmsg *)NLMSG_DATA(message))->nfgen_family};
	const struct nlattr *address = ip[to.family == AF_INET6 ? CTA_IP_V6_DST : CTA_IP_V4_DST];
	if (!address || attr_size(address) != ip_size(to.family) || !proto[CTA_PROTO_NUM] || !proto[CTA_PROTO_DST_PORT])
		return;
	uint16_t port;
	memcpy(to.bytes, attr_data(address), attr_size(address));
	memcpy(&port, attr_data(proto[CTA_PROTO_DST_PORT]), sizeof port);
	if (*(const uint8_t *)attr_data(proto[CTA_PROTO_NUM]) != IPPROTO_UDP || !is_published(stale->plan, &to, ntohs(port)))
		return;
	put_message(&stale->removals, to.family, IPCTNL_MSG_CT_DELETE, 0);
	attr_put(&stale->removals, CTA_TUPLE_ORIG | NLA_F_NESTED, attr_data(flow[CTA_TUPLE_ORIG]), attr_size(flow[CTA_TUPLE_ORIG]));
	batch_name(&stale->removals, ENOENT, "forget a UDP flow");
}

int conntrack_forget(int nfnl, const struct plan *plan, struct error *err)
{
	cleanup_batch struct batch dump = {0};
	struct stale_flows stale = {.plan = plan};
	bool any = false;
	for (size_t i = 0; i < plan->port_count; i++)
		any |= plan->ports[i].protocol == IPPROTO_UDP;
	if (!any)
		return 0;
	put_message(&dump, AF_UNSPEC, IPCTNL_MSG_CT_GET, NLM_F_DUMP);
	int result = netlink_exchange(nfnl, &dump, take_flow, &stale, err);
	if (result == 0 && stale.removals.count)
		result = netlink_exchange(nfnl, &stale.removals, NULL, NULL, err);
	batch_finish(&stale.removals);
	return result;
}
