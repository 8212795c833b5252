/* Starts hawser-resolver for a container, with all that it may use as descriptors (native/resolver/resolver.h has their order). */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "names.h"
#include "table.h"
#include "util.h"

#define UDP_POOL 16
#define TCP_POOL 4
#define FIRST_FD 3
/* Beyond all that are handed over, so that none is in the way of another. */
#define SAFE_FD 64
#define FDS (FIRST_FD + 5 + UDP_POOL + TCP_POOL)

/* Sockets belong to the namespace that they were made in; they take both families where the kernel has IPv6. */
static int make_pool(struct resolver *resolver, struct error *err)
{
	while (resolver->pool_count < UDP_POOL + TCP_POOL) {
		int type = (resolver->pool_count < UDP_POOL ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC | SOCK_NONBLOCK, off = 0;
		int fd = socket(AF_INET6, type, 0);
		if (fd < 0)
			fd = socket(AF_INET, type, 0);
		if (fd < 0)
			return error_set(err, errno, "make a socket to ask name servers by");
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
		resolver->pool[resolver->pool_count++] = fd;
	}
	return 0;
}

int resolver_prepare(struct resolver *resolver, const struct plan *plan, struct error *err)
{
	const struct names *names = &plan->names;
	char path[PATH_MAX + OWNER_NAME + 16];
	*resolver = (struct resolver){.wanted = *names->folder && *names->program, .root = -1, .own = -1};
	if (!resolver->wanted)
		return 0;
	snprintf(path, sizeof path, "%s/containers/%s", names->folder, plan->owner);
	resolver->root = open(names->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	resolver->own = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (resolver->root < 0 || resolver->own < 0)
		return error_set(err, errno, "open %s", path);
	/* The lock is the resolver's as long as it lives, since it has the descriptor. */
	resolver->running = flock(resolver->own, LOCK_EX | LOCK_NB) < 0;
	return resolver->running || !names->from_host ? 0 : make_pool(resolver, err);
}

static int listen_at(int type, uint16_t *port, struct error *err)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t size = sizeof address;
	inet_pton(AF_INET, RESOLVER_ADDRESS, &address.sin_addr);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) < 0 || (type == SOCK_STREAM && listen(fd, 16) < 0) ||
		getsockname(fd, (struct sockaddr *)&address, &size) < 0) {
		error_set(err, errno, "listen for questions in the container");
		if (fd >= 0)
			close(fd);
		return -1;
	}
	*port = ntohs(address.sin_port);
	return fd;
}

/* Port 53 stays free for the container's own use: questions to it are led to where the resolver listens. */
static int lead_questions(uint16_t udp, uint16_t tcp, struct error *err)
{
	cleanup_batch struct batch batch = {0};
	cleanup_close int nfnl = netlink_open(NETLINK_NETFILTER, err);
	if (nfnl < 0)
		return -1;
	table_put_resolver(&batch, udp, tcp);
	return netlink_exchange(nfnl, &batch, NULL, NULL, err);
}

static void become(const char *program, const int *fds, size_t count)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), safe[FDS];
	setsid();
	for (size_t i = 0; i < count; i++)
		safe[i] = fcntl(fds[i] < 0 ? null : fds[i], F_DUPFD_CLOEXEC, SAFE_FD);
	for (size_t i = 0; i < count; i++)
		if (dup2(safe[i], (int)i) < 0)
			_exit(126);
	syscall(SYS_close_range, (unsigned)count, ~0U, 0);
	for (int i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	execve(program, (char *const[]){(char *)"hawser-resolver", NULL}, (char *const[]){NULL});
	_exit(127);
}

static int launch(const struct resolver *resolver, const char *program, int init, int udp, int tcp, struct error *err)
{
	int fds[FDS] = {-1, -1, -1}, ends[2];
	size_t count = FIRST_FD;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return error_set(err, errno, "socketpair");
	cleanup_close int ours = ends[0];
	fds[1] = fds[2] = ends[1];
	fds[count++] = resolver->root;
	fds[count++] = resolver->own;
	fds[count++] = init;
	fds[count++] = udp;
	fds[count++] = tcp;
	for (size_t i = 0; i < resolver->pool_count; i++)
		fds[count++] = resolver->pool[i];
	pid_t pid = fork();
	if (pid == 0)
		become(program, fds, count);
	close(ends[1]);
	if (pid < 0)
		return error_set(err, errno, "fork");
	char text[256];
	ssize_t n = read(ours, text, sizeof text - 1);
	if (n == 1)
		return 0;
	text[n > 0 ? n : 0] = 0;
	waitpid(pid, NULL, 0);
	return error_set(err, 0, "the resolver %s did not start%s%s", program, n > 0 ? ": " : "", text);
}

int resolver_start(struct resolver *resolver, const struct plan *plan, pid_t pid, struct error *err)
{
	uint16_t udp_port, tcp_port;
	if (!resolver->wanted || resolver->running)
		return 0;
	if (resolver->pool_count == 0 && make_pool(resolver, err) < 0)
		return -1;
	cleanup_close int init = (int)syscall(SYS_pidfd_open, pid, 0);
	if (init < 0)
		return error_set(err, errno, "process %d", (int)pid);
	cleanup_close int udp = listen_at(SOCK_DGRAM, &udp_port, err);
	cleanup_close int tcp = udp < 0 ? -1 : listen_at(SOCK_STREAM, &tcp_port, err);
	if (tcp < 0 || lead_questions(udp_port, tcp_port, err) < 0)
		return -1;
	return launch(resolver, plan->names.program, init, udp, tcp, err);
}

void resolver_finish(struct resolver *resolver)
{
	for (size_t i = 0; i < resolver->pool_count; i++)
		close(resolver->pool[i]);
	if (resolver->wanted && resolver->root >= 0)
		close(resolver->root);
	if (resolver->wanted && resolver->own >= 0)
		close(resolver->own);
	*resolver = (struct resolver){.root = -1, .own = -1};
}
