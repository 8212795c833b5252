/* The system call filter. Compiling one takes longer than all the rest of a start, so compiled ones are kept. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

#include "container.h"
#include "seccomp_compile.h"
#include "util.h"

#define CACHE_LIMIT (16u << 20)
#define CODE_LIMIT 65535
#define KEPT_LIMIT 64

/* A cache file: this head, the text that it was made from, the code. The whole text is compared, so that the name may be
 * a short hash. */
struct cache_head {
	char magic[8];
	uint32_t text_size, count;
};
/* Raised when seccomp_compile.c makes other code of the same configuration. */
#define COMPILER 3
static const char magic[8] = "HWSECC1";

static uint64_t hash(const char *text, size_t size)
{
	uint64_t sum = 0xcbf29ce484222325;
	for (size_t i = 0; i < size; i++)
		sum = (sum ^ (unsigned char)text[i]) * 0x100000001b3;
	return sum;
}

/* What decides about the code: the compiler, the architecture, and the configuration as written. */
static char *cache_text(const json_t *seccomp)
{
	struct utsname host;
	cleanup_free char *json = json_dumps(seccomp, JSON_COMPACT);
	char *text = NULL;
	if (!json || uname(&host) < 0 || asprintf(&text, "%d %s %s", COMPILER, host.machine, json) < 0)
		return NULL;
	return text;
}

static int open_cache(const struct container *c)
{
	const char *path = spec_annotation(&c->spec, "io.hawser.cache");
	char own[PATH_MAX];
	struct stat st;
	if (!path && snprintf(own, sizeof own, "%s/.cache", c->options->root) < (int)sizeof own &&
		(mkdir(own, 0700) == 0 || errno == EEXIST))
		path = own;
	int fd = path ? open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
	/* A folder that others may write to could hand us a filter that lets everything through. */
	if (fd >= 0 && (fstat(fd, &st) < 0 || st.st_uid != geteuid() || (st.st_mode & 022))) {
		close(fd);
		return -1;
	}
	return fd;
}

static bool cache_read(int dir, const char *name, const char *text, struct filter *filter)
{
	cleanup_close int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 077))
		return false;
	struct cache_head head;
	size_t text_size = strlen(text);
	if (st.st_size > CACHE_LIMIT || read_full(fd, &head, sizeof head) != sizeof head || memcmp(head.magic, magic, sizeof magic) != 0 ||
		head.text_size != text_size || head.count == 0 || head.count > CODE_LIMIT ||
		(size_t)st.st_size != sizeof head + text_size + head.count * sizeof *filter->code)
		return false;
	cleanup_free char *kept = malloc(text_size + 1);
	struct sock_filter *code = calloc(head.count, sizeof *code);
	if (!kept || !code || read_full(fd, kept, text_size) != (ssize_t)text_size || memcmp(kept, text, text_size) != 0 ||
		read_full(fd, code, head.count * sizeof *code) != (ssize_t)(head.count * sizeof *code)) {
		free(code);
		return false;
	}
	filter->code = code;
	filter->count = head.count;
	return true;
}

/* Whoever makes a new configuration for every container must not fill the memory. */
static void make_room(int dir)
{
	cleanup_dir DIR *folder = fdopendir(dup(dir));
	size_t kept = 0;
	for (struct dirent *entry; folder && (entry = readdir(folder));)
		if (strncmp(entry->d_name, "seccomp-", 8) == 0 && ++kept >= KEPT_LIMIT)
			unlinkat(dir, entry->d_name, 0);
}

static void cache_write(int dir, const char *name, const char *text, const struct filter *filter)
{
	struct cache_head head = {.text_size = (uint32_t)strlen(text), .count = (uint32_t)filter->count};
	memcpy(head.magic, magic, sizeof magic);
	size_t code_size = filter->count * sizeof *filter->code, size = sizeof head + head.text_size + code_size;
	cleanup_free char *data = malloc(size);
	if (!data)
		return;
	memcpy(data, &head, sizeof head);
	memcpy(data + sizeof head, text, head.text_size);
	memcpy(data + sizeof head + head.text_size, filter->code, code_size);
	make_room(dir);
	/* A cache that cannot be written costs time, not the container. */
	replace_file_at(dir, name, data, size, 0600, false, NULL);
}

/* run.oci.seccomp_fail_unknown_syscall, as crun has it: a rule that cannot be in force stops the container. */
static int check_calls(const struct container *c, struct error *err)
{
	bool wanted = spec_annotation(&c->spec, "run.oci.seccomp_fail_unknown_syscall");
	const char *unknown = wanted ? filter_unknown_call(c->spec.seccomp) : NULL;
	return unknown ? error_set(err, 0, "linux.seccomp: %s is not a system call that is known here", unknown) : 0;
}

int filter_prepare(struct container *c, struct error *err)
{
	if (!c->spec.seccomp)
		return 0;
	if (check_calls(c, err) < 0 || filter_flags(c->spec.seccomp, &c->spec.arena, &c->filter, err) < 0)
		return -1;
	cleanup_close int dir = open_cache(c);
	if (dir < 0)
		return filter_compile(c->spec.seccomp, &c->spec.arena, &c->filter, err);
	cleanup_free char *text = cache_text(c->spec.seccomp);
	char name[64];
	if (!text)
		return error_set(err, ENOMEM, "linux.seccomp");
	snprintf(name, sizeof name, "seccomp-%016llx", (unsigned long long)hash(text, strlen(text)));
	if (cache_read(dir, name, text, &c->filter))
		return 0;
	if (filter_compile(c->spec.seccomp, &c->spec.arena, &c->filter, err) < 0)
		return -1;
	cache_write(dir, name, text, &c->filter);
	return 0;
}

int filter_load(struct container *c, struct error *err)
{
	const struct filter *filter = &c->filter;
	if (!filter->code)
		return 0;
	struct sock_fprog program = {.len = (unsigned short)filter->count, .filter = filter->code};
	if (filter->count > CODE_LIMIT)
		return error_set(err, 0, "linux.seccomp: the filter is too long for the kernel");
	long fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, filter->flags, &program);
	if (fd < 0)
		return error_set(err, errno, "load the seccomp filter of %zu instructions", filter->count);
	return filter->listens ? listener_offer(c, (int)fd, err) : 0;
}
