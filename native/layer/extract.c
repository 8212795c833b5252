/* Unpacks a tar into a folder of a container, or of the host: what `cp` carries over. No layer: names that begin with .wh. are names. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "decoder.h"
#include "owner.h"
#include "tree.h"
#include "util.h"
#include "verbs.h"
#include "view.h"

enum { TREE_READER, IDLE_READER };

struct extract {
	struct view view;
	const char *path, *user;
	struct source source;
	struct decoder decoder;
	struct ring ring;
	struct tree tree;
	struct tar tar;
	uint64_t entries;
};

static void *fill(void *argument)
{
	struct extract *extract = argument;
	struct error err = {0};
	uint8_t *slot;
	while ((slot = ring_slot(&extract->ring))) {
		ssize_t n = decoder_read(&extract->decoder, slot, RING_SLOT, &err);
		if (n > 0)
			ring_publish(&extract->ring, (size_t)n);
		if (n < RING_SLOT) {
			ring_end(&extract->ring, n < 0 ? &err : NULL);
			break;
		}
	}
	return NULL;
}

static int write_tree(struct extract *extract, struct error *err)
{
	struct tar_entry entry;
	int result;
	while ((result = tar_next(&extract->tar, &entry, err)) > 0) {
		extract->entries++;
		if (tree_put(&extract->tree, &extract->tar, &entry, err) < 0)
			return -1;
	}
	return result < 0 || tar_drain(&extract->tar, err) < 0 ? -1 : tree_seal(&extract->tree, err);
}

/* The folder that the tar is unpacked in, without links on the way. */
static int enter_place(struct extract *extract, struct error *err)
{
	static char place[TAR_NAME_LIMIT];
	struct stat st;
	struct statvfs fs;
	if (follow_path(extract->path, true, place, err) < 0)
		return -1;
	cleanup_close int folder = open(place, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (folder < 0 || fstat(folder, &st) < 0)
		return error_set(err, errno, "%s", extract->path);
	if (!S_ISDIR(st.st_mode))
		return error_set(err, 0, "extraction point is not a directory");
	if (fstatvfs(folder, &fs) < 0)
		return error_set(err, errno, "%s", extract->path);
	if (fs.f_flag & ST_RDONLY)
		return error_set(err, EROFS, "%s", extract->path);
	extract->tree.below = place + 1;
	if (extract->user) {
		extract->tree.owner = TREE_OWNER_GIVEN;
		if (owner_find(extract->user, &extract->tree.uid, &extract->tree.gid, err) < 0)
			return -1;
	}
	uint64_t room = (uint64_t)fs.f_bavail * fs.f_frsize;
	return decoder_init(&extract->decoder, &extract->source, room, err) < 0 ||
			       tar_init(&extract->tar, &extract->ring, TREE_READER, room, err) < 0
		       ? -1
		       : 0;
}

static int extract_all(struct extract *extract, struct error *err)
{
	pthread_t filler;
	/* Nobody hashes it. */
	ring_retire(&extract->ring, IDLE_READER);
	if (pthread_create(&filler, NULL, fill, extract))
		return error_set(err, EAGAIN, "start a thread");
	int result = write_tree(extract, err);
	if (result == 0)
		pthread_join(filler, NULL);
	return result;
}

static int read_options(struct extract *extract, int argc, char **argv, struct error *err)
{
	static const struct option known[] = {
		VIEW_OPTIONS, {"path", 1, NULL, 'p'}, {"user", 1, NULL, 'U'}, {"own", 0, NULL, 'O'}, {"root", 0, NULL, 'R'}, {0}};
	int option;
	opterr = 0;
	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		int result = view_option(&extract->view, option, optarg, err);
		if (result < 0)
			return -1;
		if (result == 0)
			continue;
		if (option == '?')
			return error_set(err, 0, "unknown option, or one without its value");
		if (option == 'O')
			extract->tree.owner = TREE_OWNER_NONE;
		else if (option == 'R')
			extract->tree.takes_root = true;
		else
			*(option == 'p' ? &extract->path : &extract->user) = optarg;
	}
	return extract->path && optind == argc ? 0 : error_set(err, 0, "extract needs --path");
}

int verb_extract(int argc, char **argv, struct error *err)
{
	static struct extract extract = {
		.tree.root = -1, .tree.implicit = -1, .tree.is_plain = true, .view.writable = true, .source.size = SIZE_UNKNOWN};
	signal(SIGPIPE, SIG_IGN);
	if (read_options(&extract, argc, argv, err) < 0)
		return -1;
	extract.source = (struct source){.file = -1,
		.stream = STDIN_FILENO,
		.save = -1,
		.progress = -1,
		.size = SIZE_UNKNOWN,
		.save_lock = PTHREAD_MUTEX_INITIALIZER};
	hash_init(&extract.source.hash, NULL);
	if (ring_init(&extract.ring, err) < 0 || view_enter(&extract.view, err) < 0 || tree_init(&extract.tree, err) < 0 ||
		enter_place(&extract, err) < 0 || extract_all(&extract, err) < 0) {
		/* A thread may still be at work: no tidying up of memory, the process ends. */
		dprintf(STDERR_FILENO, "%s\n", err->text);
		_exit(1);
	}
	printf("bytes %llu\nentries %llu\nfile-bytes %llu\n", (unsigned long long)extract.decoder.written,
		(unsigned long long)extract.entries, (unsigned long long)extract.tree.bytes);
	fflush(stdout);
	_exit(0);
}
