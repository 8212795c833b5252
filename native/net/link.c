#include "link.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <string.h>

#include "netlink.h"
#include "sysctl.h"
#include "util.h"

int link_open(struct error *err)
{
	return netlink_open(NETLINK_ROUTE, err);
}

static void begin_link(struct batch *batch, uint16_t type, uint16_t flags, int index, unsigned int up)
{
	struct ifinfomsg header = {.ifi_family = AF_UNSPEC, .ifi_index = index, .ifi_flags = up, .ifi_change = up};
	batch_begin(batch, type, flags, &header, sizeof header);
}

static void take_index(const struct nlmsghdr *message, void *data)
{
	if (message->nlmsg_type == RTM_NEWLINK)
		*(int *)data = ((const struct ifinfomsg *)NLMSG_DATA(message))->ifi_index;
}

int link_find(int rtnl, const char *name, struct error *err)
{
	cleanup_batch struct batch batch = {0};
	int index = 0;
	begin_link(&batch, RTM_GETLINK, 0, 0, 0);
	attr_string(&batch, IFLA_IFNAME, name);
	batch_name(&batch, ENODEV, "find interface %s", name);
	return netlink_exchange(rtnl, &batch, take_index, &index, err) < 0 ? -1 : index;
}

/* The bridge's MAC comes from its address: without one of its own it would change with every port, and neighbours lose it. */
static void put_bridge(struct batch *batch, const struct bridge *bridge)
{
	uint8_t mac[6] = {0x02, 0x42};
	memcpy(mac + 2, &bridge->address, sizeof bridge->address);
	begin_link(batch, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0, 0);
	attr_string(batch, IFLA_IFNAME, bridge->name);
	attr_u32(batch, IFLA_MTU, bridge->mtu);
	attr_put(batch, IFLA_ADDRESS, mac, sizeof mac);
	size_t info = attr_begin(batch, IFLA_LINKINFO);
	attr_string(batch, IFLA_INFO_KIND, "bridge");
	attr_end(batch, info);
	batch_name(batch, EEXIST, "create bridge %s", bridge->name);
}

static void put_address(struct batch *batch, int index, in_addr_t address, uint8_t prefix, const char *name)
{
	struct ifaddrmsg header = {
		.ifa_family = AF_INET, .ifa_prefixlen = prefix, .ifa_index = (unsigned int)index, .ifa_scope = RT_SCOPE_UNIVERSE};
	in_addr_t broadcast = address | htonl((uint32_t)((1ull << (32 - prefix)) - 1));
	char text[INET_ADDRSTRLEN];
	batch_begin(batch, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &header, sizeof header);
	attr_put(batch, IFA_LOCAL, &address, sizeof address);
	attr_put(batch, IFA_ADDRESS, &address, sizeof address);
	attr_put(batch, IFA_BROADCAST, &broadcast, sizeof broadcast);
	batch_name(batch, EEXIST, "give %s the address %s/%u", name, inet_ntop(AF_INET, &address, text, sizeof text), prefix);
}

static void put_up(struct batch *batch, int index, const char *name)
{
	begin_link(batch, RTM_NEWLINK, 0, index, IFF_UP);
	batch_name(batch, 0, "set %s up", name);
}

/* The host's side of a bridge has neither IPv6 nor an ear for routers on it. 127.0.0.0/8 may be routed, since a port published
 * on the host's loopback is reached through here; what comes in with such addresses is dropped by the table. */
static int set_bridge_sysctls(const struct bridge *bridge, struct error *err)
{
	if (sysctl_set(err, "1", "net/ipv4/conf/%s/route_localnet", bridge->name) < 0)
		return -1;
	if (sysctl_set(err, "0", "net/ipv6/conf/%s/accept_ra", bridge->name) < 0)
		return -1;
	return sysctl_set(err, "1", "net/ipv6/conf/%s/disable_ipv6", bridge->name);
}

static int raise_bridge(int rtnl, const struct bridge *bridge, struct error *err)
{
	cleanup_batch struct batch make = {0}, set = {0};
	int index = link_find(rtnl, bridge->name, err);
	if (index == 0) {
		put_bridge(&make, bridge);
		if (netlink_exchange(rtnl, &make, NULL, NULL, err) < 0)
			return -1;
		index = link_find(rtnl, bridge->name, err);
	}
	if (index <= 0)
		return index < 0 ? -1 : error_set(err, 0, "bridge %s vanished while it was being set up", bridge->name);
	if (set_bridge_sysctls(bridge, err) < 0)
		return -1;
	put_address(&set, index, bridge->address, bridge->prefix, bridge->name);
	put_up(&set, index, bridge->name);
	return netlink_exchange(rtnl, &set, NULL, NULL, err);
}

int link_raise_bridges(int rtnl, const struct plan *plan, struct error *err)
{
	bool nat = false;
	for (size_t i = 0; i < plan->bridge_count; i++) {
		if (raise_bridge(rtnl, &plan->bridges[i], err) < 0)
			return -1;
		nat |= !plan->bridges[i].internal;
	}
	return nat ? sysctl_set(err, "1", "net/ipv4/ip_forward") : 0;
}

/* No link-local address on the host's end: it would be a way to talk to the host around the lease. */
static void put_no_ipv6(struct batch *batch, const char *name)
{
	begin_link(batch, RTM_NEWLINK, 0, 0, 0);
	attr_string(batch, IFLA_IFNAME, name);
	size_t families = attr_begin(batch, IFLA_AF_SPEC);
	size_t inet6 = attr_begin(batch, AF_INET6);
	attr_u8(batch, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
	attr_end(batch, inet6);
	attr_end(batch, families);
	/* So answers a kernel without IPv6. */
	batch_name(batch, EAFNOSUPPORT, "keep IPv6 off %s", name);
}

/* With br_netfilter a container that calls its own published port is answered within the bridge, by the port that it came from. */
static void put_hairpin(struct batch *batch, const char *name)
{
	begin_link(batch, RTM_NEWLINK, 0, 0, 0);
	attr_string(batch, IFLA_IFNAME, name);
	size_t info = attr_begin(batch, IFLA_LINKINFO);
	attr_string(batch, IFLA_INFO_SLAVE_KIND, "bridge");
	size_t data = attr_begin(batch, IFLA_INFO_SLAVE_DATA);
	attr_u8(batch, IFLA_BRPORT_MODE, 1);
	attr_end(batch, data);
	attr_end(batch, info);
	batch_name(batch, 0, "let %s hear itself", name);
}

static void put_plug(struct batch *batch, const struct endpoint *endpoint, int bridge)
{
	begin_link(batch, RTM_NEWLINK, 0, 0, IFF_UP);
	attr_string(batch, IFLA_IFNAME, endpoint->host);
	attr_u32(batch, IFLA_MASTER, (uint32_t)bridge);
	batch_name(batch, 0, "plug %s into %s", endpoint->host, endpoint->bridge);
	put_hairpin(batch, endpoint->host);
}

static void put_peer(struct batch *batch, const struct endpoint *endpoint, int netns)
{
	struct ifinfomsg header = {.ifi_family = AF_UNSPEC};
	size_t peer = attr_begin(batch, VETH_INFO_PEER);
	/* The peer's attributes come after a header of its own, inside the attribute. */
	size_t start = batch->used;
	attr_put(batch, 0, (const char *)&header + NLA_HDRLEN, sizeof header - NLA_HDRLEN);
	if (!batch->failed)
		memcpy(batch->data + start, &header, sizeof header);
	attr_string(batch, IFLA_IFNAME, endpoint->container);
	attr_put(batch, IFLA_ADDRESS, endpoint->mac, sizeof endpoint->mac);
	attr_u32(batch, IFLA_MTU, endpoint->mtu);
	attr_u32(batch, IFLA_NET_NS_FD, (uint32_t)netns);
	attr_end(batch, peer);
}

static void put_cable(struct batch *batch, const struct endpoint *endpoint, int netns)
{
	begin_link(batch, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0, 0);
	attr_string(batch, IFLA_IFNAME, endpoint->host);
	attr_u32(batch, IFLA_MTU, endpoint->mtu);
	size_t info = attr_begin(batch, IFLA_LINKINFO);
	attr_string(batch, IFLA_INFO_KIND, "veth");
	size_t data = attr_begin(batch, IFLA_INFO_DATA);
	put_peer(batch, endpoint, netns);
	attr_end(batch, data);
	attr_end(batch, info);
	batch_name(batch, 0, "make the cable %s to %s of the container", endpoint->host, endpoint->container);
}

int link_make_cable(int rtnl, const struct endpoint *endpoint, int netns, struct error *err)
{
	int bridge = link_find(rtnl, endpoint->bridge, err);
	if (bridge <= 0)
		return bridge < 0 ? -1 : error_set(err, 0, "bridge %s is not there", endpoint->bridge);
	for (int attempt = 0;; attempt++) {
		cleanup_batch struct batch batch = {0};
		put_cable(&batch, endpoint, netns);
		put_no_ipv6(&batch, endpoint->host);
		put_plug(&batch, endpoint, bridge);
		if (netlink_exchange(rtnl, &batch, NULL, NULL, err) == 0)
			return 0;
		/* The cable of the container's last life: its namespace has not been taken down yet. */
		if (err->code != EEXIST || attempt)
			return -1;
		if (link_remove(rtnl, endpoint->host, err) < 0)
			return -1;
	}
}

int link_plug_in(int rtnl, const struct endpoint *endpoint, struct error *err)
{
	cleanup_batch struct batch batch = {0};
	int bridge = link_find(rtnl, endpoint->bridge, err);
	if (bridge <= 0)
		return bridge < 0 ? -1 : error_set(err, 0, "bridge %s is not there", endpoint->bridge);
	put_plug(&batch, endpoint, bridge);
	return netlink_exchange(rtnl, &batch, NULL, NULL, err);
}

static void put_default_route(struct batch *batch, int index, in_addr_t gateway)
{
	struct rtmsg header = {.rtm_family = AF_INET,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = RTPROT_BOOT,
		.rtm_scope = RT_SCOPE_UNIVERSE,
		.rtm_type = RTN_UNICAST};
	char text[INET_ADDRSTRLEN];
	batch_begin(batch, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, &header, sizeof header);
	attr_put(batch, RTA_GATEWAY, &gateway, sizeof gateway);
	attr_u32(batch, RTA_OIF, (uint32_t)index);
	batch_name(batch, EEXIST, "route the container through %s", inet_ntop(AF_INET, &gateway, text, sizeof text));
}

static int put_endpoint(int rtnl, struct batch *batch, const struct endpoint *endpoint, struct error *err)
{
	int index = link_find(rtnl, endpoint->container, err);
	if (index <= 0)
		return index < 0 ? -1 : error_set(err, 0, "the container has no interface %s", endpoint->container);
	if (sysctl_set(err, "1", "net/ipv6/conf/%s/disable_ipv6", endpoint->container) < 0)
		return -1;
	put_address(batch, index, endpoint->address, endpoint->prefix, endpoint->container);
	put_up(batch, index, endpoint->container);
	if (endpoint->gateway)
		put_default_route(batch, index, endpoint->gateway);
	return 0;
}

int link_configure(int rtnl, const struct plan *plan, struct error *err)
{
	cleanup_batch struct batch batch = {0};
	/* lo is the first interface of every namespace. */
	put_up(&batch, 1, "lo");
	for (size_t i = 0; i < plan->endpoint_count; i++)
		if (put_endpoint(rtnl, &batch, &plan->endpoints[i], err) < 0)
			return -1;
	return netlink_exchange(rtnl, &batch, NULL, NULL, err);
}

static void put_removal(struct batch *batch, int index, const char *name)
{
	begin_link(batch, RTM_DELLINK, 0, index, 0);
	if (index == 0)
		attr_string(batch, IFLA_IFNAME, name);
	batch_name(batch, ENODEV, "remove interface %s", name);
}

int link_remove(int rtnl, const char *name, struct error *err)
{
	cleanup_batch struct batch batch = {0};
	put_removal(&batch, 0, name);
	return netlink_exchange(rtnl, &batch, NULL, NULL, err);
}

struct ports_of {
	int bridge;
	struct batch removals;
};

/* Only cables: what else somebody has plugged into the bridge is theirs. */
static void take_port(const struct nlmsghdr *message, void *data)
{
	struct ports_of *ports = data;
	const struct nlattr *table[IFLA_LINKINFO + 1], *info[IFLA_INFO_KIND + 1];
	if (message->nlmsg_type != RTM_NEWLINK)
		return;
	attr_parse(message, sizeof(struct ifinfomsg), table, IFLA_LINKINFO);
	attr_parse_nested(table[IFLA_LINKINFO], info, IFLA_INFO_KIND);
	if ((int)attr_get_u32(table[IFLA_MASTER]) == ports->bridge && strcmp(attr_text(info[IFLA_INFO_KIND]), "veth") == 0)
		put_removal(&ports->removals, ((const struct ifinfomsg *)NLMSG_DATA(message))->ifi_index, attr_text(table[IFLA_IFNAME]));
}

int link_remove_bridge(int rtnl, const char *name, struct error *err)
{
	cleanup_batch struct batch dump = {0};
	struct ports_of ports = {.bridge = link_find(rtnl, name, err)};
	if (ports.bridge <= 0)
		return ports.bridge;
	begin_link(&dump, RTM_GETLINK, NLM_F_DUMP, 0, 0);
	int result = netlink_exchange(rtnl, &dump, take_port, &ports, err);
	put_removal(&ports.removals, ports.bridge, name);
	if (result == 0)
		result = netlink_exchange(rtnl, &ports.removals, NULL, NULL, err);
	batch_finish(&ports.removals);
	return result;
}
