/* hawser-resolver: the name server at 127.0.0.11 of one container. Everything that it uses is handed to it as a descriptor. */
#pragma once

#include <poll.h>
#include <stdint.h>
#include <sys/socket.h>

#include "book.h"
#include "packet.h"

/* Descriptors that hawser-net gives; stdout is told when the resolver is ready. */
enum { FD_ROOT = 3, FD_OWN, FD_INIT, FD_UDP, FD_TCP, FD_POOL };

#define UDP_POOL 16
#define TCP_POOL 4
#define CLIENTS 16

/* Who asked, and where the answer goes: a datagram's sender, or a client of TCP. */
struct asker {
	int client; /* -1: by UDP */
	struct sockaddr_storage address;
	socklen_t address_size;
};

/* A question is answered from the book, or passed on; sets out the answer, or remembers to. */
void serve_query(const uint8_t *data, size_t size, const struct asker *asker);

/* Sends a whole message to whoever asked. */
void serve_reply(const struct asker *asker, const uint8_t *data, size_t size);
/* Answers with nothing but an rcode. */
void serve_refusal(const uint8_t *data, const struct query *query, int rcode, const struct asker *asker);

/* Passes the question on to the servers of the view, one after the other. */
void ask_servers(const uint8_t *data, size_t size, const struct query *query, const struct asker *asker);
/* A client has left: nobody waits for its answer. */
void ask_forget(int client);

/* Puts descriptors to wait for into `polls` and lowers `*deadline` (ns) to when something is due; afterwards looks at them. */
size_t serve_polls(struct pollfd *polls, int64_t *deadline);
void serve_ready(const struct pollfd *polls, int64_t now);
size_t ask_polls(struct pollfd *polls, int64_t *deadline);
void ask_ready(const struct pollfd *polls, int64_t now);

extern struct book book;
