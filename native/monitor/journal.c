#include "journal.h"

#include <fcntl.h>
#include <string.h>

#include "clock.h"
#include "json.h"
#include "util.h"

struct text {
	char *data;
	size_t used;
};

static void put(struct text *text, const char *literal)
{
	size_t size = strlen(literal);
	memcpy(text->data + text->used, literal, size);
	text->used += size;
}

static void put_string(struct text *text, const char *value, size_t size)
{
	put(text, "\"");
	text->used = (size_t)(json_escape(text->data + text->used, value, size) - text->data);
	put(text, "\"");
}

static void put_pair(struct text *text, const char *key, size_t key_size, const char *value)
{
	put_string(text, key, key_size);
	put(text, ":");
	put_string(text, value, strlen(value));
}

/* What happened, to whom: of a container itself with its image, name and labels. */
struct happening {
	const char *type, *action, *id;
	const struct plan *plan;
	const struct attribute *attributes;
	bool own;
};

static void put_comma(struct text *text, bool *first)
{
	if (!*first)
		put(text, ",");
	*first = false;
}

static void put_attributes(struct text *text, const struct happening *happening)
{
	const struct plan *plan = happening->plan;
	bool first = true;
	const struct attribute own[] = {{"image", plan->image}, {"name", plan->name}, {0}};
	for (const struct attribute *one = own; happening->own && one->key; one++) {
		put_comma(text, &first);
		put_pair(text, one->key, strlen(one->key), one->value);
	}
	for (const struct attribute *one = happening->attributes; one && one->key; one++) {
		put_comma(text, &first);
		put_pair(text, one->key, strlen(one->key), one->value);
	}
	for (const char **label = plan->labels; happening->own && label && *label; label++) {
		const char *equals = strchrnul(*label, '=');
		put_comma(text, &first);
		put_pair(text, *label, (size_t)(equals - *label), *equals ? equals + 1 : "");
	}
}

/* Room for everything when each byte grows as much as it can. */
static size_t worst_size(const struct happening *happening)
{
	const struct plan *plan = happening->plan;
	size_t size = strlen(happening->action) + strlen(happening->id) + strlen(plan->image) + strlen(plan->name), count = 2;
	for (const struct attribute *one = happening->attributes; one && one->key; one++, count++)
		size += strlen(one->key) + strlen(one->value);
	for (const char **label = plan->labels; label && *label; label++, count++)
		size += strlen(*label);
	return size * JSON_GROWTH + count * 8 + 256;
}

static void append(const struct happening *happening)
{
	cleanup_free char *data = malloc(worst_size(happening));
	if (!data)
		return;
	struct text text = {data, 0};
	int64_t now = wall_ns();
	put(&text, "{\"Type\":");
	put_string(&text, happening->type, strlen(happening->type));
	put(&text, ",\"Action\":");
	put_string(&text, happening->action, strlen(happening->action));
	put(&text, ",\"Actor\":{\"ID\":");
	put_string(&text, happening->id, strlen(happening->id));
	put(&text, ",\"Attributes\":{");
	put_attributes(&text, happening);
	char end[96];
	snprintf(end, sizeof end, "}},\"scope\":\"local\",\"time\":%lld,\"timeNano\":%lld}\n", (long long)(now / 1000000000),
		(long long)now);
	put(&text, end);
	/* Opened each time: the engine renames it when it has grown large. */
	cleanup_close int fd = open(happening->plan->journal, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (fd >= 0 && write(fd, text.data, text.used) < 0)
		return;
}

void journal_event(const struct plan *plan, const char *action, const struct attribute *attributes)
{
	append(&(struct happening){"container", action, plan->id, plan, attributes, true});
}

void journal_other(const struct plan *plan, const char *type, const char *action, const char *id, const struct attribute *attributes)
{
	append(&(struct happening){type, action, id, plan, attributes, false});
}

void journal_exec(const struct plan *plan, const char *verb, const char *id, const char *command, int code)
{
	char action[320], number[16];
	snprintf(number, sizeof number, "%d", code);
	snprintf(action, sizeof action, command ? "%s: %.256s" : "%s", verb, command);
	journal_event(plan, action, (struct attribute[]){{"execID", id}, {command ? NULL : "exitCode", number}, {0}});
}
