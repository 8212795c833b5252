#include "network.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netfilter/nfnetlink.h>
#include <sched.h>
#include <stdio.h>
#include <sys/stat.h>

#include "conntrack.h"
#include "entry.h"
#include "hold.h"
#include "link.h"
#include "names.h"
#include "table.h"
#include "util.h"

/* Others change the rules too; each of our tries needs only a moment without them. */
#define ATTEMPTS 20

static int open_netfilter(struct error *err)
{
	return netlink_open(NETLINK_NETFILTER, err);
}

/* One transaction: the tables where they are missing or damaged, without the stale elements, with ours. */
static int try_apply(int nfnl, const struct plan *plan, const struct entries *entries, struct error *err)
{
	cleanup_entries struct entries stale = {0};
	cleanup_batch struct batch batch = {0};
	struct table_state state;
	if (table_read(nfnl, plan->table, &state, err) < 0 || entries_select(nfnl, plan, entries, true, &stale, err) < 0)
		return -1;
	bool whole = table_is_whole(&state);
	/* Only then does it matter that nobody else repairs it at the same time. */
	nft_begin(&batch, whole ? 0 : state.generation);
	if (!whole)
		table_put(&batch, plan->table);
	entries_put(&batch, plan, &stale, NFT_MSG_DELSETELEM);
	entries_put(&batch, plan, entries, NFT_MSG_NEWSETELEM);
	nft_end(&batch);
	return netlink_exchange(nfnl, &batch, NULL, NULL, err);
}

static int apply(int nfnl, const struct plan *plan, const struct entries *entries, struct error *err)
{
	if (entries->failed)
		return error_set(err, ENOMEM, "nftables elements");
	for (int attempt = 1;; attempt++) {
		if (try_apply(nfnl, plan, entries, err) == 0)
			return 0;
		/* Changed under us: the generation, the table, or an element that we meant to replace. */
		bool raced = err->code == ERESTART || err->code == ENOENT || err->code == EEXIST || err->code == EBUSY;
		if (!raced || attempt == ATTEMPTS)
			return -1;
	}
}

static int withdraw(int nfnl, const struct plan *plan, const struct entries *entries, struct error *err)
{
	for (int attempt = 1;; attempt++) {
		cleanup_entries struct entries present = {0};
		cleanup_batch struct batch batch = {0};
		if (entries->failed)
			return error_set(err, ENOMEM, "nftables elements");
		if (entries_select(nfnl, plan, entries, false, &present, err) < 0)
			return -1;
		if (present.count == 0)
			return 0;
		nft_begin(&batch, 0);
		entries_put(&batch, plan, &present, NFT_MSG_DELSETELEM);
		nft_end(&batch);
		if (netlink_exchange(nfnl, &batch, NULL, NULL, err) == 0)
			return 0;
		if (err->code != ENOENT || attempt == ATTEMPTS)
			return -1;
	}
}

/* The container's namespace by descriptor, and never our own: what follows would set the host up as a container. */
static int open_netns(int pid, struct error *err)
{
	char path[32];
	struct stat own, other;
	snprintf(path, sizeof path, "/proc/%d/ns/net", pid);
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &other) < 0)
		return error_set(err, errno, "network namespace of process %d", pid);
	if (stat("/proc/self/ns/net", &own) < 0)
		return error_set(err, errno, "network namespace of the host");
	if (own.st_ino == other.st_ino && own.st_dev == other.st_dev)
		return error_set(err, 0, "process %d has the host's network, not one of its own", pid);
	return steal_fd(&fd);
}

/* Enters for good: all that concerns the host is open or done before. */
static int open_inside(int netns, struct error *err)
{
	if (setns(netns, CLONE_NEWNET) < 0)
		return error_set(err, errno, "enter the container's network namespace");
	return link_open(err);
}

struct sockets {
	int host, nfnl, inside;
};

/* A container that has its interface keeps it, plugged in again. */
static int make_interfaces(const struct sockets *sockets, int netns, const struct plan *plan, struct error *err)
{
	for (size_t i = 0; i < plan->endpoint_count; i++) {
		const struct endpoint *endpoint = &plan->endpoints[i];
		int there = link_find(sockets->inside, endpoint->container, err);
		if (there < 0 || (there ? link_plug_in(sockets->host, plan, endpoint, err)
					: link_connect(sockets->host, plan, endpoint, netns, err)) < 0)
			return -1;
	}
	return 0;
}

/* The table comes before the addresses, so that no packet is sent which it has not judged. */
static int connect_container(
	const struct sockets *sockets, int netns, const struct plan *plan, const struct entries *entries, struct error *err)
{
	if (make_interfaces(sockets, netns, plan, err) < 0 || apply(sockets->nfnl, plan, entries, err) < 0)
		return -1;
	return conntrack_forget(sockets->nfnl, plan, err) < 0 ? -1 : link_configure(sockets->inside, plan, err);
}

/* What is wrong is known already; what cannot be undone now is found by the next `down`. */
static void undo(const struct sockets *sockets, const struct plan *plan)
{
	cleanup_entries struct entries entries = {0};
	struct error ignored;
	entries_add_container(&entries, plan);
	names_forget(plan, true, &ignored);
	withdraw(sockets->nfnl, plan, &entries, &ignored);
	for (size_t i = 0; i < plan->endpoint_count; i++)
		if (plan->endpoints[i].kind == CABLE)
			link_remove(sockets->host, plan->endpoints[i].host, &ignored);
}

static int set_loopback_up(int netns, const struct plan *plan, struct error *err)
{
	cleanup_close int inside = open_inside(netns, err);
	return inside < 0 ? -1 : link_configure(inside, plan, err);
}

/* Names come last: who finds one can reach it. The resolver is there before the container's program. A container that is not `fresh`
 * keeps what it had when something fails. */
static int set_up(const struct plan *plan, int pid, int netns, bool fresh, struct error *err)
{
	cleanup_entries struct entries entries = {0};
	cleanup_resolver struct resolver resolver = {0};
	cleanup_close int host = link_open(err);
	cleanup_close int nfnl = host < 0 ? -1 : open_netfilter(err);
	if (nfnl < 0 || link_raise_bridges(host, plan, err) < 0 || names_tell_view(plan, err) < 0 ||
		resolver_prepare(&resolver, plan, err) < 0)
		return -1;
	cleanup_close int inside = open_inside(netns, err);
	if (inside < 0)
		return -1;
	struct sockets sockets = {host, nfnl, inside};
	entries_add_bridges(&entries, plan);
	entries_add_container(&entries, plan);
	if (connect_container(&sockets, netns, plan, &entries, err) == 0 && resolver_start(&resolver, plan, pid, err) == 0 &&
		names_tell(plan, err) == 0)
		return 0;
	if (fresh)
		undo(&sockets, plan);
	return -1;
}

int network_up(const struct plan *plan, int pid, int hold, struct error *err)
{
	cleanup_holds struct holds holds = {0};
	cleanup_close int netns = open_netns(pid, err);
	if (netns < 0)
		return -1;
	if (plan->loopback_only)
		return set_loopback_up(netns, plan, err);
	if (holds_bind(&holds, plan, err) < 0 || set_up(plan, pid, netns, true, err) < 0)
		return -1;
	return hold < 0 ? 0 : holds_send(&holds, hold, err);
}

int network_mend(const struct plan *plan, int pid, struct error *err)
{
	cleanup_close int netns = open_netns(pid, err);
	if (netns < 0)
		return -1;
	if (!plan->loopback_only)
		return set_up(plan, pid, netns, false, err);
	return names_tell_view(plan, err) < 0 ? -1 : set_loopback_up(netns, plan, err);
}

/* The last close of an nfnetlink socket waits for an RCU grace period, some 10 ms, when elements were removed just now: a child
 * that outlives us has nothing else to do. Without one the wait is ours. */
static void close_later(int nfnl)
{
	if (fork() != 0)
		return;
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		close(fd);
	close(nfnl);
	_exit(0);
}

static int take_back(const struct plan *plan, bool gone, struct error *err)
{
	cleanup_entries struct entries entries = {0};
	cleanup_close int nfnl = open_netfilter(err);
	entries_add_container(&entries, plan);
	if (nfnl < 0 || names_forget(plan, gone, err) < 0 || withdraw(nfnl, plan, &entries, err) < 0)
		return -1;
	close_later(nfnl);
	return 0;
}

int network_down(const struct plan *plan, struct error *err)
{
	return take_back(plan, true, err);
}

static int remove_inside(int netns, const struct plan *plan, struct error *err)
{
	cleanup_close int inside = open_inside(netns, err);
	if (inside < 0)
		return -1;
	for (size_t i = 0; i < plan->endpoint_count; i++)
		if (link_remove(inside, plan->endpoints[i].container, err) < 0)
			return -1;
	return 0;
}

/* Its interfaces, which take their cables' near ends with them, after all that is said of them. */
int network_unplug(const struct plan *plan, int pid, struct error *err)
{
	cleanup_close int netns = open_netns(pid, err);
	if (netns < 0 || take_back(plan, false, err) < 0)
		return -1;
	return remove_inside(netns, plan, err);
}

int network_bridge(const struct plan *plan, struct error *err)
{
	cleanup_entries struct entries entries = {0};
	cleanup_close int host = link_open(err);
	cleanup_close int nfnl = host < 0 ? -1 : open_netfilter(err);
	entries_add_bridges(&entries, plan);
	/* The table first: 127.0.0.0/8 is routed on a bridge from when it is up. */
	return nfnl < 0 || apply(nfnl, plan, &entries, err) < 0 ? -1 : link_raise_bridges(host, plan, err);
}

static int remove_bridges(const struct plan *plan, struct error *err)
{
	cleanup_close int host = link_open(err);
	if (host < 0)
		return -1;
	for (size_t i = 0; i < plan->bridge_count; i++)
		if (link_remove_bridge(host, plan->bridges[i].name, err) < 0)
			return -1;
	for (size_t i = 0; i < plan->parent_count; i++)
		if (link_remove_parent(host, plan->parents[i].name, err) < 0)
			return -1;
	return 0;
}

int network_unbridge(const struct plan *plan, struct error *err)
{
	cleanup_entries struct entries entries = {0};
	cleanup_close int nfnl = open_netfilter(err);
	entries_add_bridges(&entries, plan);
	/* The bridge first: while it is there it must be guarded. */
	return nfnl < 0 || remove_bridges(plan, err) < 0 ? -1 : withdraw(nfnl, plan, &entries, err);
}

int network_reset(const struct plan *plan, struct error *err)
{
	cleanup_close int nfnl = open_netfilter(err);
	return nfnl < 0 || remove_bridges(plan, err) < 0 ? -1 : table_remove(nfnl, plan->table, err);
}
