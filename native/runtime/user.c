/* USER as an image writes it: names are looked up in the container's own files, which are hostile. They are opened in its
 * root, must be regular and small, and nothing of the host's libraries reads them. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "container.h"
#include "util.h"

#define FILE_LIMIT (1u << 20)
#define LINE_LIMIT 65536
#define GROUPS_LIMIT 65536

static bool is_number(const char *text)
{
	return *text && text[strspn(text, "0123456789")] == 0;
}

/* Empty when the image has no such file. */
static char *read_database(struct container *c, const char *path, struct error *err)
{
	struct stat st;
	cleanup_close int fd = open_in_root(c->rootfs, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return strdup("");
	if (fd < 0 || fstat(fd, &st) < 0) {
		error_set(err, errno, "open the image's %s", path);
		return NULL;
	}
	if (!S_ISREG(st.st_mode) || st.st_size > FILE_LIMIT) {
		error_set(err, 0, "the image's %s is not a regular file of at most 1 MiB", path);
		return NULL;
	}
	char *text = malloc(FILE_LIMIT + 1);
	ssize_t n = text ? read_full(fd, text, FILE_LIMIT) : -1;
	if (n < 0) {
		error_set(err, errno, "read the image's %s", path);
		free(text);
		return NULL;
	}
	text[n] = 0;
	for (char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n')
		if (strcspn(line, "\n") > LINE_LIMIT) {
			error_set(err, 0, "the image's %s has a line of more than 64 KiB", path);
			free(text);
			return NULL;
		}
	return text;
}

struct entry {
	const char *fields[7];
	size_t lengths[7];
};

/* Cuts the line at *at into fields and moves on. Lines with fewer than `need` are passed over. */
static bool next_entry(const char **at, size_t need, struct entry *entry)
{
	while (**at) {
		size_t length = strcspn(*at, "\n"), count = 0;
		const char *field = *at, *end = *at + length;
		*at = end + (*end == '\n');
		*entry = (struct entry){0};
		while (count < 7) {
			size_t size = 0;
			while (field + size < end && field[size] != ':')
				size++;
			entry->fields[count] = field;
			entry->lengths[count++] = size;
			if (field + size >= end)
				break;
			field += size + 1;
		}
		if (count >= need && entry->lengths[0] > 0)
			return true;
	}
	return false;
}

static bool field_is(const struct entry *entry, int index, const char *text)
{
	return entry->fields[index] && strlen(text) == entry->lengths[index] &&
	       memcmp(entry->fields[index], text, entry->lengths[index]) == 0;
}

static bool field_number(const struct entry *entry, int index, uint32_t *number)
{
	char text[16];
	uint64_t value;
	if (!entry->fields[index] || entry->lengths[index] >= sizeof text)
		return false;
	snprintf(text, sizeof text, "%.*s", (int)entry->lengths[index], entry->fields[index]);
	if (!parse_u64(text, UINT32_MAX - 1, &value))
		return false;
	*number = (uint32_t)value;
	return true;
}

/* The first entry of the name, or of the number when the word is one. */
static bool find_entry(const char *text, const char *word, size_t need, int id_field, struct entry *found)
{
	uint32_t id;
	uint64_t wanted;
	bool number = is_number(word) && parse_u64(word, UINT32_MAX - 1, &wanted);
	for (const char *at = text; next_entry(&at, need, found);)
		if (number ? field_number(found, id_field, &id) && id == wanted : field_is(found, 0, word))
			return true;
	return false;
}

static int take_number(const char *kind, const char *word, uint32_t *id, struct error *err)
{
	uint64_t value;
	if (!parse_u64(word, UINT32_MAX - 1, &value))
		return error_set(err, 0, "%s %s is out of range: ids go to 4294967294", kind, word);
	*id = (uint32_t)value;
	return 0;
}

static int resolve_group(const char *groups, const char *word, gid_t *gid, struct error *err)
{
	struct entry entry;
	if (is_number(word))
		return take_number("group", word, gid, err);
	if (!*word || !find_entry(groups, word, 3, 2, &entry) || !field_number(&entry, 2, gid))
		return error_set(err, 0, "unable to find group %s: no matching entries in group file", word);
	return 0;
}

static void add_group(struct process *process, gid_t gid)
{
	for (size_t i = 0; i < process->group_count; i++)
		if (process->groups[i] == gid)
			return;
	if (process->group_count < GROUPS_LIMIT)
		process->groups[process->group_count++] = gid;
}

/* A comma-separated list of members. */
static bool has_member(const struct entry *entry, const char *name)
{
	size_t length = strlen(name);
	const char *at = entry->fields[3], *end = at ? at + entry->lengths[3] : NULL;
	while (at && at < end) {
		const char *comma = memchr(at, ',', (size_t)(end - at));
		size_t size = (size_t)((comma ? comma : end) - at);
		if (size == length && memcmp(at, name, length) == 0)
			return true;
		at = comma ? comma + 1 : end;
	}
	return false;
}

static void add_memberships(struct process *process, const char *groups, const char *name)
{
	struct entry entry;
	gid_t gid;
	for (const char *at = groups; next_entry(&at, 3, &entry);)
		if (has_member(&entry, name) && field_number(&entry, 2, &gid))
			add_group(process, gid);
}

static bool has_home(const struct process *process)
{
	for (size_t i = 0; i < process->env.count; i++)
		if (strncmp(process->env.list[i], "HOME=", 5) == 0)
			return true;
	return false;
}

static void set_home(struct container *c, const struct entry *user)
{
	struct process *process = c->process;
	if (has_home(process))
		return;
	/* A home with control bytes could forge lines wherever it is printed. */
	bool good = user && user->lengths[5] > 0 && *user->fields[5] == '/';
	for (size_t i = 0; good && i < user->lengths[5]; i++)
		good = (unsigned char)user->fields[5][i] >= 0x20 && user->fields[5][i] != 0x7f;
	const char **list = arena_alloc(&c->spec.arena, (process->env.count + 2) * sizeof *list);
	memcpy(list, process->env.list, process->env.count * sizeof *list);
	list[process->env.count++] = good ? arena_print(&c->spec.arena, "HOME=%.*s", (int)user->lengths[5], user->fields[5]) : "HOME=/";
	process->env.list = list;
}

static int add_asked_groups(struct container *c, const char *groups, struct error *err)
{
	if (!c->process->group_names)
		return 0;
	char *list = arena_print(&c->spec.arena, "%s", c->process->group_names), *save = NULL;
	for (char *word = strtok_r(list, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
		gid_t gid;
		if (resolve_group(groups, word, &gid, err) < 0)
			return -1;
		add_group(c->process, gid);
	}
	return 0;
}

static int apply(struct container *c, const char *passwd, const char *groups, struct error *err)
{
	struct process *process = c->process;
	char *user = arena_print(&c->spec.arena, "%s", process->user_name), *group = strchr(user, ':');
	struct entry entry;
	if (group)
		*group++ = 0;
	if (!*user)
		user = arena_print(&c->spec.arena, "0");
	bool known = find_entry(passwd, user, 4, 2, &entry);
	if (is_number(user) && take_number("user", user, &process->uid, err) < 0)
		return -1;
	if (!is_number(user) && (!known || !field_number(&entry, 2, &process->uid)))
		return error_set(err, 0, "unable to find user %s: no matching entries in passwd file", user);
	process->gid = 0;
	if (known && !field_number(&entry, 3, &process->gid))
		return error_set(err, 0, "user %s has no group in the image's /etc/passwd", user);
	if (group && *group && resolve_group(groups, group, &process->gid, err) < 0)
		return -1;
	/* As Docker does: a process that drops its primary group must not get past a file that denies it (CVE-2022-36109). */
	add_group(process, process->gid);
	if (known && !(group && *group))
		add_memberships(process, groups, arena_print(&c->spec.arena, "%.*s", (int)entry.lengths[0], entry.fields[0]));
	set_home(c, known ? &entry : NULL);
	return add_asked_groups(c, groups, err);
}

/* A process that is given by number needs the files only for its HOME, and goes without when they cannot be read. */
static int find_home(struct container *c)
{
	struct entry entry;
	cleanup_free char *passwd = read_database(c, "/etc/passwd", NULL);
	char *user = arena_print(&c->spec.arena, "%u", c->process->uid);
	set_home(c, passwd && find_entry(passwd, user, 4, 2, &entry) ? &entry : NULL);
	return 0;
}

bool user_is_wanted(const struct container *c)
{
	return c->process->user_name || c->process->group_names || !has_home(c->process);
}

/* Runs in the container, after the pivot: "/" is its root. */
int user_resolve(struct container *c, struct error *err)
{
	if (!c->process->user_name && !c->process->group_names)
		return find_home(c);
	cleanup_free char *passwd = read_database(c, "/etc/passwd", err);
	cleanup_free char *groups = passwd ? read_database(c, "/etc/group", err) : NULL;
	if (!groups)
		return -1;
	/* Room for those that the files and the lists can name: a line of the group file has four bytes at least. */
	gid_t *list = arena_alloc(&c->spec.arena, (c->process->group_count + GROUPS_LIMIT + 1) * sizeof *list);
	memcpy(list, c->process->groups, c->process->group_count * sizeof *list);
	c->process->groups = list;
	return c->process->user_name ? apply(c, passwd, groups, err) : add_asked_groups(c, groups, err);
}
