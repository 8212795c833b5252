#include "book.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "util.h"

/* Of a file: a longer one is as if it were not there. */
#define RECORD_LIMIT 4096
#define ENTRIES 8192
/* Times of files are as coarse as the kernel's tick. */
#define TICK_NS 20000000LL

/* Whether it is another one than `stamp` says, which then says it. */
static bool is_newer(int dir, const char *path, struct stamp *stamp)
{
	struct stat st;
	struct timespec now;
	if (fstatat(dir, path, &st, AT_EMPTY_PATH) < 0)
		st = (struct stat){0};
	bool same = stamp->settled && st.st_ino == stamp->inode && st.st_mtim.tv_sec == stamp->changed.tv_sec &&
		    st.st_mtim.tv_nsec == stamp->changed.tv_nsec;
	clock_gettime(CLOCK_REALTIME_COARSE, &now);
	int64_t age = (int64_t)(now.tv_sec - st.st_mtim.tv_sec) * 1000000000LL + (now.tv_nsec - st.st_mtim.tv_nsec);
	*stamp = (struct stamp){st.st_mtim, st.st_ino, age > TICK_NS || age < -TICK_NS};
	return !same;
}

static void clear_network(struct network *network)
{
	free(network->entries);
	network->entries = NULL;
	network->count = network->used = 0;
}

static void close_network(struct network *network)
{
	clear_network(network);
	free(network->text);
	if (network->dir >= 0)
		close(network->dir);
	*network = (struct network){.dir = -1};
}

/* Cuts a list at its commas, which become NULs. */
static size_t cut(char *list)
{
	size_t count = *list != 0;
	for (; *list; list++)
		if (*list == ',') {
			*list = 0;
			count++;
		}
	return count;
}

/* "NAME[,NAME] ADDRESS[,ADDRESS]\n", with the id before it. Returns the size that it takes, or 0 when it is not whole. */
static size_t cut_record(char *text, size_t size, struct entry *entry)
{
	char *names = text + ID_SIZE + 1, *space = memchr(names, ' ', size), *end = memchr(names, '\n', size);
	if (!space || !end || space > end || memchr(names, 0, size))
		return 0;
	*space = *end = 0;
	*entry = (struct entry){.id = text, .names = names, .addresses = space + 1};
	entry->name_count = cut(names);
	entry->address_count = cut(space + 1);
	return (size_t)(end + 1 - text);
}

static bool grow(struct network *network)
{
	if (network->room - network->used >= RECORD_LIMIT + ID_SIZE + 2)
		return true;
	size_t room = network->room * 2 + RECORD_LIMIT * 2;
	char *text = realloc(network->text, room);
	if (!text)
		return false;
	network->text = text;
	network->room = room;
	return true;
}

static void read_record(struct network *network, const char *id)
{
	cleanup_close int fd = openat(network->dir, id, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || strlen(id) != ID_SIZE || network->count == ENTRIES || !grow(network))
		return;
	char *text = network->text + network->used;
	size_t room = network->room - network->used - ID_SIZE - 2;
	memcpy(text, id, ID_SIZE + 1);
	ssize_t n = read_full(fd, text + ID_SIZE + 1, room < RECORD_LIMIT ? room : RECORD_LIMIT);
	if (n <= 0)
		return;
	text[ID_SIZE + 1 + n] = 0;
	network->used += ID_SIZE + 2 + (size_t)n;
	network->count++;
}

/* The text may move while it grows: the entries are cut when it is whole. */
static void cut_records(struct network *network)
{
	size_t count = network->count, at = 0;
	network->entries = reallocarray(NULL, count ? count : 1, sizeof *network->entries);
	network->count = 0;
	for (size_t i = 0; network->entries && i < count; i++) {
		size_t size = strlen(network->text + at + ID_SIZE + 1);
		if (cut_record(network->text + at, size, &network->entries[network->count]))
			network->count++;
		at += ID_SIZE + 2 + size;
	}
}

static void read_network(struct network *network)
{
	clear_network(network);
	int fd = network->dir < 0 ? -1 : openat(network->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_dir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	for (struct dirent *item; dir && (item = readdir(dir));)
		if (*item->d_name != '.')
			read_record(network, item->d_name);
	cut_records(network);
}

/* ID NAME */
static void open_network(struct book *book, const char *value)
{
	char path[16 + ID_SIZE];
	struct network *network = &book->networks[book->network_count];
	if (book->network_count == NETWORKS || strcspn(value, " ") != ID_SIZE || value[ID_SIZE] != ' ')
		return;
	*network = (struct network){.name = value + ID_SIZE + 1};
	memcpy(network->id, value, ID_SIZE);
	snprintf(path, sizeof path, "networks/%s", network->id);
	network->dir = openat(book->root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	book->network_count++;
}

static void read_view(struct book *book)
{
	struct error err;
	struct fields view = {0};
	if (fields_read_file(&view, book->own, "view", &err) < 0)
		return;
	for (size_t i = 0; i < book->network_count; i++)
		close_network(&book->networks[i]);
	book->network_count = 0;
	fields_finish(&book->view);
	book->view = view;
	size_t at = 0;
	for (const char *value; (value = fields_next(&book->view, "network", &at));)
		open_network(book, value);
}

void book_refresh(struct book *book)
{
	if (is_newer(book->own, "view", &book->stamp))
		read_view(book);
	for (size_t i = 0; i < book->network_count; i++)
		if (book->networks[i].dir >= 0 && is_newer(book->networks[i].dir, "", &book->networks[i].stamp))
			read_network(&book->networks[i]);
}

static const char *after(const char *text)
{
	return text + strlen(text) + 1;
}

/* NAME, or NAME.NETWORK. */
static bool is_called(const struct entry *entry, const char *name, const char *network)
{
	const char *own = entry->names;
	for (size_t i = 0; i < entry->name_count; i++, own = after(own)) {
		size_t size = strlen(own);
		if (strncasecmp(own, name, size) == 0 &&
			(name[size] == 0 || (name[size] == '.' && strcasecmp(name + size + 1, network) == 0)))
			return true;
	}
	return false;
}

static size_t add_addresses(const struct entry *entry, struct address *list, size_t most)
{
	size_t count = 0;
	const char *text = entry->addresses;
	for (size_t i = 0; i < entry->address_count && count < most; i++, text = after(text)) {
		list[count] = (struct address){.family = strchr(text, ':') ? AF_INET6 : AF_INET};
		count += inet_pton(list[count].family, text, list[count].bytes) == 1;
	}
	return count;
}

/* The container that this one calls so (--link), or NULL. */
static const char *linked(const struct book *book, const char *name)
{
	size_t at = 0, size = strlen(name);
	for (const char *value; (value = fields_next(&book->view, "link", &at));)
		if (strncasecmp(value, name, size) == 0 && value[size] == ' ')
			return value + size + 1;
	return NULL;
}

size_t book_find(const struct book *book, const char *name, struct address *list, size_t most, bool *known)
{
	size_t count = 0;
	const char *target = linked(book, name);
	*known = false;
	/* The first network that knows the name: it is reached there. */
	for (size_t i = 0; i < book->network_count && !*known; i++) {
		const struct network *network = &book->networks[i];
		for (size_t k = 0; k < network->count; k++) {
			const struct entry *entry = &network->entries[k];
			if (target ? strcmp(entry->id, target) != 0 : !is_called(entry, name, network->name))
				continue;
			*known = true;
			count += add_addresses(entry, list + count, most - count);
		}
	}
	return count;
}

bool book_name(const struct book *book, const uint8_t *bytes, size_t size, char *name, size_t room)
{
	int family = size == 16 ? AF_INET6 : AF_INET;
	struct address list[16];
	for (size_t i = 0; i < book->network_count; i++)
		for (size_t k = 0; k < book->networks[i].count; k++) {
			const struct entry *entry = &book->networks[i].entries[k];
			size_t count = add_addresses(entry, list, sizeof list / sizeof *list);
			for (size_t n = 0; n < count; n++)
				if (list[n].family == family && memcmp(list[n].bytes, bytes, size) == 0)
					return snprintf(name, room, "%s.%s", entry->names, book->networks[i].name) < (int)room;
		}
	return false;
}

const char *book_server(const struct book *book, size_t number)
{
	size_t at = 0;
	for (const char *value; (value = fields_next(&book->view, "server", &at)); number--)
		if (number == 0)
			return value;
	return NULL;
}
