#include "json.h"

#include <errno.h>
#include <string.h>

#include "util.h"

/* jansson's integers have a sign: one above 2^63 is no JSON to it. Such a number is handed on as text with this mark, which
 * read_amount() alone understands. */
#define LARGE "\001"

/* Digits of a whole number that does not fit, at `at`. 0: it does, or is none. */
static size_t large_number(const char *at, const char *end)
{
	size_t n = 0;
	while (at + n < end && at[n] >= '0' && at[n] <= '9')
		n++;
	bool whole = at + n == end || !strchr(".eE", at[n]);
	if (n < 19 || n > 20 || !whole)
		return 0;
	char digits[24];
	memcpy(digits, at, n);
	digits[n] = 0;
	errno = 0;
	unsigned long long value = strtoull(digits, NULL, 10);
	return errno == 0 && value > INT64_MAX ? n : 0;
}

/* A copy of the text with large numbers as marked strings; NULL: there are none, which is the rule. */
static char *mark_large(const char *text, size_t size, size_t *marked)
{
	char *copy = NULL;
	size_t used = 0, from = 0;
	bool quoted = false;
	for (size_t i = 0; i < size; i++) {
		if (quoted && text[i] == '\\')
			i++;
		else if (text[i] == '"')
			quoted = !quoted;
		bool digit = text[i] >= '1' && text[i] <= '9';
		size_t n = quoted || !digit || (i && strchr("0123456789.+-eE", text[i - 1])) ? 0 : large_number(text + i, text + size);
		if (!n)
			continue;
		/* Each takes eight bytes more, and has nineteen: half as much again is room enough. */
		if (!copy && !(copy = malloc(size + size / 2 + 16)))
			return NULL;
		memcpy(copy + used, text + from, i - from);
		used += i - from;
		used += (size_t)sprintf(copy + used, "\"\\u0001%.*s\"", (int)n, text + i);
		from = i += n;
		i--;
	}
	if (!copy)
		return NULL;
	memcpy(copy + used, text + from, size - from);
	*marked = used + size - from;
	return copy;
}

json_t *json_parse(const char *text, size_t size, const char *name, struct error *err)
{
	json_error_t bad;
	cleanup_free char *marked = mark_large(text, size, &size);
	json_t *root = json_loadb(marked ? marked : text, size, JSON_REJECT_DUPLICATES, &bad);
	if (!root) {
		error_set(err, 0, "%s: line %d, column %d: %s", name, bad.line, bad.column, bad.text);
		return NULL;
	}
	if (!json_is_object(root)) {
		json_decref(root);
		error_set(err, 0, "%s: must be an object", name);
		return NULL;
	}
	return root;
}

void read_fail(struct reader *r, const char *where, const char *key, const char *what)
{
	if (!r->failed)
		error_set(r->err, 0, "config: %s%s%s %s", where, *where && *key ? "." : "", key, what);
	r->failed = true;
}

static const json_t *member(const json_t *object, const char *key)
{
	const json_t *value = object ? json_object_get(object, key) : NULL;
	return json_is_null(value) ? NULL : value;
}

const char *read_string(struct reader *r, const json_t *object, const char *where, const char *key)
{
	const json_t *value = member(object, key);
	if (value && !json_is_string(value))
		read_fail(r, where, key, "must be a string");
	return json_string_value(value);
}

const char *read_required(struct reader *r, const json_t *object, const char *where, const char *key)
{
	const char *text = read_string(r, object, where, key);
	if (!text || !*text)
		read_fail(r, where, key, "is missing");
	return text ? text : "";
}

bool read_bool(struct reader *r, const json_t *object, const char *where, const char *key)
{
	const json_t *value = member(object, key);
	if (value && !json_is_boolean(value))
		read_fail(r, where, key, "must be true or false");
	return json_is_true(value);
}

struct number read_number(struct reader *r, const json_t *object, const char *where, const char *key, int64_t min, int64_t max)
{
	const json_t *value = member(object, key);
	if (!value)
		return (struct number){0};
	if (!json_is_integer(value))
		read_fail(r, where, key, "must be a whole number");
	struct number number = {true, json_integer_value(value)};
	if (number.value < min || number.value > max)
		read_fail(r, where, key, "is out of range");
	return number;
}

struct amount read_amount(struct reader *r, const json_t *object, const char *where, const char *key, bool all_ones)
{
	const json_t *value = member(object, key);
	const char *text = json_string_value(value);
	if (text && strncmp(text, LARGE, 1) == 0)
		return (struct amount){true, strtoull(text + 1, NULL, 10)};
	struct number number = read_number(r, object, where, key, all_ones ? -1 : 0, INT64_MAX);
	return (struct amount){number.set, (uint64_t)number.value};
}

struct number read_word(struct reader *r, const json_t *object, const char *where, const char *key, const char *const *words)
{
	const char *word = read_string(r, object, where, key);
	if (!word)
		return (struct number){0};
	for (int i = 0; words[i]; i++)
		if (strcmp(words[i], word) == 0)
			return (struct number){true, i};
	read_fail(r, where, key, arena_print(r->arena, "is %s, which is not known", word));
	return (struct number){0};
}

const json_t *read_object(struct reader *r, const json_t *object, const char *where, const char *key)
{
	const json_t *value = member(object, key);
	if (value && !json_is_object(value)) {
		read_fail(r, where, key, "must be an object");
		return NULL;
	}
	return value;
}

const json_t *read_array(struct reader *r, const json_t *object, const char *where, const char *key)
{
	const json_t *value = member(object, key);
	if (value && !json_is_array(value)) {
		read_fail(r, where, key, "must be a list");
		return NULL;
	}
	return value;
}

struct strings read_strings(struct reader *r, const json_t *object, const char *where, const char *key)
{
	const json_t *array = read_array(r, object, where, key);
	struct strings strings = {0};
	size_t count = json_array_size(array);
	strings.list = arena_alloc(r->arena, (count + 1) * sizeof *strings.list);
	for (; strings.count < count; strings.count++) {
		const json_t *value = json_array_get(array, strings.count);
		if (!json_is_string(value)) {
			read_fail(r, where, key, "must be a list of strings");
			break;
		}
		strings.list[strings.count] = json_string_value(value);
	}
	return strings;
}

const json_t *read_element(struct reader *r, const json_t *array, size_t index, const char *where, const char **place)
{
	*place = arena_print(r->arena, "%s[%zu]", where, index);
	const json_t *value = json_array_get(array, index);
	if (!json_is_object(value))
		read_fail(r, *place, "", "must be an object");
	return json_is_object(value) ? value : NULL;
}

const char *read_place(struct reader *r, const char *where, const char *key)
{
	return *where ? arena_print(r->arena, "%s.%s", where, key) : key;
}
