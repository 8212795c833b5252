#include "maps.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "util.h"

#define SUBID_LIMIT (1u << 20)

static int write_file(pid_t pid, const char *file, const struct id_maps *maps)
{
	char path[64], text[16384];
	size_t used = 0;
	for (size_t i = 0; i < maps->count && used < sizeof text - 64; i++)
		used += (size_t)snprintf(
			text + used, sizeof text - used, "%u %u %u\n", maps->list[i].inside, maps->list[i].outside, maps->list[i].size);
	snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
	return write_file_at(AT_FDCWD, path, text);
}

/* One id that is the caller's own needs no help, when the groups are given up. */
static bool is_own(const struct id_maps *maps, uint32_t id)
{
	return maps->count == 1 && maps->list[0].outside == id && maps->list[0].size == 1;
}

/* newuidmap PID INSIDE OUTSIDE SIZE …: a setuid program of the system, which asks /etc/subuid. */
static int run_helper(pid_t pid, const char *program, const struct id_maps *maps, struct error *err)
{
	enum { ROOM = 64 };
	char words[3 * ROOM + 1][12];
	const char *argv[3 * ROOM + 3] = {program, words[0]};
	size_t n = 1;
	snprintf(words[0], sizeof words[0], "%d", (int)pid);
	if (maps->count > ROOM)
		return error_set(err, 0, "%s takes at most %d ranges", program, ROOM);
	for (size_t i = 0; i < maps->count; i++) {
		const uint32_t numbers[] = {maps->list[i].inside, maps->list[i].outside, maps->list[i].size};
		for (size_t k = 0; k < 3; k++, n++) {
			snprintf(words[n], sizeof words[n], "%u", numbers[k]);
			argv[n + 1] = words[n];
		}
	}
	pid_t child = fork();
	if (child == 0) {
		execvp(program, (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	int status = 0;
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (child < 0 || !WIFEXITED(status) || WEXITSTATUS(status) == 127)
		return error_set(err, 0, "run %s: an ordinary user needs it for more than one id (package uidmap)", program);
	return WEXITSTATUS(status) ? error_set(err, 0, "%s refused the mapping: are the ids yours in /etc/subuid and /etc/subgid?", program)
				   : 0;
}

int maps_write(pid_t pid, const struct id_maps *uids, const struct id_maps *gids, struct error *err)
{
	bool helped = geteuid() != 0 && !(is_own(uids, geteuid()) && is_own(gids, getegid()));
	if (helped)
		return run_helper(pid, "newuidmap", uids, err) < 0 ? -1 : run_helper(pid, "newgidmap", gids, err);
	char path[64];
	snprintf(path, sizeof path, "/proc/%d/setgroups", (int)pid);
	if (geteuid() != 0 && write_file_at(AT_FDCWD, path, "deny") < 0)
		return error_set(err, errno, "write %s", path);
	if (write_file(pid, "uid_map", uids) < 0)
		return error_set(err, errno, "write the uid map of the user namespace");
	if (write_file(pid, "gid_map", gids) < 0)
		return error_set(err, errno, "write the gid map of the user namespace");
	return 0;
}

bool maps_outside(const struct id_maps *maps, uint32_t inside, uint32_t *outside)
{
	for (size_t i = 0; i < maps->count; i++)
		if (inside >= maps->list[i].inside && inside - maps->list[i].inside < maps->list[i].size) {
			*outside = maps->list[i].outside + (inside - maps->list[i].inside);
			return true;
		}
	return false;
}

/* Lines "NAME|UID:FIRST:COUNT": the user's ranges go after the ids that are mapped already. */
static void add_subids(struct id_maps *maps, const char *file, const char *name, uint32_t id, size_t room)
{
	cleanup_free char *text = read_file_at(AT_FDCWD, file, SUBID_LIMIT, NULL, NULL);
	char *save = NULL, number[16];
	snprintf(number, sizeof number, "%u", id);
	for (char *line = text ? strtok_r(text, "\n", &save) : NULL; line && maps->count < room; line = strtok_r(NULL, "\n", &save)) {
		char owner[256];
		unsigned first, count;
		if (sscanf(line, "%255[^:]:%u:%u", owner, &first, &count) != 3 || !count)
			continue;
		if (strcmp(owner, number) != 0 && (!name || strcmp(owner, name) != 0))
			continue;
		const struct id_map *last = &maps->list[maps->count - 1];
		maps->list[maps->count++] = (struct id_map){last->inside + last->size, first, count};
	}
}

static struct id_maps own(struct arena *arena, uint32_t id, size_t room)
{
	struct id_maps maps = {arena_alloc(arena, room * sizeof *maps.list), 1};
	maps.list[0] = (struct id_map){0, id, 1};
	return maps;
}

/* getpwuid() of a static program would load libraries of the system: the file alone is asked. */
static bool own_name(char *name, size_t room)
{
	cleanup_free char *text = read_file_at(AT_FDCWD, "/etc/passwd", SUBID_LIMIT, NULL, NULL);
	char *save = NULL, word[256];
	unsigned id;
	for (char *line = text ? strtok_r(text, "\n", &save) : NULL; line; line = strtok_r(NULL, "\n", &save))
		if (sscanf(line, "%255[^:]:%*[^:]:%u", word, &id) == 2 && id == getuid())
			return snprintf(name, room, "%s", word) < (int)room;
	return false;
}

void maps_default(struct arena *arena, struct id_maps *uids, struct id_maps *gids)
{
	enum { ROOM = 32 };
	char name[256];
	*uids = own(arena, geteuid(), ROOM);
	*gids = own(arena, getegid(), ROOM);
	if (geteuid() == 0)
		return;
	bool named = own_name(name, sizeof name);
	add_subids(uids, "/etc/subuid", named ? name : NULL, getuid(), ROOM);
	add_subids(gids, "/etc/subgid", named ? name : NULL, getuid(), ROOM);
	/* Both or none: an id map by a helper wants the other too. */
	if (uids->count == 1 || gids->count == 1)
		uids->count = gids->count = 1;
}
