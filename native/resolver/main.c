/* hawser-resolver: see resolver.h. Ends with the container's init process. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "resolver.h"
#include "sandbox.h"
#include "util.h"

struct book book = {.root = FD_ROOT, .own = FD_OWN};

#define NEVER INT64_MAX

/* The next thing that is due, in ms, rounded up. */
static int wait_ms(int64_t deadline, int64_t now)
{
	if (deadline == NEVER)
		return -1;
	return deadline <= now ? 0 : (int)((deadline - now + 999999) / 1000000);
}

static void run(void)
{
	struct pollfd polls[1 + 2 + CLIENTS + UDP_POOL + TCP_POOL];
	for (;;) {
		int64_t deadline = NEVER;
		polls[0] = (struct pollfd){.fd = FD_INIT, .events = POLLIN};
		struct pollfd *servers = polls + 1 + serve_polls(polls + 1, &deadline);
		size_t count = (size_t)(servers - polls) + ask_polls(servers, &deadline);
		if (poll(polls, count, wait_ms(deadline, monotonic_ns())) < 0)
			continue;
		if (polls[0].revents)
			return;
		int64_t now = monotonic_ns();
		ask_ready(servers, now);
		serve_ready(polls + 1, now);
	}
}

int main(void)
{
	struct error err;
	signal(SIGPIPE, SIG_IGN);
	if (sandbox_enter(FD_ROOT, &err) < 0) {
		dprintf(STDERR_FILENO, "hawser-resolver: %s\n", err.text);
		return 1;
	}
	/* Whoever waits for us sees the end of the pipe either way; a byte says that all is well. */
	if (send(STDOUT_FILENO, "", 1, MSG_NOSIGNAL) < 0)
		return 1;
	close(STDOUT_FILENO);
	close(STDERR_FILENO);
	run();
	return 0;
}
