#include "link.h"

#include <arpa/inet.h>
#include <dirent.h>
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
static void bridge_mac(const struct plan *plan, const struct bridge *bridge, uint8_t mac[6])
{
	const struct address *net = NULL;
	for (size_t i = 0; i < plan->net_count && !net; i++)
		if (strcmp(plan->nets[i].interface, bridge->name) == 0)
			net = &plan->nets[i];
	mac[0] = 0x02;
	mac[1] = 0x42;
	memset(mac + 2, 0, 4);
	if (net)
		memcpy(mac + 2, net->ip.bytes + ip_size(net->ip.family) - 4, 4);
}

static void put_bridge(struct batch *batch, const struct plan *plan, const struct bridge *bridge)
{
	uint8_t mac[6];
	bridge_mac(plan, bridge, mac);
	begin_link(batch, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0, 0);
	attr_string(batch, IFLA_IFNAME, bridge->name);
	attr_u32(batch, IFLA_MTU, bridge->mtu);
	attr_put(batch, IFLA_ADDRESS, mac, sizeof mac);
	size_t info = attr_begin(batch, IFLA_LINKINFO);
	attr_string(batch, IFLA_INFO_KIND, "bridge");
	attr_end(batch, info);
	batch_name(batch, EEXIST, "create bridge %s", bridge->name);
}

/* An IPv6 address is nobody else's, since it is leased: no second of doubt before it can be used. */
static void put_address(struct batch *batch, int index, const struct address *address)
{
	const struct ip *ip = &address->ip;
	struct ifaddrmsg header = {.ifa_family = ip->family,
		.ifa_prefixlen = address->prefix,
		.ifa_index = (unsigned int)index,
		.ifa_flags = ip->family == AF_INET6 ? IFA_F_NODAD : 0,
		.ifa_scope = RT_SCOPE_UNIVERSE};
	char text[INET6_ADDRSTRLEN];
	batch_begin(batch, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &header, sizeof header);
	attr_put(batch, IFA_LOCAL, ip->bytes, ip_size(ip->family));
	attr_put(batch, IFA_ADDRESS, ip->bytes, ip_size(ip->family));
	if (ip->family == AF_INET && address->prefix < 31) {
		in_addr_t broadcast;
		memcpy(&broadcast, ip->bytes, sizeof broadcast);
		broadcast |= htonl((uint32_t)((1ull << (32 - address->prefix)) - 1));
		attr_put(batch, IFA_BROADCAST, &broadcast, sizeof broadcast);
	}
	batch_name(batch, EEXIST, "give %s the address %s/%u", address->interface, ip_text(ip, text), address->prefix);
}

static void put_addresses(struct batch *batch, int index, const char *interface, const struct address *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i].interface, interface) == 0)
			put_address(batch, index, &list[i]);
}

static void put_up(struct batch *batch, int index, const char *name)
{
	begin_link(batch, RTM_NEWLINK, 0, index, IFF_UP);
	batch_name(batch, 0, "set %s up", name);
}

/* The host's side of a bridge has no IPv6 unless its network has, and no ear for routers on it. 127.0.0.0/8 may be routed, since a
 * port published on the host's loopback is reached through here; what comes in with such addresses is dropped by the table. */
static int set_bridge_sysctls(const struct bridge *bridge, struct error *err)
{
	if (sysctl_set(err, "1", "net/ipv4/conf/%s/route_localnet", bridge->name) < 0)
		return -1;
	if (sysctl_set(err, "0", "net/ipv6/conf/%s/accept_ra", bridge->name) < 0)
		return -1;
	return sysctl_set(err, bridge->ipv6 ? "0" : "1", "net/ipv6/conf/%s/disable_ipv6", bridge->name);
}

static int find_made(int rtnl, const char *name, struct error *err)
{
	int index = link_find(rtnl, name, err);
	return index == 0 ? error_set(err, 0, "interface %s vanished while it was being set up", name) : index;
}

static int raise_bridge(int rtnl, const struct plan *plan, const struct bridge *bridge, struct error *err)
{
	cleanup_batch struct batch make = {0}, set = {0};
	int index = link_find(rtnl, bridge->name, err);
	if (index == 0) {
		put_bridge(&make, plan, bridge);
		if (netlink_exchange(rtnl, &make, NULL, NULL, err) < 0)
			return -1;
		index = find_made(rtnl, bridge->name, err);
	}
	if (index < 0 || set_bridge_sysctls(bridge, err) < 0)
		return -1;
	put_addresses(&set, index, bridge->name, plan->nets, plan->net_count);
	put_up(&set, index, bridge->name);
	return netlink_exchange(rtnl, &set, NULL, NULL, err);
}

/* Marks what we have made, so that only that is removed. */
#define OURS "hawser"

static void put_parent(struct batch *batch, const struct parent *parent, int below)
{
	begin_link(batch, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0, 0);
	attr_string(batch, IFLA_IFNAME, parent->name);
	if (parent->id)
		attr_u32(batch, IFLA_LINK, (uint32_t)below);
	size_t info = attr_begin(batch, IFLA_LINKINFO);
	attr_string(batch, IFLA_INFO_KIND, parent->id ? "vlan" : "dummy");
	if (parent->id) {
		size_t data = attr_begin(batch, IFLA_INFO_DATA);
		attr_put(batch, IFLA_VLAN_ID, &parent->id, sizeof parent->id);
		attr_end(batch, data);
	}
	attr_end(batch, info);
	batch_name(batch, EEXIST, "create interface %s", parent->name);
	begin_link(batch, RTM_NEWLINK, 0, 0, IFF_UP);
	attr_string(batch, IFLA_IFNAME, parent->name);
	attr_string(batch, IFLA_IFALIAS, OURS);
	batch_name(batch, 0, "set %s up", parent->name);
}

static int raise_parent(int rtnl, const struct parent *parent, struct error *err)
{
	cleanup_batch struct batch batch = {0};
	int there = link_find(rtnl, parent->name, err);
	if (there != 0)
		return there < 0 ? -1 : 0;
	int below = parent->id ? link_find(rtnl, parent->below, err) : 0;
	if (below < 0 || (below == 0 && parent->id))
		return below < 0 ? -1 : error_set(err, 0, "the host has no interface %s for %s", parent->below, parent->name);
	put_parent(&batch, parent, below);
	return netlink_exchange(rtnl, &batch, NULL, NULL, err);
}

/* A host that forwards listens to routers no longer, unless its interfaces say that they do all the same. */
static int keep_routers(struct error *err)
{
	cleanup_dir DIR *dir = opendir("/proc/sys/net/ipv6/conf");
	for (struct dirent *entry; dir && (entry = readdir(dir));)
		if (*entry->d_name != '.' && sysctl_peek("net/ipv6/conf/%.64s/accept_ra", entry->d_name) == '1' &&
			sysctl_set(err, "2", "net/ipv6/conf/%.64s/accept_ra", entry->d_name) < 0)
			return -1;
	return 0;
}

static int forward_ipv6(struct error *err)
{
	if (sysctl_peek("net/ipv6/conf/all/forwarding") != '0')
		return 0;
	return keep_routers(err) < 0 ? -1 : sysctl_set(err, "1", "net/ipv6/conf/all/forwarding");
}

int link_raise_bridges(int rtnl, const struct plan *plan, struct error *err)
{
	bool out = false, out6 = false;
	for (size_t i = 0; i < plan->bridge_count; i++) {
		if (raise_bridge(rtnl, plan, &plan->bridges[i], err) < 0)
			return -1;
		out |= !plan->bridges[i].internal;
		out6 |= !plan->bridges[i].internal && plan->bridges[i].ipv6;
	}
	for (size_t i = 0; i < plan->parent_count; i++)
		if (raise_parent(rtnl, &plan->parents[i], err) < 0)
			return -1;
	if (out && sysctl_set(err, "1", "net/ipv4/ip_forward") < 0)
		return -1;
	return out6 ? forward_ipv6(err) : 0;
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
static void put_port_modes(struct batch *batch, const char *name, bool isolated)
{
	begin_link(batch, RTM_NEWLINK, 0, 0, 0);
	attr_string(batch, IFLA_IFNAME, name);
	size_t info = attr_begin(batch, IFLA_LINKINFO);
	attr_string(batch, IFLA_INFO_SLAVE_KIND, "bridge");
	size_t data = attr_begin(batch, IFLA_INFO_SLAVE_DATA);
	attr_u8(batch, IFLA_BRPORT_MODE, 1);
	attr_u8(batch, IFLA_BRPORT_ISOLATED, isolated);
	attr_end(batch, data);
	attr_end(batch, info);
	batch_name(batch, 0, "let %s hear itself", name);
}

static bool is_isolated(const struct plan *plan, const char *bridge)
{
	for (size_t i = 0; i < plan->bridge_count; i++)
		if (strcmp(plan->bridges[i].name, bridge) == 0)
			return plan->bridges[i].isolated;
	return false;
}

static void put_plug(struct batch *batch, const struct plan *plan, const struct endpoint *endpoint, int bridge)
{
	begin_link(batch, RTM_NEWLINK, 0, 0, IFF_UP);
	attr_string(batch, IFLA_IFNAME, endpoint->host);
	attr_u32(batch, IFLA_MASTER, (uint32_t)bridge);
	batch_name(batch, 0, "plug %s into %s", endpoint->host, endpoint->parent);
	put_port_modes(batch, endpoint->host, is_isolated(plan, endpoint->parent));
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

static int find_parent(int rtnl, const struct endpoint *endpoint, struct error *err)
{
	int index = link_find(rtnl, endpoint->parent, err);
	return index != 0 ? index : error_set(err, 0, "the host has no interface %s", endpoint->parent);
}

static int make_cable(int rtnl, const struct plan *plan, const struct endpoint *endpoint, int bridge, int netns, struct error *err)
{
	for (int attempt = 0;; attempt++) {
		cleanup_batch struct batch batch = {0};
		put_cable(&batch, endpoint, netns);
		put_no_ipv6(&batch, endpoint->host);
		put_plug(&batch, plan, endpoint, bridge);
		if (netlink_exchange(rtnl, &batch, NULL, NULL, err) == 0)
			return 0;
		/* The cable of the container's last life: its namespace has not been taken down yet. */
		if (err->code != EEXIST || attempt)
			return -1;
		if (link_remove(rtnl, endpoint->host, err) < 0)
			return -1;
	}
}

static void put_slave_mode(struct batch *batch, const struct endpoint *endpoint)
{
	size_t data = attr_begin(batch, IFLA_INFO_DATA);
	if (endpoint->kind == MACVLAN) {
		attr_u32(batch, IFLA_MACVLAN_MODE, endpoint->mode);
	} else {
		attr_put(batch, IFLA_IPVLAN_MODE, &endpoint->mode, sizeof endpoint->mode);
		attr_put(batch, IFLA_IPVLAN_FLAGS, &endpoint->flags, sizeof endpoint->flags);
	}
	attr_end(batch, data);
}

static int make_slave(int rtnl, const struct endpoint *endpoint, int parent, int netns, struct error *err)
{
	cleanup_batch struct batch batch = {0};
	const char *kind = endpoint->kind == MACVLAN ? "macvlan" : "ipvlan";
	begin_link(&batch, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0, 0);
	attr_string(&batch, IFLA_IFNAME, endpoint->container);
	attr_u32(&batch, IFLA_LINK, (uint32_t)parent);
	attr_u32(&batch, IFLA_NET_NS_FD, (uint32_t)netns);
	attr_u32(&batch, IFLA_MTU, endpoint->mtu);
	if (endpoint->has_mac)
		attr_put(&batch, IFLA_ADDRESS, endpoint->mac, sizeof endpoint->mac);
	size_t info = attr_begin(&batch, IFLA_LINKINFO);
	attr_string(&batch, IFLA_INFO_KIND, kind);
	put_slave_mode(&batch, endpoint);
	attr_end(&batch, info);
	batch_name(&batch, 0, "make %s of %s", endpoint->container, endpoint->parent);
	if (netlink_exchange(rtnl, &batch, NULL, NULL, err) == 0)
		return 0;
	return err->code == EOPNOTSUPP ? error_set(err, 0, "this kernel has no %s (its module of that name is missing)", kind) : -1;
}

int link_connect(int rtnl, const struct plan *plan, const struct endpoint *endpoint, int netns, struct error *err)
{
	int parent = find_parent(rtnl, endpoint, err);
	if (parent < 0)
		return -1;
	return endpoint->kind == CABLE ? make_cable(rtnl, plan, endpoint, parent, netns, err)
				       : make_slave(rtnl, endpoint, parent, netns, err);
}

int link_plug_in(int rtnl, const struct plan *plan, const struct endpoint *endpoint, struct error *err)
{
	cleanup_batch struct batch batch = {0};
	if (endpoint->kind != CABLE)
		return 0;
	int bridge = find_parent(rtnl, endpoint, err);
	if (bridge < 0)
		return -1;
	put_plug(&batch, plan, endpoint, bridge);
	return netlink_exchange(rtnl, &batch, NULL, NULL, err);
}

/* A gateway outside of the interface's subnets is reached on the link all the same. */
static void put_default_route(struct batch *batch, int index, const struct address *address)
{
	const struct ip *gateway = &address->gateway;
	bool link = ip_is_any(gateway);
	struct rtmsg header = {.rtm_family = gateway->family,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = RTPROT_BOOT,
		.rtm_scope = link && gateway->family == AF_INET ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE,
		.rtm_type = RTN_UNICAST};
	char text[INET6_ADDRSTRLEN];
	batch_begin(batch, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, &header, sizeof header);
	if (!link)
		attr_put(batch, RTA_GATEWAY, gateway->bytes, ip_size(gateway->family));
	attr_u32(batch, RTA_OIF, (uint32_t)index);
	batch_name(batch, EEXIST, "route the container through %s", link ? address->interface : ip_text(gateway, text));
}

/* Routers have no say in a container: its addresses are leases. */
static int set_endpoint_sysctls(const struct plan *plan, const struct endpoint *endpoint, struct error *err)
{
	bool six = plan_has_family(plan->addresses, plan->address_count, endpoint->container, AF_INET6);
	if (six && (sysctl_set(err, "0", "net/ipv6/conf/%s/accept_ra", endpoint->container) < 0 ||
			   sysctl_set(err, "0", "net/ipv6/conf/%s/accept_dad", endpoint->container) < 0 ||
			   sysctl_set(err, "0", "net/ipv6/conf/%s/addr_gen_mode", endpoint->container) < 0))
		return -1;
	return sysctl_set(err, six ? "0" : "1", "net/ipv6/conf/%s/disable_ipv6", endpoint->container);
}

static int put_endpoint(int rtnl, struct batch *batch, const struct plan *plan, const struct endpoint *endpoint, struct error *err)
{
	int index = link_find(rtnl, endpoint->container, err);
	if (index <= 0)
		return index < 0 ? -1 : error_set(err, 0, "the container has no interface %s", endpoint->container);
	if (set_endpoint_sysctls(plan, endpoint, err) < 0)
		return -1;
	put_addresses(batch, index, endpoint->container, plan->addresses, plan->address_count);
	put_up(batch, index, endpoint->container);
	for (size_t i = 0; i < plan->address_count; i++)
		if (strcmp(plan->addresses[i].interface, endpoint->container) == 0 && plan->addresses[i].gateway.family)
			put_default_route(batch, index, &plan->addresses[i]);
	return 0;
}

int link_configure(int rtnl, const struct plan *plan, struct error *err)
{
	cleanup_batch struct batch batch = {0};
	/* lo is the first interface of every namespace. */
	put_up(&batch, 1, "lo");
	for (size_t i = 0; i < plan->endpoint_count; i++)
		if (put_endpoint(rtnl, &batch, plan, &plan->endpoints[i], err) < 0)
			return -1;
	if (netlink_exchange(rtnl, &batch, NULL, NULL, err) < 0)
		return -1;
	for (size_t i = 0; i < plan->setting_count; i++)
		if (sysctl_write(err, plan->settings[i].value, plan->settings[i].path) < 0)
			return -1;
	return 0;
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

static void take_alias(const struct nlmsghdr *message, void *data)
{
	const struct nlattr *table[IFLA_IFALIAS + 1];
	if (message->nlmsg_type != RTM_NEWLINK)
		return;
	attr_parse(message, sizeof(struct ifinfomsg), table, IFLA_IFALIAS);
	*(bool *)data = strcmp(attr_text(table[IFLA_IFALIAS]), OURS) == 0;
}

int link_remove_parent(int rtnl, const char *name, struct error *err)
{
	cleanup_batch struct batch look = {0};
	bool ours = false;
	begin_link(&look, RTM_GETLINK, 0, 0, 0);
	attr_string(&look, IFLA_IFNAME, name);
	batch_name(&look, ENODEV, "find interface %s", name);
	if (netlink_exchange(rtnl, &look, take_alias, &ours, err) < 0)
		return -1;
	return ours ? link_remove(rtnl, name, err) : 0;
}
