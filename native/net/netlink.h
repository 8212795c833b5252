/* Netlink: requests gathered into one buffer, sent with one call, each answered by its own ack. */
#pragma once

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

/* What a request is called in an error, and the errno (or 0) that means its work is done already. */
struct request {
	uint32_t seq;
	int tolerated;
	char name[120];
};

struct batch {
	char *data;
	size_t used, room;
	/* Offset of the message that is being built. */
	size_t message;
	struct request *requests;
	size_t count;
	uint32_t next_seq;
	bool failed;
};

void batch_finish(struct batch *batch);
#define cleanup_batch __attribute__((cleanup(batch_finish)))

/* Begins a message with its family header; it ends where the next begins. NLM_F_REQUEST is added. */
void batch_begin(struct batch *batch, uint16_t type, uint16_t flags, const void *header, size_t size);
/* Asks for an ack and names the request. */
void batch_name(struct batch *batch, int tolerated, const char *format, ...) __attribute__((format(printf, 3, 4)));

void attr_put(struct batch *batch, uint16_t type, const void *data, size_t size);
void attr_string(struct batch *batch, uint16_t type, const char *text);
void attr_u8(struct batch *batch, uint16_t type, uint8_t value);
void attr_u32(struct batch *batch, uint16_t type, uint32_t value);
void attr_be32(struct batch *batch, uint16_t type, uint32_t value);
size_t attr_begin(struct batch *batch, uint16_t type);
void attr_end(struct batch *batch, size_t start);

/* A socket of `protocol` in the network namespace that the caller is in now. Returns it, or -1. */
int netlink_open(int protocol, struct error *err);

typedef void (*reply_fn)(const struct nlmsghdr *message, void *data);

/* Sends the batch and reads every answer. The first refusal that its request does not tolerate becomes the error, with
 * its errno in err->code. Replies that are no acks go to `reply`. */
int netlink_exchange(int fd, struct batch *batch, reply_fn reply, void *data, struct error *err);

/* Fills table[0..max] with the attributes that follow a header of `size` bytes; absent ones are NULL. */
void attr_parse(const struct nlmsghdr *message, size_t size, const struct nlattr *table[], uint16_t max);
void attr_parse_nested(const struct nlattr *nest, const struct nlattr *table[], uint16_t max);
size_t attr_size(const struct nlattr *attr);
const void *attr_data(const struct nlattr *attr);
/* The text of a string attribute, or "" when it is absent or has no end. */
const char *attr_text(const struct nlattr *attr);
uint32_t attr_get_u32(const struct nlattr *attr);
uint32_t attr_get_be32(const struct nlattr *attr);
