#include "packet.h"

#include <stdlib.h>
#include <string.h>

#define FLAG_RESPONSE 0x8000
#define FLAG_OPCODE 0x7800
#define FLAG_AUTHORITY 0x0400
#define FLAG_TRUNCATED 0x0200
#define FLAG_WANTED 0x0100
#define FLAG_AVAILABLE 0x0080
#define CLASS_IN 1
/* Names change at once; nobody is to remember for long. */
#define TTL 1
/* A name that was said before, at this offset: that of the question. */
#define POINTER (0xc000 | HEADER_SIZE)

static uint16_t get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static void put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static bool put_label(char *name, size_t *used, const uint8_t *label, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		uint8_t c = label[i];
		if (c <= ' ' || c >= 0x7f || c == '.')
			return false;
		name[(*used)++] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
	}
	return true;
}

/* The name at `at`, which may not point elsewhere: nothing stands before a question. Returns its end, or 0. */
static size_t read_name(const uint8_t *data, size_t size, size_t at, char name[NAME_WIRE + 1])
{
	size_t start = at, used = 0;
	bool ours = true;
	while (at < size && data[at] != 0) {
		size_t label = data[at];
		if (label > 63 || at + 1 + label >= size || at + 2 + label - start > NAME_WIRE)
			return 0;
		if (used)
			name[used++] = '.';
		ours = ours && put_label(name, &used, data + at + 1, label);
		at += 1 + label;
	}
	name[ours ? used : 0] = 0;
	return at < size ? at + 1 : 0;
}

static size_t skip_name(const uint8_t *data, size_t size, size_t at)
{
	while (at < size && data[at] != 0) {
		if (data[at] >= 0xc0)
			return at + 2 <= size ? at + 2 : 0;
		if (data[at] > 63)
			return 0;
		at += 1u + data[at];
	}
	return at < size ? at + 1 : 0;
}

/* Looks for the OPT record among those that follow the question. */
static bool read_extra(const uint8_t *data, size_t size, struct query *query)
{
	size_t count = (size_t)get16(data + 6) + get16(data + 8) + get16(data + 10), at = query->question_end;
	for (; count > 0; count--) {
		at = skip_name(data, size, at);
		if (at == 0 || at + 10 > size)
			return false;
		size_t length = get16(data + at + 8);
		if (at + 10 + length > size)
			return false;
		if (get16(data + at) == TYPE_OPT) {
			uint16_t offered = get16(data + at + 2);
			query->edns = true;
			query->udp_size = offered < UDP_LEAST ? UDP_LEAST : offered > UDP_MOST ? UDP_MOST : offered;
		}
		at += 10 + length;
	}
	return true;
}

int packet_read(const uint8_t *data, size_t size, struct query *query)
{
	*query = (struct query){.udp_size = UDP_LEAST};
	if (size < HEADER_SIZE)
		return -1;
	query->id = get16(data);
	query->flags = get16(data + 2);
	if (query->flags & FLAG_RESPONSE)
		return -1;
	if (query->flags & FLAG_OPCODE)
		return RCODE_UNKNOWN;
	if (get16(data + 4) != 1)
		return RCODE_FORMAT;
	size_t at = read_name(data, size, HEADER_SIZE, query->name);
	if (at == 0 || at + 4 > size)
		return RCODE_FORMAT;
	query->type = get16(data + at);
	query->class = get16(data + at + 2);
	query->question_end = at + 4;
	return read_extra(data, size, query) ? RCODE_OK : RCODE_FORMAT;
}

void answer_begin(struct answer *answer, const uint8_t *data, const struct query *query, int rcode, size_t room)
{
	bool known = query->question_end != 0;
	answer->room = room - (query->edns ? 11 : 0);
	answer->used = known ? query->question_end : HEADER_SIZE;
	memcpy(answer->data, data, answer->used);
	put16(answer->data + 2,
		(uint16_t)(FLAG_RESPONSE | (query->flags & (FLAG_OPCODE | FLAG_WANTED)) | FLAG_AVAILABLE | (unsigned)rcode));
	memset(answer->data + 4, 0, 8);
	put16(answer->data + 4, known);
}

static uint8_t *put_record(struct answer *answer, uint16_t type, size_t size)
{
	if (answer->used + 12 + size > answer->room) {
		put16(answer->data + 2, get16(answer->data + 2) | FLAG_TRUNCATED);
		return NULL;
	}
	uint8_t *at = answer->data + answer->used;
	put16(at, POINTER);
	put16(at + 2, type);
	put16(at + 4, CLASS_IN);
	put16(at + 6, 0);
	put16(at + 8, TTL);
	put16(at + 10, (uint16_t)size);
	answer->used += 12 + size;
	put16(answer->data + 6, (uint16_t)(get16(answer->data + 6) + 1));
	return at + 12;
}

bool answer_address(struct answer *answer, uint16_t type, const uint8_t *bytes, size_t size)
{
	uint8_t *at = put_record(answer, type, size);
	if (at)
		memcpy(at, bytes, size);
	return at;
}

bool answer_pointer(struct answer *answer, const char *name)
{
	uint8_t wire[NAME_WIRE + 1];
	size_t used = 0;
	for (const char *label = name; *label;) {
		size_t size = strcspn(label, ".");
		if (size == 0 || size > 63 || used + size + 2 > NAME_WIRE)
			return true;
		wire[used] = (uint8_t)size;
		memcpy(wire + used + 1, label, size);
		used += size + 1;
		label += size + (label[size] == '.');
	}
	wire[used++] = 0;
	uint8_t *at = put_record(answer, TYPE_PTR, used);
	if (at)
		memcpy(at, wire, used);
	return at;
}

void answer_end(struct answer *answer, const struct query *query)
{
	if (!query->edns)
		return;
	uint8_t *at = answer->data + answer->used;
	memset(at, 0, 11);
	put16(at + 1, TYPE_OPT);
	put16(at + 3, UDP_MOST);
	put16(answer->data + 10, 1);
	answer->used += 11;
}

static size_t parse_reverse4(const char *name, uint8_t bytes[16])
{
	for (int i = 3; i >= 0; i--) {
		char *end;
		unsigned long number = *name >= '0' && *name <= '9' ? strtoul(name, &end, 10) : 256;
		if (number > 255 || *end != '.')
			return 0;
		bytes[i] = (uint8_t)number;
		name = end + 1;
	}
	return strcmp(name, "in-addr.arpa") == 0 ? 4 : 0;
}

static int nibble(char c)
{
	const char *digits = "0123456789abcdef", *at = c ? strchr(digits, c) : NULL;
	return at ? (int)(at - digits) : -1;
}

size_t parse_reverse(const char *name, uint8_t bytes[16])
{
	size_t size = strlen(name);
	memset(bytes, 0, 16);
	if (size != 72 || strcmp(name + 64, "ip6.arpa") != 0)
		return parse_reverse4(name, bytes);
	for (int i = 0; i < 32; i++) {
		int value = nibble(name[i * 2]);
		if (value < 0 || name[i * 2 + 1] != '.')
			return 0;
		bytes[15 - i / 2] |= (uint8_t)(value << (i % 2 * 4));
	}
	return 16;
}

bool packet_answers(const uint8_t *data, size_t size, uint16_t id, const uint8_t *question, size_t question_size)
{
	return size >= HEADER_SIZE + question_size && get16(data) == id && (get16(data + 2) & FLAG_RESPONSE) && get16(data + 4) == 1 &&
	       memcmp(data + HEADER_SIZE, question, question_size) == 0;
}

int packet_rcode(const uint8_t *data)
{
	return data[3] & 15;
}
