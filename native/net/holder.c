#include "holder.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "util.h"

/* The words of the table are of this machine's byte order; all zeros is every address, of both families in the table of IPv6. */
static bool meets(const char *hex, const struct ip *host)
{
	struct ip ip = {.family = strlen(hex) == 32 ? AF_INET6 : AF_INET};
	static const uint8_t mapped[12] = {[10] = 0xff, 0xff};
	for (int i = 0; i * 8 < (int)strlen(hex); i++) {
		unsigned int word = 0;
		sscanf(hex + (size_t)i * 8, "%8x", &word);
		memcpy(ip.bytes + (size_t)i * 4, &word, 4);
	}
	if (ip_is_any(&ip))
		return ip.family == host->family || host->family == AF_INET;
	if (ip.family == AF_INET6 && memcmp(ip.bytes, mapped, sizeof mapped) == 0) {
		ip.family = AF_INET;
		memmove(ip.bytes, ip.bytes + 12, 4);
		memset(ip.bytes + 4, 0, 12);
	}
	return ip.family == host->family && (ip_is_any(host) || ip_same(&ip, host));
}

/* A bound socket's inode from a line of /proc/net/tcp, tcp6, udp or udp6, when it is of this port and an overlapping address. */
static bool parse_line(const char *line, const struct port *port, uint64_t *inode)
{
	char address[33];
	unsigned int local_port, state;
	unsigned long long number;
	if (sscanf(line, " %*d: %32[0-9A-F]:%x %*[0-9A-F]:%*x %x %*x:%*x %*x:%*x %*x %*u %*u %llu", address, &local_port, &state,
		    &number) != 4)
		return false;
	if (local_port != port->host_port || (port->protocol == IPPROTO_TCP && state != 0x0A))
		return false;
	*inode = number;
	return meets(address, &port->host);
}

static uint64_t find_inode(const struct port *port)
{
	char path[32], line[512];
	for (int version = 4; version <= 6; version += 2) {
		snprintf(path, sizeof path, "/proc/net/%s%s", protocol_name(port->protocol), version == 6 ? "6" : "");
		cleanup_file FILE *file = fopen(path, "re");
		uint64_t inode;
		while (file && fgets(line, sizeof line, file))
			if (parse_line(line, port, &inode))
				return inode;
	}
	return 0;
}

static bool process_has(int proc, const char *pid, const char *wanted)
{
	char path[32];
	snprintf(path, sizeof path, "%.10s/fd", pid);
	int fd = openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return false;
	cleanup_dir DIR *dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return false;
	}
	for (struct dirent *entry; (entry = readdir(dir));) {
		char target[64];
		ssize_t n = readlinkat(fd, entry->d_name, target, sizeof target - 1);
		if (n <= 0)
			continue;
		target[n] = 0;
		if (strcmp(target, wanted) == 0)
			return true;
	}
	return false;
}

static void describe_process(int proc, const char *pid, char *text, size_t room)
{
	char path[32], name[32] = "a process";
	snprintf(path, sizeof path, "%.10s/comm", pid);
	cleanup_close int fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, name, sizeof name - 1);
	if (n > 0)
		name[n - (name[n - 1] == '\n')] = 0;
	snprintf(text, room, " by %s (pid %s)", name, pid);
}

void holder_describe(const struct port *port, char *text, size_t room)
{
	char wanted[64];
	*text = 0;
	uint64_t inode = find_inode(port);
	if (!inode)
		return;
	snprintf(text, room, " by a process of the host");
	snprintf(wanted, sizeof wanted, "socket:[%" PRIu64 "]", inode);
	cleanup_dir DIR *dir = opendir("/proc");
	for (struct dirent *entry; dir && (entry = readdir(dir));)
		if (*entry->d_name >= '1' && *entry->d_name <= '9' && process_has(dirfd(dir), entry->d_name, wanted)) {
			describe_process(dirfd(dir), entry->d_name, text, room);
			return;
		}
}
