/* Text into JSON strings, as Docker escapes them: valid JSON and valid UTF-8, whatever a container printed. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* At most this many bytes for one of input. */
#define JSON_GROWTH 6

/* Writes the inside of a JSON string for `size` bytes and returns the end of what it wrote; `out` has room for size * JSON_GROWTH. */
char *json_escape(char *out, const char *data, size_t size);

/* Bytes at the end of `data` that begin a UTF-8 sequence which is not complete there: 0 to 3. */
size_t utf8_unfinished(const char *data, size_t size);
