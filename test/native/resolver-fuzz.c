/* Feeds the resolver's reading and writing of messages with mutations of good ones. Argument: how many. Sanitizers tell the rest. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "packet.h"

static uint64_t state = 88172645463325252u;

static uint32_t draw(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 32);
}

#define SEED(text)                                                                                                                         \
	{                                                                                                                                  \
		text, sizeof(text) - 1                                                                                                     \
	}

static const struct {
	const char *data;
	size_t size;
} seeds[] = {
	SEED("\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x03www\x07"
	     "example\x03org\0\0\x01\0\x01"),
	SEED("\x12\x34\x01\0\0\x01\0\0\0\0\0\x01\x03web\0\0\x1c\0\x01\0\0\x29\x10\0\0\0\0\0\0\0"),
	SEED("\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x01"
	     "2\x01"
	     "0\x02"
	     "17\x03"
	     "172\x07in-addr\x04"
	     "arpa\0\0\x0c\0\x01"),
	SEED("\x12\x34\x01\0\0\x01\0\0\0\0\0\x02\x01"
	     "a\0\0\x01\0\x01\xc0\x0c\0\x01\0\x01\0\0\0\x01\0\x04\x01\x02\x03\x04\0\0\x29\xff\xff\0\0\0\0\0\x04\0\x0a\0\0"),
};

static size_t mutate(uint8_t *data, size_t size, size_t room)
{
	for (uint32_t n = draw() % 6; n > 0; n--)
		switch (draw() % 5) {
		case 0:
			data[draw() % size] = (uint8_t)draw();
			break;
		case 1:
			data[draw() % size] ^= (uint8_t)(1u << draw() % 8);
			break;
		case 2:
			size = 1 + draw() % size;
			break;
		case 3:
			if (size < room)
				data[size++] = (uint8_t)draw();
			break;
		default: {
			size_t from = draw() % size, to = draw() % size, length = draw() % 16;
			if (from + length <= size && to + length <= size)
				memmove(data + to, data + from, length);
		}
		}
	return size;
}

static void try_one(const uint8_t *data, size_t size)
{
	static struct answer answer;
	struct query query;
	uint8_t bytes[16] = {0};
	int rcode = packet_read(data, size, &query);
	if (rcode < 0)
		return;
	answer_begin(&answer, data, &query, rcode, draw() % 2 ? query.udp_size : MESSAGE_SIZE);
	for (uint32_t n = draw() % 40; n > 0 && rcode == RCODE_OK; n--)
		if (!answer_address(&answer, TYPE_AAAA, bytes, 16) || !answer_pointer(&answer, query.name))
			break;
	answer_end(&answer, &query);
	parse_reverse(query.name, bytes);
	/* What we write can be read again, and is as large as was agreed. */
	if (answer.used > answer.room + 11 || !(answer.data[2] & 0x80))
		abort();
	if (rcode == RCODE_OK && !packet_answers(answer.data, answer.used, query.id, data + HEADER_SIZE, query.question_end - HEADER_SIZE))
		abort();
}

int main(int argc, char **argv)
{
	unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : 100000;
	for (unsigned long i = 0; i < count; i++) {
		uint8_t *data = malloc(512);
		size_t which = draw() % (sizeof seeds / sizeof *seeds);
		memcpy(data, seeds[which].data, seeds[which].size);
		size_t size = mutate(data, seeds[which].size, 512);
		/* Of its own size, so that a byte too far is seen. */
		uint8_t *exact = memcpy(malloc(size), data, size);
		try_one(exact, size);
		free(exact);
		free(data);
	}
	printf("%lu\n", count);
	return 0;
}
