#include "netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "util.h"

/* A full ack with a text of the kernel's, or a part of a dump. */
#define RECEIVE_SIZE 65536
#define RECEIVE_QUEUE (8 << 20)

void batch_finish(struct batch *batch)
{
	free(batch->data);
	free(batch->requests);
	*batch = (struct batch){0};
}

/* Zeroed room for `size` bytes, padded to netlink's four; NULL marks the batch as failed. */
static void *batch_grow(struct batch *batch, size_t size)
{
	size_t padded = NLMSG_ALIGN(size);
	if (batch->failed)
		return NULL;
	if (batch->used + padded > batch->room) {
		size_t room = (batch->used + padded) * 2 + 4096;
		char *data = realloc(batch->data, room);
		if (!data) {
			batch->failed = true;
			return NULL;
		}
		batch->data = data;
		batch->room = room;
	}
	char *at = batch->data + batch->used;
	memset(at, 0, padded);
	batch->used += padded;
	if (batch->used > batch->message)
		((struct nlmsghdr *)(batch->data + batch->message))->nlmsg_len = (uint32_t)(batch->used - batch->message);
	return at;
}

void batch_begin(struct batch *batch, uint16_t type, uint16_t flags, const void *header, size_t size)
{
	batch->message = batch->used;
	struct nlmsghdr *message = batch_grow(batch, NLMSG_HDRLEN + size);
	if (!message)
		return;
	message->nlmsg_type = type;
	message->nlmsg_flags = flags | NLM_F_REQUEST;
	message->nlmsg_seq = ++batch->next_seq;
	memcpy(NLMSG_DATA(message), header, size);
}

void batch_name(struct batch *batch, int tolerated, const char *format, ...)
{
	struct request *requests = reallocarray(batch->requests, batch->count + 1, sizeof *requests);
	if (!requests || batch->failed) {
		batch->requests = requests ? requests : batch->requests;
		batch->failed = true;
		return;
	}
	batch->requests = requests;
	struct request *request = &requests[batch->count++];
	*request = (struct request){.seq = batch->next_seq, .tolerated = tolerated};
	va_list args;
	va_start(args, format);
	vsnprintf(request->name, sizeof request->name, format, args);
	va_end(args);
	((struct nlmsghdr *)(batch->data + batch->message))->nlmsg_flags |= NLM_F_ACK;
}

void attr_put(struct batch *batch, uint16_t type, const void *data, size_t size)
{
	struct nlattr *attr = batch_grow(batch, NLA_HDRLEN + size);
	if (!attr)
		return;
	attr->nla_type = type;
	attr->nla_len = (uint16_t)(NLA_HDRLEN + size);
	memcpy((char *)attr + NLA_HDRLEN, data, size);
}

void attr_string(struct batch *batch, uint16_t type, const char *text)
{
	attr_put(batch, type, text, strlen(text) + 1);
}

void attr_u8(struct batch *batch, uint16_t type, uint8_t value)
{
	attr_put(batch, type, &value, sizeof value);
}

void attr_u32(struct batch *batch, uint16_t type, uint32_t value)
{
	attr_put(batch, type, &value, sizeof value);
}

void attr_be32(struct batch *batch, uint16_t type, uint32_t value)
{
	attr_u32(batch, type, htonl(value));
}

size_t attr_begin(struct batch *batch, uint16_t type)
{
	size_t start = batch->used;
	attr_put(batch, type | NLA_F_NESTED, "", 0);
	return start;
}

void attr_end(struct batch *batch, size_t start)
{
	size_t size = batch->used - start;
	if (size > UINT16_MAX)
		batch->failed = true;
	if (!batch->failed)
		((struct nlattr *)(batch->data + start))->nla_len = (uint16_t)size;
}

int netlink_open(int protocol, struct error *err)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	if (fd < 0)
		return error_set(err, errno, "netlink %d", protocol);
	int on = 1;
	/* Acks without a copy of the request, but with the kernel's own words; old kernels may lack either. */
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on);
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on);
	/* All acks of a batch wait in the queue at once; rmem_max is for those who may not choose. */
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &(int){RECEIVE_QUEUE}, sizeof(int));
	/* The kernel answers within send(); this only bounds a wait for what never comes. */
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){.tv_sec = 10}, sizeof(struct timeval));
	return fd;
}

static const char *kernel_words(const struct nlmsghdr *message)
{
	if (!(message->nlmsg_flags & NLM_F_ACK_TLVS) || !(message->nlmsg_flags & NLM_F_CAPPED))
		return "";
	const struct nlattr *table[NLMSGERR_ATTR_MSG + 1];
	attr_parse(message, sizeof(struct nlmsgerr), table, NLMSGERR_ATTR_MSG);
	return attr_text(table[NLMSGERR_ATTR_MSG]);
}

struct outcome {
	size_t answered;
	bool done, refused;
};

static void take_ack(const struct nlmsghdr *message, const struct batch *batch, struct outcome *outcome, struct error *err)
{
	const struct nlmsgerr *ack = NLMSG_DATA(message);
	const struct request *request = NULL;
	for (size_t i = 0; i < batch->count && !request; i++)
		if (batch->requests[i].seq == message->nlmsg_seq)
			request = &batch->requests[i];
	outcome->answered += request != NULL;
	if (ack->error == 0 || (request && -ack->error == request->tolerated) || outcome->refused)
		return;
	outcome->refused = true;
	const char *words = kernel_words(message);
	error_set(err, -ack->error, "%s%s%s", request ? request->name : "netlink", *words ? ": " : "", words);
}

static void take_messages(
	char *data, size_t size, const struct batch *batch, struct outcome *outcome, reply_fn reply, void *arg, struct error *err)
{
	unsigned int left = (unsigned int)size;
	for (struct nlmsghdr *message = (struct nlmsghdr *)data; NLMSG_OK(message, left); message = NLMSG_NEXT(message, left)) {
		if (message->nlmsg_type == NLMSG_ERROR)
			take_ack(message, batch, outcome, err);
		else if (message->nlmsg_type == NLMSG_DONE)
			outcome->done = true;
		else if (reply)
			reply(message, arg);
	}
}

/* Acks of one send are all queued when it returns; a dump goes on until it says that it is done. */
int netlink_exchange(int fd, struct batch *batch, reply_fn reply, void *data, struct error *err)
{
	if (batch->failed)
		return error_set(err, ENOMEM, "netlink request");
	cleanup_free char *buffer = malloc(RECEIVE_SIZE);
	if (!buffer)
		return error_set(err, ENOMEM, "netlink");
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	if (sendto(fd, batch->data, batch->used, 0, (struct sockaddr *)&kernel, sizeof kernel) < 0)
		return error_set(err, errno, "netlink send");
	struct outcome outcome = {0};
	bool dump = batch->count == 0;
	while (dump ? !outcome.done && !outcome.refused : outcome.answered < batch->count) {
		ssize_t n = recv(fd, buffer, RECEIVE_SIZE, outcome.refused ? MSG_DONTWAIT : 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && outcome.refused)
			break;
		if (n < 0)
			return error_set(err, errno, "netlink answer");
		take_messages(buffer, (size_t)n, batch, &outcome, reply, data, err);
	}
	return outcome.refused ? -1 : 0;
}

static void parse(const char *data, size_t size, const struct nlattr *table[], uint16_t max)
{
	memset(table, 0, (max + 1u) * sizeof *table);
	while (size >= NLA_HDRLEN) {
		const struct nlattr *attr = (const struct nlattr *)data;
		if (attr->nla_len < NLA_HDRLEN || attr->nla_len > size)
			return;
		uint16_t type = attr->nla_type & NLA_TYPE_MASK;
		if (type <= max)
			table[type] = attr;
		size_t step = NLA_ALIGN(attr->nla_len);
		if (step >= size)
			return;
		data += step;
		size -= step;
	}
}

void attr_parse(const struct nlmsghdr *message, size_t size, const struct nlattr *table[], uint16_t max)
{
	size_t head = NLMSG_HDRLEN + NLMSG_ALIGN(size);
	if (message->nlmsg_len <= head)
		parse(NULL, 0, table, max);
	else
		parse((const char *)message + head, message->nlmsg_len - head, table, max);
}

void attr_parse_nested(const struct nlattr *nest, const struct nlattr *table[], uint16_t max)
{
	parse(nest ? attr_data(nest) : NULL, nest ? attr_size(nest) : 0, table, max);
}

size_t attr_size(const struct nlattr *attr)
{
	return attr->nla_len - (size_t)NLA_HDRLEN;
}

const void *attr_data(const struct nlattr *attr)
{
	return (const char *)attr + NLA_HDRLEN;
}

const char *attr_text(const struct nlattr *attr)
{
	return attr && memchr(attr_data(attr), 0, attr_size(attr)) ? attr_data(attr) : "";
}

uint32_t attr_get_u32(const struct nlattr *attr)
{
	uint32_t value = 0;
	if (attr && attr_size(attr) >= sizeof value)
		memcpy(&value, attr_data(attr), sizeof value);
	return value;
}

uint32_t attr_get_be32(const struct nlattr *attr)
{
	return ntohl(attr_get_u32(attr));
}
