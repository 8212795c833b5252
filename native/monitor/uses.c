#include "uses.h"

#include <fcntl.h>
#include <string.h>

#include "fields.h"
#include "journal.h"

/* Cuts the next word off; the last one may hold spaces. */
static char *cut(char **rest)
{
	char *word = strsep(rest, " ");
	return word ? word : "";
}

/* ID NAME TYPE */
static void tell_network(const struct plan *plan, char *text, bool taken)
{
	char *id = cut(&text), *name = cut(&text), *type = cut(&text);
	journal_other(plan, "network", taken ? "connect" : "disconnect", id,
		(struct attribute[]){{"container", plan->id}, {"name", name}, {"type", type}, {0}});
}

/* NAME WRITABLE PROPAGATION DESTINATION */
static void tell_volume(const struct plan *plan, char *text, bool taken)
{
	char *name = cut(&text), *writable = cut(&text), *propagation = cut(&text);
	const char *destination = text ? text : "";
	const struct attribute mount[] = {{"container", plan->id}, {"destination", destination}, {"driver", "local"},
		{"propagation", propagation}, {"read/write", writable}, {0}};
	const struct attribute unmount[] = {{"container", plan->id}, {"driver", "local"}, {0}};
	journal_other(plan, "volume", taken ? "mount" : "unmount", name, taken ? mount : unmount);
}

/* Read each time: networks come and go while it runs. */
static void tell(const struct plan *plan, bool taken)
{
	struct error err;
	cleanup_fields struct fields fields = {0};
	if (!plan->uses || fields_read_file(&fields, AT_FDCWD, plan->uses, &err) < 0)
		return;
	for (size_t i = 0; i < fields.count; i++) {
		/* Values lie in the fields' own text. */
		char *value = (char *)fields.list[i].value;
		if (strcmp(fields.list[i].key, "network") == 0)
			tell_network(plan, value, taken);
		else if (strcmp(fields.list[i].key, "volume") == 0)
			tell_volume(plan, value, taken);
	}
}

void uses_taken(const struct plan *plan)
{
	tell(plan, true);
}

void uses_left(const struct plan *plan)
{
	tell(plan, false);
}
