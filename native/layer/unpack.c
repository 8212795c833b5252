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
#include "fields.h"
#include "sandbox.h"
#include "staging.h"
#include "tree.h"
#include "util.h"
#include "verbs.h"

enum { TREE_READER, HASH_READER };
static const uint64_t UNPACKED_LIMIT = UINT64_C(100) << 30;

struct options {
	const char *target, *lock, *layer, *input, *blob, *save, *digest, *diff_id, *implicit, *keep;
	uint64_t size, limit;
	int progress, hold;
	bool measure;
	struct tree_through through[64];
	size_t through_count;
};

struct work {
	struct source source;
	struct decoder decoder;
	struct ring ring;
	struct hash diff;
	struct tree tree;
	struct tar tar;
	uint64_t entries;
};

static int read_through(struct options *options, char *text, struct error *err)
{
	char *colon = strchr(text, ':');
	if (!colon || options->through_count == sizeof options->through / sizeof *options->through)
		return error_set(err, 0, "--through %s: not PATH:TARGET, or more than 64 of them", text);
	*colon = 0;
	options->through[options->through_count++] = (struct tree_through){text, colon + 1};
	return 0;
}

static int read_option(struct options *options, int option, char *text, struct error *err)
{
	uint64_t number;
	const char **strings[] = {['t'] = &options->target,
		['k'] = &options->lock,
		['l'] = &options->layer,
		['i'] = &options->input,
		['b'] = &options->blob,
		['s'] = &options->save,
		['d'] = &options->digest,
		['D'] = &options->diff_id,
		['I'] = &options->implicit,
		['K'] = &options->keep};
	switch (option) {
	case 'T':
		return read_through(options, text, err);
	case 'M':
		options->measure = true;
		return 0;
	case 'n':
		return parse_u64(text, INT64_MAX, &options->size) ? 0 : error_set(err, 0, "--size %s: not a number", text);
	case 'm':
		return parse_u64(text, INT64_MAX, &options->limit) ? 0 : error_set(err, 0, "--limit %s: not a number", text);
	case 'p':
	case 'h':
		if (!parse_u64(text, 1023, &number) || fcntl((int)number, F_GETFD) < 0)
			return error_set(err, 0, "%s is not an open descriptor", text);
		*(option == 'p' ? &options->progress : &options->hold) = (int)number;
		return fcntl((int)number, F_SETFD, FD_CLOEXEC);
	case '?':
		return error_set(err, 0, "unknown option, or one without its value");
	default:
		*strings[option] = text;
		return 0;
	}
}

static int read_options(struct options *options, int argc, char **argv, struct error *err)
{
	static const struct option known[] = {{"target", 1, NULL, 't'}, {"lock", 1, NULL, 'k'}, {"layer", 1, NULL, 'l'},
		{"input", 1, NULL, 'i'}, {"blob", 1, NULL, 'b'}, {"save", 1, NULL, 's'}, {"digest", 1, NULL, 'd'},
		{"diff-id", 1, NULL, 'D'}, {"size", 1, NULL, 'n'}, {"limit", 1, NULL, 'm'}, {"progress", 1, NULL, 'p'},
		{"hold", 1, NULL, 'h'}, {"implicit", 1, NULL, 'I'}, {"through", 1, NULL, 'T'}, {"measure", 0, NULL, 'M'},
		{"keep", 1, NULL, 'K'}, {0}};
	int option;
	*options = (struct options){.size = SIZE_UNKNOWN, .limit = UNPACKED_LIMIT, .progress = -1, .hold = -1, .input = "-"};
	opterr = 0;
	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1)
		if (read_option(options, option, optarg, err) < 0)
			return -1;
	if (optind != argc)
		return error_set(err, 0, "unexpected argument %s", argv[optind]);
	if (options->digest && !digest_is_good(options->digest))
		return error_set(err, 0, "--digest %s: no digest", options->digest);
	if (options->diff_id && !digest_is_good(options->diff_id))
		return error_set(err, 0, "--diff-id %s: no digest", options->diff_id);
	if (options->save && options->size == SIZE_UNKNOWN)
		return error_set(err, 0, "--save needs --size, to know what is missing");
	return 0;
}

static int stream_of(const char *input, struct error *err)
{
	if (strcmp(input, "-") == 0)
		return STDIN_FILENO;
	int fd = open(input, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	return fd < 0 ? error_set(err, errno, "open %s", input) : fd;
}

/* A verified blob that is there already: nothing is waited for. 1: it is. */
static int open_blob(struct source *source, const struct options *options)
{
	struct stat st;
	source->file = options->blob ? open(options->blob, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
	if (source->file < 0 || fstat(source->file, &st) < 0)
		return 0;
	source->have = (uint64_t)st.st_size;
	return 1;
}

/* The part that came before, behind which the rest is written. A part that is too long is none of ours. */
static int open_part(struct source *source, const struct options *options, struct error *err)
{
	struct stat st;
	int part = part_lock(options->save, options->progress, err);
	if (part < 0)
		return -1;
	/* Somebody else may have finished it while we waited. */
	if (open_blob(source, options)) {
		unlink(options->save);
		close(part);
		return 0;
	}
	if (fstat(part, &st) < 0)
		return error_set(err, errno, "look up %s", options->save);
	if ((uint64_t)st.st_size > options->size && (ftruncate(part, 0) < 0 || fstat(part, &st) < 0))
		return error_set(err, errno, "empty %s", options->save);
	source->file = source->save = part;
	source->have = (uint64_t)st.st_size;
	source->stream = source->have < options->size ? stream_of(options->input, err) : -1;
	return source->have < options->size && source->stream < 0 ? -1 : 0;
}

static int open_source(struct source *source, const struct options *options, struct error *err)
{
	*source = (struct source){.file = -1,
		.stream = -1,
		.save = -1,
		.progress = options->progress,
		.size = options->size,
		.save_lock = PTHREAD_MUTEX_INITIALIZER};
	hash_init(&source->hash, options->digest);
	if (!open_blob(source, options)) {
		if (options->save) {
			if (open_part(source, options, err) < 0)
				return -1;
		} else {
			source->stream = stream_of(options->input, err);
			if (source->stream < 0)
				return -1;
			source->save = options->keep ? open(options->keep, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600) : -1;
			if (options->keep && source->save < 0)
				return error_set(err, errno, "make %s", options->keep);
		}
	}
	progress_line(options->progress, "have %llu\n", (unsigned long long)source->have);
	return 0;
}

/* Thread: reads, hashes and inflates the blob into the ring. */
static void *fill(void *argument)
{
	struct work *work = argument;
	struct error err = {0};
	uint8_t *slot;
	while ((slot = ring_slot(&work->ring))) {
		ssize_t n = decoder_read(&work->decoder, slot, RING_SLOT, &err);
		if (n > 0)
			ring_publish(&work->ring, (size_t)n);
		if (n < RING_SLOT) {
			ring_end(&work->ring, n < 0 ? &err : NULL);
			break;
		}
	}
	return NULL;
}

/* Thread: the digest of the tar. */
static void *digest(void *argument)
{
	struct work *work = argument;
	struct error err;
	const uint8_t *data;
	size_t size;
	while (ring_take(&work->ring, HASH_READER, &data, &size, &err) > 0) {
		hash_update(&work->diff, data, size);
		ring_release(&work->ring, HASH_READER);
	}
	return NULL;
}

static int write_tree(struct work *work, struct error *err)
{
	struct tar_entry entry;
	int result;
	while ((result = tar_next(&work->tar, &entry, err)) > 0) {
		work->entries++;
		if (tree_put(&work->tree, &work->tar, &entry, err) < 0)
			return -1;
	}
	if (result < 0 || tar_drain(&work->tar, err) < 0)
		return -1;
	return tree_seal(&work->tree, err);
}

static int run_threads(struct work *work, struct error *err)
{
	pthread_t filler, hasher;
	if (pthread_create(&filler, NULL, fill, work))
		return error_set(err, EAGAIN, "start a thread");
	if (pthread_create(&hasher, NULL, digest, work)) {
		ring_abort(&work->ring);
		pthread_join(filler, NULL);
		return error_set(err, EAGAIN, "start a thread");
	}
	int result = write_tree(work, err);
	if (result < 0)
		ring_abort(&work->ring);
	/* The filler may hang in a read that never ends: the process goes down anyway. */
	if (result == 0) {
		pthread_join(filler, NULL);
		pthread_join(hasher, NULL);
	}
	return result;
}

/* Only reads and hashes: for a blob that shall be kept and not unpacked. */
static int read_all(struct work *work, struct error *err)
{
	uint8_t *buffer = work->ring.memory;
	ssize_t n;
	while ((n = source_read(&work->source, buffer, RING_SLOT, err)) > 0)
		;
	return (int)n;
}

/* Of a blob that nobody has described: that it is a tar, and what its digests are. */
static int measure(struct work *work, const struct options *options, struct error *err)
{
	ssize_t n;
	hash_init(&work->diff, options->diff_id);
	if (sandbox_seal(err) < 0 || decoder_init(&work->decoder, &work->source, options->limit, err) < 0)
		return -1;
	while ((n = decoder_read(&work->decoder, work->ring.memory, RING_SLOT, err)) > 0)
		hash_update(&work->diff, work->ring.memory, (size_t)n);
	return (int)n;
}

static uint64_t unpacked_limit(const struct options *options)
{
	struct statvfs fs;
	if (statvfs(options->target, &fs) < 0)
		return options->limit;
	uint64_t room = (uint64_t)fs.f_bavail * fs.f_frsize;
	return room < options->limit ? room : options->limit;
}

static int unpack_into(struct work *work, const struct options *options, struct error *err)
{
	uint64_t limit = unpacked_limit(options);
	if (options->implicit) {
		work->tree.implicit = open(options->implicit, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (work->tree.implicit < 0)
			return error_set(err, errno, "open %s", options->implicit);
	}
	if (mkdir(options->target, 0755) < 0 && errno != EEXIST)
		return error_set(err, errno, "make %s", options->target);
	if (sandbox_enter(options->target, err) < 0 || tree_init(&work->tree, err) < 0)
		return -1;
	work->tree.through = (struct tree_through *)options->through;
	work->tree.through_count = options->through_count;
	hash_init(&work->diff, options->diff_id);
	if (decoder_init(&work->decoder, &work->source, limit, err) < 0 || tar_init(&work->tar, &work->ring, TREE_READER, limit, err) < 0)
		return -1;
	return run_threads(work, err);
}

static int compare(const char *what, const char *got, const char *want, struct error *err)
{
	return !want || strcmp(got, want) == 0 ? 0 : error_set(err, 0, "the %s is %s and not %s", what, got, want);
}

static int print_result(struct work *work, const struct options *options, struct error *err)
{
	char digest_text[DIGEST_TEXT], diff_text[DIGEST_TEXT], data[4096];
	struct fields_writer out = {.data = data, .room = sizeof data};
	hash_text(&work->source.hash, digest_text);
	if (compare("blob's digest", digest_text, options->digest, err) < 0)
		return -1;
	fields_put(&out, "digest", "%s", digest_text);
	fields_put(&out, "size", "%llu", (unsigned long long)work->source.count);
	if (options->target || options->measure) {
		hash_text(&work->diff, diff_text);
		if (compare("layer's diff-id", diff_text, options->diff_id, err) < 0)
			return -1;
		fields_put(&out, "diff-id", "%s", diff_text);
		fields_put(&out, "bytes", "%llu", (unsigned long long)work->decoder.written);
		fields_put(&out, "entries", "%llu", (unsigned long long)work->entries);
		fields_put(&out, "file-bytes", "%llu", (unsigned long long)work->tree.bytes);
		fields_put(&out, "skipped-xattrs", "%llu", (unsigned long long)work->tree.skipped_xattrs);
		fields_put(&out, "root", "%s", work->tree.has_root ? "yes" : "no");
		fields_put(&out, "opaque", "%s", work->tree.is_opaque ? "yes" : "no");
	}
	return write_all(STDOUT_FILENO, out.data, out.used) < 0 ? error_set(err, errno, "write the result") : 0;
}

static int unpack(struct work *work, const struct options *options, struct error *err)
{
	if (open_source(&work->source, options, err) < 0 || ring_init(&work->ring, err) < 0)
		return -1;
	/* The part file's lock is for those who write it, and ends here: a whole one is not written again. */
	cleanup_close int part = work->source.save;
	int result = options->target	? unpack_into(work, options, err)
		     : options->measure ? measure(work, options, err)
					: read_all(work, err);
	if (result == 0)
		result = print_result(work, options, err);
	/* An error with a number is this machine's, as a full disk: what came stays good. */
	if (result < 0 && !err->code && !work->source.is_short)
		source_spoil(&work->source);
	return result;
}

int verb_unpack(int argc, char **argv, struct error *err)
{
	static struct work work = {.tree.root = -1, .tree.implicit = -1};
	struct options options;
	int lock = -1;
	signal(SIGPIPE, SIG_IGN);
	if (read_options(&options, argc, argv, err) < 0)
		return -1;
	if (options.lock) {
		int result = staging_lock(options.lock, options.layer, options.progress, &lock, err);
		if (result < 0)
			return -1;
		if (result == 0)
			return dprintf(STDOUT_FILENO, "exists yes\n") < 0 ? error_set(err, errno, "write the result") : 0;
	}
	if (unpack(&work, &options, err) < 0) {
		/* Threads may still be at work on it: no tidying up of memory, the process ends. */
		dprintf(STDERR_FILENO, "%s\n", err->text);
		_exit(1);
	}
	if (options.hold >= 0)
		staging_hold(options.hold);
	_exit(0);
}
