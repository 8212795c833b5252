/* As much of D-Bus as it takes to ask one service for something: method calls, their answers, and signals. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "error.h"

#define DBUS_WRITE_LIMIT (64u << 10)
#define DBUS_READ_LIMIT (1u << 20)

/* Values one after the other, each aligned as its type wants it. What does not fit sets `full`, and is found out when it is sent. */
struct dbus_writer {
	size_t size;
	bool full;
	unsigned char data[DBUS_WRITE_LIMIT];
};
struct dbus_array {
	size_t length, start;
};
void dbus_put(struct dbus_writer *writer, size_t align, const void *data, size_t size);
void dbus_put_u8(struct dbus_writer *writer, uint8_t value);
void dbus_put_u32(struct dbus_writer *writer, uint32_t value);
void dbus_put_u64(struct dbus_writer *writer, uint64_t value);
/* A string, or the path of an object. */
void dbus_put_string(struct dbus_writer *writer, const char *text);
void dbus_put_signature(struct dbus_writer *writer, const char *text);
struct dbus_array dbus_begin(struct dbus_writer *writer, size_t align);
void dbus_end(struct dbus_writer *writer, struct dbus_array array);

/* Whatever is read past the end, or is not as it must be, sets `failed` and gives 0 or "". */
struct dbus_reader {
	const unsigned char *data;
	size_t size, at;
	bool swapped, failed;
};
void dbus_align(struct dbus_reader *reader, size_t align);
uint8_t dbus_u8(struct dbus_reader *reader);
uint32_t dbus_u32(struct dbus_reader *reader);
const char *dbus_string(struct dbus_reader *reader);
const char *dbus_signature(struct dbus_reader *reader);

enum dbus_type { DBUS_CALL = 1, DBUS_ANSWER, DBUS_ERROR, DBUS_SIGNAL };
struct dbus_message {
	unsigned char *data; /* malloc'd; all the rest points into it */
	uint8_t type;
	uint32_t answers; /* the serial of the call */
	const char *member, *error, *signature;
	struct dbus_reader body;
};
/* Reads `size` bytes of one whole message; false when it is none. */
bool dbus_parse(struct dbus_message *message, unsigned char *data, size_t size);
/* The size of the whole message, from its first 16 bytes; 0 when it is none, or too large. */
size_t dbus_message_size(const unsigned char *head);
void dbus_message_finish(struct dbus_message *message);
#define cleanup_message __attribute__((cleanup(dbus_message_finish)))

struct bus {
	int fd;
	uint32_t serial;
	int64_t end; /* of our patience, of CLOCK_MONOTONIC */
	bool direct; /* the service itself, no daemon between */
	char where[108];
};
/* Connects to a socket's path ('@': abstract) and says who we are. */
int bus_open(struct bus *bus, const char *where, bool direct, uid_t uid, struct error *err);
/* One call of the service, and its answer. An error that is answered has the service's sentence, and its name in `refusal`. */
struct bus_call {
	const char *destination, *path, *interface, *member, *signature;
};
#define REFUSAL_TEXT 128
int bus_call(struct bus *bus, const struct bus_call *call, const struct dbus_writer *body, struct dbus_message *answer,
	char refusal[REFUSAL_TEXT], struct error *err);
/* The next message, whatever it is. */
int bus_receive(struct bus *bus, struct dbus_message *message, struct error *err);
void bus_close(struct bus *bus);
#define cleanup_bus __attribute__((cleanup(bus_close)))
