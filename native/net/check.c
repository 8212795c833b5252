#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "entry.h"
#include "iptables.h"
#include "link.h"
#include "network.h"
#include "sysctl.h"
#include "table.h"
#include "util.h"

static void problem(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* One field a problem: a sentence with its remedy. */
static void problem(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	printf("problem ");
	vprintf(format, args);
	putchar('\n');
	va_end(args);
}

static int check_table(int nfnl, const struct plan *plan, struct error *err)
{
	struct table_state state;
	if (table_read(nfnl, plan->table, &state, err) < 0)
		return -1;
	if (table_is_whole(&state))
		return 0;
	if (state.rules + state.foreign_rules == 0)
		problem("the nftables table %s is missing: published ports and isolation are off until it is mended", plan->table);
	else
		problem("the nftables table %s has been changed: %zu rules of ours, %zu of others", plan->table, state.rules,
			state.foreign_rules);
	return 0;
}

static int check_entries(int nfnl, const struct plan *plan, struct error *err)
{
	cleanup_entries struct entries entries = {0};
	size_t missing = 0;
	entries_add_bridges(&entries, plan);
	entries_add_container(&entries, plan);
	for (size_t i = 0; i < entries.count; i++) {
		struct found found;
		if (entry_find(nfnl, plan, &entries.list[i], &found, err) < 0)
			return -1;
		missing += !found.present || !found.same_data;
	}
	if (missing)
		problem("%zu elements of %s are missing from the nftables table %s", missing, *plan->owner ? plan->owner : "the networks",
			plan->table);
	return 0;
}

static int check_bridges(int rtnl, const struct plan *plan, struct error *err)
{
	bool nat = false;
	for (size_t i = 0; i < plan->bridge_count; i++) {
		const char *name = plan->bridges[i].name;
		int index = link_find(rtnl, name, err);
		if (index < 0)
			return -1;
		if (index == 0)
			problem("the bridge %s is missing; the next start of a container on it makes it", name);
		else if (sysctl_peek("net/ipv4/conf/%s/route_localnet", name) != '1')
			problem("net.ipv4.conf.%s.route_localnet is off: ports published on the host are not reachable through 127.0.0.1",
				name);
		nat |= !plan->bridges[i].internal;
	}
	if (nat && sysctl_peek("net/ipv4/ip_forward") != '1')
		problem("net.ipv4.ip_forward is off: containers have no way out, and published ports are only reachable from this host");
	return 0;
}

/* Who else judges what is forwarded: whatever our table accepts, a drop of theirs is final. */
struct foreign {
	const char *own_table;
	char table[TABLE_NAME], chain[TABLE_NAME];
	bool drops, firewalld, docker;
};

static void take_chain(const struct nlmsghdr *message, void *data)
{
	struct foreign *foreign = data;
	const struct nlattr *chain[NFTA_CHAIN_POLICY + 1], *hook[NFTA_HOOK_MAX + 1];
	uint8_t family = ((const struct nfgenmsg *)NLMSG_DATA(message))->nfgen_family;
	attr_parse(message, sizeof(struct nfgenmsg), chain, NFTA_CHAIN_POLICY);
	const char *table = attr_text(chain[NFTA_CHAIN_TABLE]), *name = attr_text(chain[NFTA_CHAIN_NAME]);
	if ((family != NFPROTO_IPV4 && family != NFPROTO_INET) || strcmp(table, foreign->own_table) == 0)
		return;
	foreign->docker |= strcmp(name, "DOCKER-USER") == 0;
	attr_parse_nested(chain[NFTA_CHAIN_HOOK], hook, NFTA_HOOK_MAX);
	if (!hook[NFTA_HOOK_HOOKNUM] || attr_get_be32(hook[NFTA_HOOK_HOOKNUM]) != NF_INET_FORWARD)
		return;
	foreign->firewalld |= strcmp(table, "firewalld") == 0;
	if (attr_get_be32(chain[NFTA_CHAIN_POLICY]) != NF_DROP)
		return;
	foreign->drops = true;
	snprintf(foreign->table, sizeof foreign->table, "%s", table);
	snprintf(foreign->chain, sizeof foreign->chain, "%s", name);
}

static void tell_foreign(const struct foreign *foreign, const char *bridge)
{
	if (foreign->firewalld)
		problem("firewalld judges what is forwarded: let the containers through with "
			"`firewall-cmd --permanent --zone=trusted --add-interface=%s && firewall-cmd --reload`",
			bridge);
	if (!foreign->drops)
		return;
	/* Docker leaves this chain to the user, and keeps it before its own. */
	const char *chain = foreign->docker ? "DOCKER-USER" : foreign->chain;
	problem("chain %s of nftables table %s drops what is forwarded: let the containers through with "
		"`iptables -I %s -i %s -j ACCEPT && iptables -I %s -o %s -j ACCEPT`",
		foreign->chain, foreign->table, chain, bridge, chain, bridge);
}

static int check_foreign(int nfnl, const struct plan *plan, struct error *err)
{
	cleanup_batch struct batch batch = {0};
	struct foreign foreign = {.own_table = plan->table};
	nft_message(&batch, AF_UNSPEC, NFT_MSG_GETCHAIN, NLM_F_DUMP);
	if (plan->bridge_count == 0)
		return 0;
	if (netlink_exchange(nfnl, &batch, take_chain, &foreign, err) < 0)
		return -1;
	if (iptables_forward_drops())
		problem("the policy of iptables' chain FORWARD is DROP: let the containers through with "
			"`iptables -I FORWARD -i %s -j ACCEPT && iptables -I FORWARD -o %s -j ACCEPT`",
			plan->bridges[0].name, plan->bridges[0].name);
	tell_foreign(&foreign, plan->bridges[0].name);
	return 0;
}

int network_check(const struct plan *plan, struct error *err)
{
	cleanup_close int rtnl = link_open(err);
	cleanup_close int nfnl = rtnl < 0 ? -1 : netlink_open(NETLINK_NETFILTER, err);
	if (nfnl < 0 || check_table(nfnl, plan, err) < 0 || check_entries(nfnl, plan, err) < 0)
		return -1;
	return check_bridges(rtnl, plan, err) < 0 ? -1 : check_foreign(nfnl, plan, err);
}
