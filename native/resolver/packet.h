/* DNS messages (RFC 1035, RFC 6891): a query is read, an answer of ours is written. Everything in a query is hostile. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define HEADER_SIZE 12
#define NAME_WIRE 255
/* Of a message over TCP, and of an answer. */
#define MESSAGE_SIZE 65535
/* Without EDNS, and the most that we send by UDP. */
#define UDP_LEAST 512
#define UDP_MOST 4096

enum { TYPE_A = 1, TYPE_PTR = 12, TYPE_AAAA = 28, TYPE_OPT = 41, TYPE_ANY = 255 };
enum { RCODE_OK = 0, RCODE_FORMAT = 1, RCODE_FAILURE = 2, RCODE_NO_NAME = 3, RCODE_UNKNOWN = 4, RCODE_REFUSED = 5 };

struct query {
	uint16_t id, flags, type, class;
	/* Where the question ends. */
	size_t question_end;
	/* In lower case, with dots, without the last one; "" when a label holds what no name of ours can. */
	char name[NAME_WIRE + 1];
	bool edns;
	/* What the asker can take in one datagram. */
	uint16_t udp_size;
};

/* Returns RCODE_OK, the rcode that it deserves, or -1 when it deserves no answer. */
int packet_read(const uint8_t *data, size_t size, struct query *query);

/* An answer that is being written; what does not fit sets the truncation bit. */
struct answer {
	uint8_t data[MESSAGE_SIZE];
	size_t used, room;
};

/* Repeats the question of `data`, when it has been understood. */
void answer_begin(struct answer *answer, const uint8_t *data, const struct query *query, int rcode, size_t room);
/* A or AAAA; false when there is no more room. */
bool answer_address(struct answer *answer, uint16_t type, const uint8_t *bytes, size_t size);
bool answer_pointer(struct answer *answer, const char *name);
void answer_end(struct answer *answer, const struct query *query);

/* The address of D.C.B.A.in-addr.arpa or of the nibbles of ip6.arpa: its size (4 or 16), or 0. */
size_t parse_reverse(const char *name, uint8_t bytes[16]);

/* Whether an answer of a server's has that id and repeats the question. */
bool packet_answers(const uint8_t *data, size_t size, uint16_t id, const uint8_t *question, size_t question_size);
int packet_rcode(const uint8_t *data);
