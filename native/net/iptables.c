/* Apart from the rest: its kernel header cannot be included beside net/if.h. */
#include "iptables.h"

#include <fcntl.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "util.h"

#define NAMES "/proc/net/ip_tables_names"

/* To ask the kernel about a table that is not in use would put it to use. */
static bool filter_is_in_use(void)
{
	char names[256] = "\n";
	cleanup_close int fd = open(NAMES, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, names + 1, sizeof names - 2);
	return n > 0 && strstr(names, "\nfilter\n");
}

/* A chain's policy is its last rule, a bare verdict at the offset that the table calls its underflow. */
static bool policy_drops(const struct ipt_get_entries *entries, unsigned int offset)
{
	struct ipt_entry entry;
	struct xt_standard_target target;
	if (offset + sizeof entry + sizeof target > entries->size)
		return false;
	const char *at = (const char *)entries->entrytable + offset;
	memcpy(&entry, at, sizeof entry);
	if (offset + entry.target_offset + sizeof target > entries->size)
		return false;
	memcpy(&target, at + entry.target_offset, sizeof target);
	return target.verdict == -NF_DROP - 1;
}

bool iptables_forward_drops(void)
{
	struct ipt_getinfo info = {.name = "filter"};
	socklen_t size = sizeof info;
	if (!filter_is_in_use())
		return false;
	cleanup_close int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	if (fd < 0 || getsockopt(fd, IPPROTO_IP, IPT_SO_GET_INFO, &info, &size) < 0)
		return false;
	size = (socklen_t)(sizeof(struct ipt_get_entries) + info.size);
	cleanup_free struct ipt_get_entries *entries = calloc(1, size);
	if (!entries)
		return false;
	strcpy(entries->name, "filter");
	entries->size = info.size;
	return getsockopt(fd, IPPROTO_IP, IPT_SO_GET_ENTRIES, entries, &size) == 0 &&
	       policy_drops(entries, info.underflow[NF_INET_FORWARD]);
}
