#include "rotation.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>

#include "loop.h"
#include "util.h"

#define NAME_ROOM (PATH_MAX + 32)
#define MOST_FILES 1000

/* json.log, json.log.1, json.log.2.gz; the job writes into json.log.part. */
static void name_of(const struct rotation *rotation, uint64_t n, const char *suffix, char name[NAME_ROOM])
{
	if (n == 0)
		snprintf(name, NAME_ROOM, "%s%s", rotation->path, suffix);
	else
		snprintf(name, NAME_ROOM, "%s.%llu%s", rotation->path, (unsigned long long)n, suffix);
}

static void remove_file(const struct rotation *rotation, uint64_t n)
{
	char name[NAME_ROOM];
	name_of(rotation, n, "", name);
	unlink(name);
	name_of(rotation, n, ".gz", name);
	unlink(name);
}

static void move_file(const struct rotation *rotation, uint64_t n, const char *suffix)
{
	char from[NAME_ROOM], to[NAME_ROOM];
	name_of(rotation, n, suffix, from);
	name_of(rotation, n + 1, suffix, to);
	rename(from, to);
}

/* The oldest file that is still as it was written, other than the newest. */
static uint64_t find_plain(const struct rotation *rotation, char name[NAME_ROOM])
{
	for (uint64_t n = rotation->max_files - 1; n >= 1; n--) {
		name_of(rotation, n, "", name);
		if (access(name, F_OK) == 0)
			return n;
	}
	return 0;
}

void rotation_compress(struct rotation *rotation)
{
	char name[NAME_ROOM], part[NAME_ROOM];
	struct error err;
	uint64_t n = rotation->compress && !rotation->job.pid ? find_plain(rotation, name) : 0;
	if (!n)
		return;
	name_of(rotation, 0, ".part", part);
	cleanup_close int in = open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	/* Never the file of a job that an earlier monitor has left. */
	unlink(part);
	cleanup_close int out = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (in >= 0 && out >= 0 && job_start(&rotation->job, rotation->compress, (const int[]){in, out, -1}, &err) == 0)
		rotation->compressing = n;
}

/* The file may have moved on meanwhile. What could not be made smaller stays as it is until the next rotation. */
static void compressed(struct job *job, int status)
{
	struct rotation *rotation = container_of(job, struct rotation, job);
	char part[NAME_ROOM], plain[NAME_ROOM], small[NAME_ROOM];
	uint64_t n = rotation->compressing;
	rotation->compressing = 0;
	name_of(rotation, 0, ".part", part);
	name_of(rotation, n, "", plain);
	name_of(rotation, n, ".gz", small);
	if (status != 0 || n >= rotation->max_files || rename(part, small) < 0) {
		unlink(part);
		return;
	}
	unlink(plain);
	rotation_compress(rotation);
}

/* From the oldest on, so that a reader who goes from the newest on meets each. */
void rotation_shift(struct rotation *rotation)
{
	remove_file(rotation, rotation->max_files - 1);
	for (uint64_t n = rotation->max_files - 1; n-- > 1;) {
		move_file(rotation, n, "");
		move_file(rotation, n, ".gz");
	}
	if (rotation->max_files > 1)
		move_file(rotation, 0, "");
	rotation->compressing += rotation->compressing > 0;
}

void rotation_init(struct rotation *rotation, const char *path, uint64_t max_files, const char *const *compress)
{
	*rotation = (struct rotation){
		.path = path,
		.max_files = max_files < 1	      ? 1
			     : max_files > MOST_FILES ? MOST_FILES
						      : max_files,
		.compress = compress,
		.job.done = compressed,
	};
	rotation_compress(rotation);
}
