#include "json.h"

#include <string.h>

json_t *json_parse(const char *text, size_t size, const char *name, struct error *err)
{
	json_error_t bad;
	json_t *root = json_loadb(text, size, JSON_REJECT_DUPLICATES, &bad);
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
