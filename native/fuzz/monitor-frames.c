/* What a client sends to monitor.sock. */
#include "../monitor/client.c"

#include "fuzz.h"

static void on_request(struct client *client)
{
	client_ok(client);
}

static void on_blob(struct client *client, const char *payload, size_t size)
{
	(void)client;
	if (size && payload[size - 1] == 'x')
		client_fail(client, 125, "invalid", "no");
}

static void on_gone(struct client *client)
{
	(void)client;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool ready;
	struct error err = {0};
	int pair[2];
	if (!ready && loop_init(&err) < 0)
		abort();
	ready = true;
	handle = (struct client_handlers){on_request, on_blob, on_gone};
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) < 0)
		abort();
	struct client *client = calloc(1, sizeof *client);
	client->watch = (struct watch){.fd = -1, .ready = client_ready};
	if (watch_add(&client->watch, pair[1], EPOLLIN, &err) < 0)
		abort();
	client->next = clients;
	clients = client;
	client_count++;
	ssize_t sent = send(pair[0], data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
	shutdown(pair[0], SHUT_WR);
	/* Until it hangs up: it reads at most one buffer a time. */
	for (int turn = 0; sent >= 0 && clients && turn < 64; turn++) {
		char answer[4096];
		client_ready(&clients->watch, EPOLLIN);
		while (recv(pair[0], answer, sizeof answer, MSG_DONTWAIT) > 0)
			;
	}
	close(pair[0]);
	while (clients)
		client_close(clients);
	return 0;
}
