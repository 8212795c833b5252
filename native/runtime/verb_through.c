/* through PROGRAM …: the rest of the line is another runtime's, crun's or runc's, which this process becomes once that one finds
 * what it needs. It and the container it makes live in a mount namespace where the image's files are; the host never has them. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "create.h"
#include "stand_in.h"
#include "util.h"
#include "verbs.h"

#define STATE_LIMIT (1u << 20)

/* The line of the other runtime: its global flags end at `verb`. */
struct line {
	int argc, verb;
	char **argv;
};

static int find_verb(struct line *line)
{
	static const char *const with_value[] = {"--root", "--log", "--log-format", "--log-level", "--cgroup-manager", NULL};
	int at = 1;
	while (at < line->argc && line->argv[at][0] == '-') {
		int i = 0;
		while (with_value[i] && strcmp(with_value[i], line->argv[at]) != 0)
			i++;
		at += with_value[i] ? 2 : 1;
	}
	return line->verb = at < line->argc ? at : -1;
}

static const char *value_of(const struct line *line, const char *flag, const char *letter)
{
	for (int i = line->verb + 1; i + 1 < line->argc; i++)
		if (strcmp(line->argv[i], flag) == 0 || strcmp(line->argv[i], letter) == 0)
			return line->argv[i + 1];
	return NULL;
}

static _Noreturn void ask_child(const struct line *line, int out)
{
	char *argv[64];
	int n = 0;
	for (; n < line->verb && n < 60; n++)
		argv[n] = line->argv[n];
	argv[n++] = (char[]){"state"};
	argv[n++] = line->argv[line->argc - 1];
	argv[n] = NULL;
	dup2(out, 1);
	execv(argv[0], argv);
	_exit(127);
}

/* The pid of the container's first process, as the other runtime tells it. */
static pid_t ask_pid(const struct line *line, struct error *err)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_set(err, errno, "pipe");
	pid_t child = fork();
	if (child == 0)
		ask_child(line, ends[1]);
	close(ends[1]);
	cleanup_close int in = ends[0];
	cleanup_free char *text = malloc(STATE_LIMIT + 1);
	ssize_t size = child < 0 || !text ? -1 : read_full(in, text, STATE_LIMIT);
	if (child < 0 || wait_code(child) != 0 || size < 0)
		return error_set(err, 0, "%s does not know container %s", line->argv[0], line->argv[line->argc - 1]);
	text[size] = 0;
	json_t *state = json_parse(text, (size_t)size, "state", err);
	json_int_t pid = json_integer_value(json_object_get(state, "pid"));
	json_decref(state);
	return pid > 1 && pid <= INT32_MAX ? (pid_t)pid : error_set(err, 0, "container %s is not running", line->argv[line->argc - 1]);
}

static int prepare_create(struct container *c, const struct line *line, struct error *err)
{
	char full[PATH_MAX];
	const char *bundle = value_of(line, "--bundle", "-b");
	if (!realpath(bundle ? bundle : ".", full))
		return error_set(err, errno, "bundle %s", bundle ? bundle : ".");
	c->bundle = arena_print(&c->spec.arena, "%s", full);
	return create_read(c, err) < 0 ? -1 : stand_in_create(c, err);
}

static int prepare_exec(struct container *c, const struct line *line, struct error *err)
{
	const char *file = value_of(line, "--process", "-p");
	if (!file)
		return 0;
	c->init = ask_pid(line, err);
	return c->init < 0 ? -1 : stand_in_exec(c, file, err);
}

/* crun opens /dev/stdin by its name, which cannot be done with a socket: what was sent is put into a file. */
static int keep_input(struct error *err)
{
	cleanup_free char *text = malloc(STATE_LIMIT);
	ssize_t size = text ? read_full(0, text, STATE_LIMIT) : -1;
	cleanup_close int file = size < 0 ? -1 : memfd_create("resources", MFD_CLOEXEC);
	if (file < 0 || write(file, text, (size_t)size) != size || lseek(file, 0, SEEK_SET) < 0 || dup2(file, 0) < 0)
		return error_set(err, errno, "take over the resources from stdin");
	return 0;
}

static int prepare_update(const struct line *line, struct error *err)
{
	const char *resources = value_of(line, "--resources", "-r");
	return resources && strcmp(resources, "-") == 0 ? keep_input(err) : 0;
}

static int prepare(struct container *c, const struct line *line, struct error *err)
{
	const char *verb = line->argv[line->verb];
	if (stand_in_enter(c, err) < 0)
		return -1;
	if (strcmp(verb, "create") == 0)
		return prepare_create(c, line, err);
	if (strcmp(verb, "exec") == 0)
		return prepare_exec(c, line, err);
	return strcmp(verb, "update") == 0 ? prepare_update(line, err) : 0;
}

int verb_through(const struct options *options, int argc, char **argv, struct error *err)
{
	struct line line = {.argc = argc - 1, .argv = argv + 1};
	if (argc < 3 || argv[1][0] != '/' || find_verb(&line) < 0)
		return error_set(err, 0, "usage: through /PATH/OF/PROGRAM [FLAGS] VERB ...");
	struct container c;
	container_init(&c, options);
	if (prepare(&c, &line, err) == 0) {
		execv(line.argv[0], line.argv);
		error_set(err, errno, "run %s", line.argv[0]);
	}
	container_finish(&c);
	return -1;
}
