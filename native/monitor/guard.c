#include "guard.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "fields.h"
#include "util.h"

/* Whoever removes tables may be about to put others there; and all monitors hear of it at once. */
#define DELAY (50 * MS)
#define SPREAD 200

static uint16_t kind(uint16_t message)
{
	return (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | message);
}

static bool is_removal(uint16_t type)
{
	return type == kind(NFT_MSG_DELTABLE) || type == kind(NFT_MSG_DELRULE);
}

/* Containers that come and go only add and remove elements: the kernel itself passes over what begins so, and nobody is woken. */
static int filter_changes(int fd)
{
#define TYPE(message) ((unsigned)htons((uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | (message))))
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_type)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, TYPE(NFT_MSG_DELTABLE), 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, TYPE(NFT_MSG_DELCHAIN), 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, TYPE(NFT_MSG_DELSET), 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, TYPE(NFT_MSG_DELRULE), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0x7fffffff),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = {sizeof code / sizeof *code, code};
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

static int open_changes(void)
{
	int group = NFNLGRP_NFTABLES;
	struct sockaddr_nl address = {.nl_family = AF_NETLINK};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_NETFILTER);
	if (fd < 0 || filter_changes(fd) < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0 ||
		setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) < 0) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

static bool read_table(struct guard *guard)
{
	struct error err;
	cleanup_fields struct fields fields = {0};
	if (fields_read_file(&fields, AT_FDCWD, guard->plan, &err) < 0)
		return false;
	const char *table = fields_get(&fields, "table");
	return table && !fields_get(&fields, "loopback") &&
	       snprintf(guard->table, sizeof guard->table, "%s", table) < (int)sizeof guard->table;
}

/* The table's name is the first attribute of every such message. */
static bool concerns(const struct guard *guard, const struct nlmsghdr *message)
{
	const struct nlattr *attr = (const struct nlattr *)((const char *)NLMSG_DATA(message) + NLMSG_ALIGN(sizeof(struct nfgenmsg)));
	size_t size = strlen(guard->table) + 1;
	return is_removal(message->nlmsg_type) && message->nlmsg_len >= NLMSG_SPACE(sizeof(struct nfgenmsg)) + NLA_HDRLEN + size &&
	       (attr->nla_type & NLA_TYPE_MASK) == NFTA_TABLE_NAME && attr->nla_len == NLA_HDRLEN + size &&
	       memcmp((const char *)attr + NLA_HDRLEN, guard->table, size) == 0;
}

static void mend_soon(struct guard *guard)
{
	uint8_t lot = 0;
	if (getrandom(&lot, sizeof lot, GRND_NONBLOCK) < 0)
		lot = 0;
	if (!guard->timer.armed)
		timer_set(&guard->timer, DELAY + lot % SPREAD * MS);
}

static void changed(struct watch *watch, uint32_t events)
{
	struct guard *guard = container_of(watch, struct guard, watch);
	/* What is longer is cut: what was removed stands first. */
	static char data[8192];
	(void)events;
	for (ssize_t n; (n = recv(watch->fd, data, sizeof data, 0)) > 0 || (n < 0 && errno == ENOBUFS);) {
		bool ours = n < 0;
		unsigned left = n < 0 ? 0 : (unsigned)n;
		for (struct nlmsghdr *message = (struct nlmsghdr *)data; !ours && NLMSG_OK(message, left);
			message = NLMSG_NEXT(message, left))
			ours = concerns(guard, message);
		if (ours)
			mend_soon(guard);
	}
}

static void mended(struct job *job, int status)
{
	(void)job;
	(void)status;
}

static void mend(struct timer *timer)
{
	struct guard *guard = container_of(timer, struct guard, timer);
	char number[16];
	struct error err;
	snprintf(number, sizeof number, "%d", (int)guard->pid);
	/* What goes wrong is found by `hawser doctor`, which has somebody to tell. */
	if (guard->mending.pid)
		timer_set(timer, DELAY);
	else
		job_start(&guard->mending, (const char *const[]){guard->net, "mend", guard->plan, number, NULL}, NULL, &err);
}

void guard_follow(struct guard *guard, const char *net, const char *plan, pid_t pid)
{
	guard->net = net;
	guard->plan = plan;
	guard->pid = pid;
	guard->watch = (struct watch){.fd = -1, .ready = changed};
	guard->timer.fire = mend;
	guard->mending.done = mended;
	int fd = read_table(guard) ? open_changes() : -1;
	if (fd >= 0 && watch_add(&guard->watch, fd, EPOLLIN, NULL) < 0)
		close(fd);
}

void guard_unfollow(struct guard *guard)
{
	timer_cancel(&guard->timer);
	watch_close(&guard->watch);
}
