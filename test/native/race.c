/* Makes one command run many times while two names change places for ever beside it, and tells which outcomes there were.
 *   race TRIES [swap A B] [gone PATH]… [empty FOLDER]… [same FILE]… [rmdir PATH]… -- COMMAND [ARGUMENT]…
 * After each try: `gone` must not be there, `empty` must hold nothing, `same` must read as at first; `rmdir` is taken away for the next.
 * Prints {"tries":N,"left":N,"touched":N,"outcomes":[{"count":N,"code":N,"out":"…","err":"…"}]}; a code above 128 is a signal. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define TEXT 4096
#define OUTCOMES 256
#define WATCHES 32

static struct outcome {
	int count, code;
	char out[TEXT], err[TEXT];
} outcomes[OUTCOMES];
static struct watch {
	const char *verb, *path;
	char first[TEXT];
} watches[WATCHES];
static int watch_count, left, touched;

static void die(const char *what)
{
	fprintf(stderr, "race: %s: %s\n", what, strerror(errno));
	exit(2);
}

static void read_text(int fd, char *text)
{
	ssize_t n = pread(fd, text, TEXT - 1, 0);
	text[n > 0 ? n : 0] = 0;
}

static void read_path(const char *path, char *text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		die(path);
	read_text(fd, text);
	close(fd);
}

static bool is_empty(const char *path)
{
	DIR *dir = opendir(path);
	int names = 0;
	if (!dir)
		die(path);
	while (readdir(dir))
		names++;
	closedir(dir);
	return names == 2;
}

static void look(const struct watch *watch)
{
	char now[TEXT];
	if (strcmp(watch->verb, "gone") == 0) {
		left += access(watch->path, F_OK) == 0;
	} else if (strcmp(watch->verb, "empty") == 0) {
		touched += !is_empty(watch->path);
	} else if (strcmp(watch->verb, "same") == 0) {
		read_path(watch->path, now);
		touched += strcmp(now, watch->first) != 0;
	} else {
		rmdir(watch->path);
	}
}

static pid_t swap(const char *a, const char *b)
{
	pid_t pid = fork();
	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		if (renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE) < 0 && errno != ENOENT)
			_exit(1);
}

static int run(char **command, int out, int err)
{
	int status;
	if (ftruncate(out, 0) < 0 || ftruncate(err, 0) < 0)
		die("ftruncate");
	pid_t pid = vfork();
	if (pid == 0) {
		lseek(out, 0, SEEK_SET);
		lseek(err, 0, SEEK_SET);
		dup2(out, 1);
		dup2(err, 2);
		execvp(*command, command);
		_exit(127);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			die("waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void count(int code, int out, int err)
{
	static struct outcome now;
	int i = 0;
	read_text(out, now.out);
	read_text(err, now.err);
	while (i < OUTCOMES - 1 && outcomes[i].count &&
		(outcomes[i].code != code || strcmp(outcomes[i].out, now.out) || strcmp(outcomes[i].err, now.err)))
		i++;
	now.count = outcomes[i].count + 1;
	now.code = code;
	outcomes[i] = now;
}

static void print_text(const char *name, const char *text)
{
	printf(",\"%s\":\"", name);
	for (; *text; text++)
		printf((unsigned char)*text < 0x20 || *text == '"' || *text == '\\' ? "\\u%04x" : "%c", (unsigned char)*text);
	putchar('"');
}

int main(int argc, char **argv)
{
	int tries = argc > 1 ? atoi(argv[1]) : 0, at = 2;
	const char *a = NULL, *b = NULL;
	while (at < argc && strcmp(argv[at], "--") != 0)
		if (strcmp(argv[at], "swap") == 0 && at + 2 < argc) {
			a = argv[at + 1];
			b = argv[at + 2];
			at += 3;
		} else if (at + 1 < argc && watch_count < WATCHES) {
			struct watch *watch = &watches[watch_count++];
			*watch = (struct watch){.verb = argv[at], .path = argv[at + 1]};
			if (strcmp(watch->verb, "same") == 0)
				read_path(watch->path, watch->first);
			at += 2;
		} else {
			return 2;
		}
	if (tries < 1 || at + 1 >= argc)
		return 2;
	int out = memfd_create("out", MFD_CLOEXEC), err = memfd_create("err", MFD_CLOEXEC);
	pid_t swapper = a ? swap(a, b) : 0;
	for (int try = 0; try < tries; try++) {
		count(run(argv + at + 1, out, err), out, err);
		for (int i = 0; i < watch_count; i++)
			look(&watches[i]);
	}
	if (swapper > 0) {
		kill(swapper, SIGKILL);
		waitpid(swapper, NULL, 0);
	}
	printf("{\"tries\":%d,\"left\":%d,\"touched\":%d,\"outcomes\":[", tries, left, touched);
	for (int i = 0; i < OUTCOMES && outcomes[i].count; i++) {
		printf("%s{\"count\":%d,\"code\":%d", i ? "," : "", outcomes[i].count, outcomes[i].code);
		print_text("out", outcomes[i].out);
		print_text("err", outcomes[i].err);
		putchar('}');
	}
	puts("]}");
	return 0;
}
