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

static void put_attributes(struct text *text, const struct plan *plan, const struct attribute *attributes)
{
	put_pair(text, "image", 5, plan->image);
	put(text, ",");
	put_pair(text, "name", 4, plan->name);
	for (; attributes && attributes->key; attributes++) {
		put(text, ",");
		put_pair(text, attributes->key, strlen(attributes->key), attributes->value);
	}
	for (const char **label = plan->labels; label && *label; label++) {
		const char *equals = strchrnul(*label, '=');
		put(text, ",");
		put_pair(text, *label, (size_t)(equals - *label), *equals ? equals + 1 : "");
	}
}

/* Room for everything when each byte grows as much as it can. */
static size_t worst_size(const struct plan *plan, const char *action, const struct attribute *attributes)
{
	size_t size = strlen(action) + strlen(plan->id) + strlen(plan->image) + strlen(plan->name), count = 2;
	for (; attributes && attributes->key; attributes++, count++)
		size += strlen(attributes->key) + strlen(attributes->value);
	for (const char **label = plan->labels; label && *label; label++, count++)
		size += strlen(*label);
	return size * JSON_GROWTH + count * 8 + 256;
}

void journal_event(const struct plan *plan, const char *action, const struct attribute *attributes)
{
	cleanup_free char *data = malloc(worst_size(plan, action, attributes));
	if (!data)
		return;
	struct text text = {data, 0};
	int64_t now = wall_ns();
	put(&text, "{\"Type\":\"container\",\"Action\":");
	put_string(&text, action, strlen(action));
	put(&text, ",\"Actor\":{\"ID\":");
	put_string(&text, plan->id, strlen(plan->id));
	put(&text, ",\"Attributes\":{");
	put_attributes(&text, plan, attributes);
	char end[96];
	snprintf(end, sizeof end, "}},\"scope\":\"local\",\"time\":%lld,\"timeNano\":%lld}\n", (long long)(now / 1000000000),
		(long long)now);
	put(&text, end);
	/* Opened each time: the engine renames it when it has grown large. */
	cleanup_close int fd = open(plan->journal, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (fd >= 0 && write(fd, text.data, text.used) < 0)
		return;
}

void journal_exec(const struct plan *plan, const char *verb, const char *id, const char *command, int code)
{
	char action[320], number[16];
	snprintf(number, sizeof number, "%d", code);
	snprintf(action, sizeof action, command ? "%s: %.256s" : "%s", verb, command);
	journal_event(plan, action, (struct attribute[]){{"execID", id}, {command ? NULL : "exitCode", number}, {0}});
}
