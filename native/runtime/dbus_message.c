/* D-Bus messages as bytes: the "Message Protocol" of its specification. */
#include <stdlib.h>
#include <string.h>

#include "dbus.h"

enum { FIELD_MEMBER = 3, FIELD_ERROR = 4, FIELD_ANSWERS = 5, FIELD_SIGNATURE = 8 };

void dbus_put(struct dbus_writer *writer, size_t align, const void *data, size_t size)
{
	size_t at = (writer->size + align - 1) / align * align;
	if (at > sizeof writer->data || size > sizeof writer->data - at) {
		writer->full = true;
		return;
	}
	memset(writer->data + writer->size, 0, at - writer->size);
	memcpy(writer->data + at, data, size);
	writer->size = at + size;
}

void dbus_put_u8(struct dbus_writer *writer, uint8_t value)
{
	dbus_put(writer, 1, &value, 1);
}

void dbus_put_u32(struct dbus_writer *writer, uint32_t value)
{
	dbus_put(writer, 4, &value, 4);
}

void dbus_put_u64(struct dbus_writer *writer, uint64_t value)
{
	dbus_put(writer, 8, &value, 8);
}

void dbus_put_string(struct dbus_writer *writer, const char *text)
{
	dbus_put_u32(writer, (uint32_t)strlen(text));
	dbus_put(writer, 1, text, strlen(text) + 1);
}

void dbus_put_signature(struct dbus_writer *writer, const char *text)
{
	dbus_put_u8(writer, (uint8_t)strlen(text));
	dbus_put(writer, 1, text, strlen(text) + 1);
}

/* The length does not count what aligns the first element. */
struct dbus_array dbus_begin(struct dbus_writer *writer, size_t align)
{
	dbus_put_u32(writer, 0);
	size_t length = writer->size - 4;
	dbus_put(writer, align, "", 0);
	return (struct dbus_array){length, writer->size};
}

void dbus_end(struct dbus_writer *writer, struct dbus_array array)
{
	uint32_t length = (uint32_t)(writer->size - array.start);
	if (!writer->full)
		memcpy(writer->data + array.length, &length, sizeof length);
}

void dbus_align(struct dbus_reader *reader, size_t align)
{
	reader->at = (reader->at + align - 1) / align * align;
}

static const unsigned char *take(struct dbus_reader *reader, size_t align, size_t size)
{
	dbus_align(reader, align);
	if (reader->failed || reader->at > reader->size || size > reader->size - reader->at) {
		reader->failed = true;
		return NULL;
	}
	reader->at += size;
	return reader->data + reader->at - size;
}

uint8_t dbus_u8(struct dbus_reader *reader)
{
	const unsigned char *at = take(reader, 1, 1);
	return at ? *at : 0;
}

uint32_t dbus_u32(struct dbus_reader *reader)
{
	const unsigned char *at = take(reader, 4, 4);
	uint32_t value = 0;
	if (at)
		memcpy(&value, at, sizeof value);
	return reader->swapped ? __builtin_bswap32(value) : value;
}

static const char *take_text(struct dbus_reader *reader, size_t length)
{
	const unsigned char *at = length < DBUS_READ_LIMIT ? take(reader, 1, length + 1) : NULL;
	if (at && memchr(at, 0, length + 1) == at + length)
		return (const char *)at;
	reader->failed = true;
	return "";
}

const char *dbus_string(struct dbus_reader *reader)
{
	return take_text(reader, dbus_u32(reader));
}

const char *dbus_signature(struct dbus_reader *reader)
{
	return take_text(reader, dbus_u8(reader));
}

static bool is_foreign_order(unsigned char letter)
{
	return letter != (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 'l' : 'B');
}

size_t dbus_message_size(const unsigned char *head)
{
	struct dbus_reader reader = {.data = head, .size = 16, .at = 4, .swapped = is_foreign_order(*head)};
	uint32_t body = dbus_u32(&reader);
	dbus_u32(&reader);
	uint32_t fields = dbus_u32(&reader);
	if ((*head != 'l' && *head != 'B') || head[3] != 1 || body > DBUS_READ_LIMIT || fields > DBUS_READ_LIMIT)
		return 0;
	size_t size = 16 + ((size_t)fields + 7) / 8 * 8 + body;
	return size <= DBUS_READ_LIMIT ? size : 0;
}

/* All header fields there are hold one string, path, signature or number. */
static void read_field(struct dbus_reader *reader, struct dbus_message *message)
{
	dbus_align(reader, 8);
	uint8_t code = dbus_u8(reader);
	const char *type = dbus_signature(reader), *text = NULL;
	uint32_t number = 0;
	if (strcmp(type, "s") == 0 || strcmp(type, "o") == 0)
		text = dbus_string(reader);
	else if (strcmp(type, "g") == 0)
		text = dbus_signature(reader);
	else if (strcmp(type, "u") == 0)
		number = dbus_u32(reader);
	else
		reader->failed = true;
	if (code == FIELD_ANSWERS)
		message->answers = number;
	else if (text && code == FIELD_MEMBER)
		message->member = text;
	else if (text && code == FIELD_ERROR)
		message->error = text;
	else if (text && code == FIELD_SIGNATURE)
		message->signature = text;
}

bool dbus_parse(struct dbus_message *message, unsigned char *data, size_t size)
{
	*message = (struct dbus_message){.data = data, .type = data[1], .member = "", .error = "", .signature = ""};
	struct dbus_reader reader = {.data = data, .size = size, .at = 12, .swapped = is_foreign_order(*data)};
	size_t end = 16 + dbus_u32(&reader);
	if (end > size)
		return false;
	reader.size = end;
	while (reader.at < end && !reader.failed)
		read_field(&reader, message);
	size_t body = (end + 7) / 8 * 8;
	if (reader.failed || body > size)
		return false;
	message->body = (struct dbus_reader){.data = data + body, .size = size - body, .swapped = reader.swapped};
	return true;
}

void dbus_message_finish(struct dbus_message *message)
{
	free(message->data);
	message->data = NULL;
}
