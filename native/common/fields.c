#include "fields.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

static bool key_is_good(const char *key)
{
	if (*key < 'a' || *key > 'z')
		return false;
	for (; *key; key++)
		if (!((*key >= 'a' && *key <= 'z') || (*key >= '0' && *key <= '9') || *key == '-'))
			return false;
	return true;
}

static size_t count_lines(const char *text)
{
	size_t lines = 0;
	for (; *text; text++)
		lines += *text == '\n';
	return lines;
}

int fields_parse(struct fields *fields, char *text, size_t size, struct error *err)
{
	*fields = (struct fields){.text = text};
	if (size > FIELDS_LIMIT || strlen(text) != size || (size && text[size - 1] != '\n')) {
		fields_finish(fields);
		return error_set(err, 0, "fields: %s", size > FIELDS_LIMIT ? "more than 65536 bytes" : "a NUL or an unfinished line");
	}
	fields->list = calloc(count_lines(text) + 1, sizeof *fields->list);
	if (!fields->list) {
		fields_finish(fields);
		return error_set(err, ENOMEM, "fields");
	}
	for (char *line = text; *line;) {
		char *end = strchr(line, '\n');
		*end = 0;
		char *space = strchr(line, ' ');
		if (space)
			*space = 0;
		if (!key_is_good(line)) {
			error_set(err, 0, "fields: line %zu has no key", fields->count + 1);
			fields_finish(fields);
			return -1;
		}
		fields->list[fields->count++] = (struct field){line, space ? space + 1 : end};
		line = end + 1;
	}
	return 0;
}

int fields_read_file(struct fields *fields, int dirfd, const char *path, struct error *err)
{
	size_t size;
	char *text = read_file_at(dirfd, path, FIELDS_LIMIT, &size, err);
	*fields = (struct fields){0};
	if (!text)
		return -1;
	if (fields_parse(fields, text, size, err) < 0)
		return error_wrap(err, "%s", path);
	return 0;
}

void fields_finish(struct fields *fields)
{
	free(fields->text);
	free(fields->list);
	*fields = (struct fields){0};
}

const char *fields_get(const struct fields *fields, const char *key)
{
	size_t at = 0;
	return fields_next(fields, key, &at);
}

const char *fields_next(const struct fields *fields, const char *key, size_t *at)
{
	for (; *at < fields->count; (*at)++)
		if (strcmp(fields->list[*at].key, key) == 0)
			return fields->list[(*at)++].value;
	return NULL;
}

void fields_put(struct fields_writer *writer, const char *key, const char *format, ...)
{
	size_t left = writer->room - writer->used;
	int head = snprintf(writer->data + writer->used, left, "%s ", key);
	if (head < 0 || (size_t)head >= left) {
		writer->full = true;
		return;
	}
	char *value = writer->data + writer->used + head;
	va_list args;
	va_start(args, format);
	int n = vsnprintf(value, left - (size_t)head, format, args);
	va_end(args);
	if (n < 0 || (size_t)(head + n) + 2 > left) {
		writer->full = true;
		writer->data[writer->used] = 0;
		return;
	}
	for (int i = 0; i < n; i++)
		if (value[i] == '\n' || value[i] == 0)
			value[i] = ' ';
	value[n] = '\n';
	value[n + 1] = 0;
	writer->used += (size_t)(head + n) + 1;
}
