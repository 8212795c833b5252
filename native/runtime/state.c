#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <time.h>

#include "util.h"

#define STATE_LIMIT (1u << 20)
#define PIDFS_MAGIC 0x50494446

bool state_id_is_good(const char *id)
{
	size_t length = strlen(id);
	return length > 0 && length < 256 && *id != '.' &&
	       strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-.") == length;
}

static int make_parents(const char *path)
{
	char part[PATH_MAX];
	if (snprintf(part, sizeof part, "%s", path) >= (int)sizeof part) {
		errno = ENAMETOOLONG;
		return -1;
	}
	for (char *at = part + 1; *at; at++) {
		if (*at != '/')
			continue;
		*at = 0;
		if (mkdir(part, 0755) < 0 && errno != EEXIST)
			return -1;
		*at = '/';
	}
	return mkdir(part, 0700) < 0 && errno != EEXIST ? -1 : 0;
}

int state_open_root(const char *root, int *fd, struct error *err)
{
	*fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*fd < 0 && errno == ENOENT && make_parents(root) == 0)
		*fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;
	if (*fd < 0 || fstat(*fd, &st) < 0)
		return error_set(err, errno, "open the state folder %s", root);
	/* What is written there is believed later. In a user namespace we are root too, and strangers are 65534. */
	bool ours = st.st_uid == geteuid() || (geteuid() == 0 && st.st_uid != 65534);
	return ours ? 0 : error_set(err, 0, "the state folder %s is somebody else's", root);
}

int state_claim(struct container *c, struct error *err)
{
	if (mkdirat(c->root_dir, c->id, 0700) < 0)
		return errno == EEXIST ? error_set(err, 0, "container %s exists already", c->id)
				       : error_set(err, errno, "make the state folder of %s", c->id);
	c->state_dir = openat(c->root_dir, c->id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return c->state_dir < 0 ? error_set(err, errno, "open the state folder of %s", c->id) : 0;
}

/* Opened for reading and writing: neither open waits, and the child's read has an end only when `start` writes. */
int state_make_fifos(struct container *c, struct error *err)
{
	if (mkfifoat(c->state_dir, FIFO_START, 0600) < 0 || mkfifoat(c->state_dir, FIFO_STARTED, 0600) < 0)
		return error_set(err, errno, "make the fifos of %s", c->id);
	c->start_fd = openat(c->state_dir, FIFO_START, O_RDWR | O_CLOEXEC);
	c->started_fd = openat(c->state_dir, FIFO_STARTED, O_RDWR | O_CLOEXEC);
	return c->start_fd < 0 || c->started_fd < 0 ? error_set(err, errno, "open the fifos of %s", c->id) : 0;
}

static json_t *cgroup_json(const struct cgroup *cgroup)
{
	json_t *list = json_array();
	for (size_t i = 0; i < cgroup->count; i++)
		json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "controllers", cgroup->list[i].controllers, "point",
						    cgroup->list[i].point, "path", cgroup->list[i].path));
	return list;
}

static const char *now_text(char *text, size_t room)
{
	struct timespec now;
	struct tm parts;
	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &parts);
	size_t n = strftime(text, room, "%Y-%m-%dT%H:%M:%S", &parts);
	snprintf(text + n, room - n, ".%09ldZ", now.tv_nsec);
	return text;
}

/* Start times count in hundredths of a second, in which a pid may come round; pidfs numbers the processes of a boot one by one.
 * 0: this kernel has none. */
static uint64_t pidfd_inode(int fd)
{
	struct statfs fs;
	struct stat st;
	return fd >= 0 && fstatfs(fd, &fs) == 0 && fs.f_type == PIDFS_MAGIC && fstat(fd, &st) == 0 ? st.st_ino : 0;
}

int state_write(struct container *c, struct error *err)
{
	char created[64];
	unsigned long long start = c->pid ? process_start_time(c->pid) : 0;
	json_t *json = json_pack("{s:i, s:s, s:i, s:I, s:I, s:s, s:s, s:s, s:b, s:s?, s:o, s:O?}", "version", 1, "id", c->id, "pid",
		(int)c->pid, "start", (json_int_t)start, "inode", (json_int_t)pidfd_inode(c->pidfd), "bundle", c->bundle, "rootfs",
		c->spec.root, "created", now_text(created, sizeof created), "unified", c->cgroup.pure, "unit", c->cgroup.unit, "cgroup",
		cgroup_json(&c->cgroup), "annotations", c->spec.annotations);
	cleanup_free char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
	json_decref(json);
	if (!text)
		return error_set(err, 0, "state of %s: some text in it is not UTF-8", c->id);
	if (faccessat(c->state_dir, "config.json", F_OK, 0) < 0 &&
		replace_file_at(c->state_dir, "config.json", c->config, c->config_size, 0600, false, err) < 0)
		return -1;
	return replace_file_at(c->state_dir, "state.json", text, strlen(text), 0600, false, err);
}

void state_remove(int root, const char *id)
{
	static const char *const files[] = {"state.json", "config.json", FIFO_START, FIFO_STARTED};
	cleanup_close int dir = openat(root, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	for (size_t i = 0; dir >= 0 && i < sizeof files / sizeof *files; i++)
		unlinkat(dir, files[i], 0);
	if (dir < 0 || unlinkat(root, id, AT_REMOVEDIR) == 0 || errno != ENOTEMPTY)
		return;
	/* What a write that was cut short left beside. */
	cleanup_dir DIR *folder = fdopendir(dup(dir));
	struct dirent *entry;
	while (folder && (entry = readdir(folder)))
		unlinkat(dir, entry->d_name, 0);
	unlinkat(root, id, AT_REMOVEDIR);
}

static void read_cgroups(struct reader *r, struct state *state)
{
	const json_t *list = read_array(r, state->json, "state", "cgroup");
	state->cgroup = (struct cgroup){.arena = &state->arena,
		.pure = read_bool(r, state->json, "state", "unified"),
		.unit = read_string(r, state->json, "state", "unit")};
	for (size_t i = 0; i < json_array_size(list) && i < CGROUP_HIERARCHIES && !r->failed; i++) {
		const char *place;
		const json_t *entry = read_element(r, list, i, "state.cgroup", &place);
		const char *controllers = read_string(r, entry, place, "controllers");
		controllers = controllers ? controllers : "";
		state->cgroup.list[state->cgroup.count++] = (struct hierarchy){
			.controllers = controllers,
			.point = read_required(r, entry, place, "point"),
			.path = read_required(r, entry, place, "path"),
			.unified = !*controllers,
			.fd = -1,
			.tasks = -1,
		};
	}
}

int state_load(struct state *state, int root, const char *id, struct error *err)
{
	*state = (struct state){.dir = -1};
	if (!state_id_is_good(id))
		return error_set(err, 0, "'%s' is not a container id", id);
	state->dir = openat(root, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (state->dir < 0 && errno == ENOENT) {
		error_set(err, 0, "container %s does not exist", id);
		err->code = ENOENT;
		return -1;
	}
	size_t size;
	cleanup_free char *text = state->dir < 0 ? NULL : read_file_at(state->dir, "state.json", STATE_LIMIT, &size, err);
	if (!text)
		return error_wrap(err, "state of container %s", id);
	state->json = json_parse(text, size, "state.json", err);
	if (!state->json)
		return -1;
	struct reader r = {.arena = &state->arena, .err = err};
	state->id = arena_print(&state->arena, "%s", id);
	state->bundle = read_required(&r, state->json, "state", "bundle");
	state->rootfs = read_string(&r, state->json, "state", "rootfs");
	state->created = read_string(&r, state->json, "state", "created");
	state->pid = (pid_t)read_number(&r, state->json, "state", "pid", 0, INT32_MAX).value;
	state->start = (uint64_t)read_number(&r, state->json, "state", "start", 0, INT64_MAX).value;
	state->inode = (uint64_t)read_number(&r, state->json, "state", "inode", 0, INT64_MAX).value;
	state->annotations = read_object(&r, state->json, "state", "annotations");
	read_cgroups(&r, state);
	return r.failed ? -1 : 0;
}

void state_finish(struct state *state)
{
	if (state->dir >= 0)
		close(state->dir);
	json_decref(state->json);
	cgroup_finish(&state->cgroup);
	arena_finish(&state->arena);
	*state = (struct state){.dir = -1};
}

/* A zombie has a start time too, but is as good as gone. */
static bool is_zombie(pid_t pid)
{
	char path[32], line[512];
	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read_full(fd, line, sizeof line - 1);
	line[n > 0 ? n : 0] = 0;
	const char *at = strrchr(line, ')');
	return !at || at[1] != ' ' || at[2] == 'Z' || at[2] == 'X';
}

/* Looked at after the descriptor was got: it cannot become another process any more. */
static bool is_ours(const struct state *state, int fd)
{
	return fd >= 0 && (state->inode == 0 || pidfd_inode(fd) == state->inode) && process_start_time(state->pid) == state->start &&
	       !is_zombie(state->pid);
}

bool state_is_alive(const struct state *state)
{
	cleanup_close int fd = state->pid > 0 ? pidfd_open(state->pid, 0) : -1;
	return is_ours(state, fd);
}

int state_pidfd(const struct state *state, struct error *err)
{
	int fd = state->pid > 0 ? pidfd_open(state->pid, 0) : -1;
	if (is_ours(state, fd))
		return fd;
	if (fd >= 0)
		close(fd);
	return error_set(err, 0, "container %s is not running", state->id);
}

const char *state_status(struct state *state)
{
	if (!state_is_alive(state))
		return state->pid ? "stopped" : "creating";
	if (faccessat(state->dir, FIFO_START, F_OK, 0) == 0)
		return "created";
	return cgroup_is_frozen(&state->cgroup) ? "paused" : "running";
}

char *state_text(const char *id, const char *status, pid_t pid, const char *bundle, const json_t *annotations, const struct state *more)
{
	json_t *json = json_pack(
		"{s:s, s:s, s:s, s:i, s:s}", "ociVersion", SPEC_VERSION, "id", id, "status", status, "pid", (int)pid, "bundle", bundle);
	if (json && more) {
		json_object_set_new(json, "rootfs", json_string(more->rootfs ? more->rootfs : ""));
		json_object_set_new(json, "created", json_string(more->created ? more->created : ""));
		json_object_set_new(json, "owner", json_string(""));
	}
	if (json && annotations)
		json_object_set(json, "annotations", (json_t *)annotations);
	char *text = json ? json_dumps(json, JSON_INDENT(2)) : NULL;
	json_decref(json);
	return text;
}
