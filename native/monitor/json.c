#include "json.h"

#include <stdbool.h>
#include <string.h>

/* Docker's log escapes <, > and & as well, because logs end up in web pages. */
static const char special[256] = {
	[0 ... 0x1f] = 1,
	['"'] = 1,
	['\\'] = 1,
	['<'] = 1,
	['>'] = 1,
	['&'] = 1,
	[0x80 ... 0xff] = 1,
};

/* Length of the valid UTF-8 sequence at `at`, or 0. Unicode table 3-7: no overlong form, no surrogate, nothing past U+10FFFF. */
static size_t utf8_length(const unsigned char *at, size_t left)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t length;
	if (at[0] >= 0xc2 && at[0] <= 0xdf)
		length = 2;
	else if ((at[0] & 0xf0) == 0xe0)
		length = 3;
	else if (at[0] >= 0xf0 && at[0] <= 0xf4)
		length = 4;
	else
		return 0;
	if (at[0] == 0xe0)
		low = 0xa0;
	else if (at[0] == 0xed)
		high = 0x9f;
	else if (at[0] == 0xf0)
		low = 0x90;
	else if (at[0] == 0xf4)
		high = 0x8f;
	if (left < length || at[1] < low || at[1] > high)
		return 0;
	for (size_t i = 2; i < length; i++)
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	return length;
}

static char *put_hex(char *out, unsigned code)
{
	static const char digits[] = "0123456789abcdef";
	memcpy(out, "\\u", 2);
	for (int i = 0; i < 4; i++)
		out[2 + i] = digits[code >> (12 - 4 * i) & 15];
	return out + 6;
}

static char *put_pair(char *out, char second)
{
	out[0] = '\\';
	out[1] = second;
	return out + 2;
}

static char *put_ascii(char *out, unsigned char c)
{
	switch (c) {
	case '"':
	case '\\':
		return put_pair(out, (char)c);
	case '\n':
		return put_pair(out, 'n');
	case '\r':
		return put_pair(out, 'r');
	}
	return put_hex(out, c);
}

/* One sequence of two bytes or more, or one byte that belongs to none. */
static char *put_wide(char *out, const unsigned char *at, size_t length)
{
	if (length == 0)
		return put_hex(out, 0xfffd);
	/* U+2028 and U+2029 end a line in JavaScript. */
	if (length == 3 && at[0] == 0xe2 && at[1] == 0x80 && (at[2] & 0xfe) == 0xa8)
		return put_hex(out, 0x2000u + (at[2] & 0x3f));
	memcpy(out, at, length);
	return out + length;
}

/* Eight bytes at a time: whether one of them is special. Sets the high bit of a byte that is; a false alarm only costs a look. */
static inline bool has_special(uint64_t word)
{
	const uint64_t ones = 0x0101010101010101u, highs = 0x8080808080808080u;
	uint64_t quote = word ^ ones * '"', slash = word ^ ones * '\\', less = word ^ ones * '<',
		 more = word ^ ones * '>', and = word ^ ones * '&';
	uint64_t hit = word | (word - ones * 0x20) | (quote - ones) | (slash - ones) | (less - ones) | (more - ones) | (and-ones);
	return hit & highs;
}

static size_t plain_length(const char *data, size_t size)
{
	size_t at = 0;
	for (uint64_t word; at + sizeof word <= size; at += sizeof word) {
		memcpy(&word, data + at, sizeof word);
		if (has_special(word))
			break;
	}
	while (at < size && !special[(unsigned char)data[at]])
		at++;
	return at;
}

char *json_escape(char *out, const char *data, size_t size)
{
	for (size_t at = 0; at < size;) {
		size_t plain = plain_length(data + at, size - at);
		memcpy(out, data + at, plain);
		out += plain;
		at += plain;
		if (at == size)
			break;
		const unsigned char *byte = (const unsigned char *)data + at;
		if (*byte < 0x80) {
			out = put_ascii(out, *byte);
			at++;
			continue;
		}
		size_t length = utf8_length(byte, size - at);
		out = put_wide(out, byte, length);
		at += length ? length : 1;
	}
	return out;
}

size_t utf8_unfinished(const char *data, size_t size)
{
	for (size_t back = 1; back <= 3 && back <= size; back++) {
		unsigned char c = (unsigned char)data[size - back];
		if ((c & 0xc0) == 0x80)
			continue;
		size_t whole = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc2 ? 2 : 1;
		return c < 0xf5 && whole > back ? back : 0;
	}
	return 0;
}
