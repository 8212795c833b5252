/* Makes tars: of a container's writable layer, of its whole file system, of a folder. The same files give the same bytes. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "archive.h"
#include "fields.h"
#include "fuse.h"
#include "links.h"
#include "sink.h"
#include "staging.h"
#include "tree.h"
#include "util.h"
#include "verbs.h"
#include "view.h"
#include "walk.h"

enum { READ_ROOM = 256 * 1024, NAMES_ROOM = 65536 };

struct options {
	struct view view;
	const char *path, *as, *output, *lock;
	FILE *changes; /* what alone is packed, as diff prints it */
	enum sink_form form;
	bool is_layer, has_root, follow;
	int result, hold;
};

struct pack {
	const struct options *options;
	struct ring ring;
	struct archive archive;
	struct sink sink;
	struct links links;
	uint64_t entries, bytes;
	struct tar_entry entry;
	struct tar_xattr xattrs[TAR_XATTR_LIMIT];
	char names[NAMES_ROOM], values[TAR_XATTR_LIMIT * 1024 > TAR_XATTR_SIZE ? TAR_XATTR_LIMIT * 1024 : TAR_XATTR_SIZE];
};

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct tar_xattr *)a)->name, ((const struct tar_xattr *)b)->name);
}

/* Of the extended attributes, those that an unpacker may set. */
static int read_xattrs(struct pack *pack, int fd, const char *path, struct error *err)
{
	size_t used = 0;
	ssize_t length = flistxattr(fd, pack->names, sizeof pack->names);
	if (length < 0)
		return errno == ENOTSUP ? 0 : error_set(err, errno, "%s: read the extended attributes", path);
	for (char *name = pack->names; name < pack->names + length; name += strlen(name) + 1) {
		if (!is_layer_xattr(name))
			continue;
		ssize_t size = fgetxattr(fd, name, pack->values + used, sizeof pack->values - used);
		if (size < 0 && errno == ENODATA)
			continue;
		if (size < 0 || pack->entry.xattr_count == TAR_XATTR_LIMIT)
			return error_set(err, size < 0 ? errno : E2BIG, "%s: read extended attribute %s", path, name);
		pack->xattrs[pack->entry.xattr_count++] = (struct tar_xattr){name, pack->values + used, (size_t)size};
		used += (size_t)size;
	}
	qsort(pack->xattrs, pack->entry.xattr_count, sizeof *pack->xattrs, by_name);
	pack->entry.xattrs = pack->xattrs;
	return 0;
}

/* As many bytes as the header says, whatever becomes of the file meanwhile; holes are not read. */
static int put_data(struct pack *pack, int fd, uint64_t size, struct error *err)
{
	static uint8_t buffer[READ_ROOM];
	const char *path = pack->entry.path;
	for (uint64_t at = 0; at < size;) {
		off_t data = lseek(fd, (off_t)at, SEEK_DATA);
		uint64_t start = data < 0 ? (errno == ENXIO ? size : at) : (uint64_t)data < size ? (uint64_t)data : size;
		if (start > at && archive_zeros(&pack->archive, start - at, err) < 0)
			return -1;
		off_t hole = start < size ? lseek(fd, (off_t)start, SEEK_HOLE) : 0;
		uint64_t end = hole < 0 || (uint64_t)hole > size ? size : (uint64_t)hole;
		for (at = start; at < end;) {
			ssize_t n = pread(fd, buffer, end - at < READ_ROOM ? (size_t)(end - at) : READ_ROOM, (off_t)at);
			if (n < 0)
				return error_set(err, errno, "read %s", path);
			if (n == 0)
				return archive_zeros(&pack->archive, size - at, err);
			if (archive_data(&pack->archive, buffer, (size_t)n, err) < 0)
				return -1;
			at += (uint64_t)n;
		}
		if (start == size)
			break;
	}
	return 0;
}

static int put_file(struct pack *pack, const struct walk_item *item, struct error *err)
{
	struct stat st;
	cleanup_close int fd = openat(item->parent, item->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : error_set(err, errno, "open %s", item->path);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return error_set(err, 0, "%s changed while it was read", item->path);
	pack->entry.type = TAR_FILE;
	pack->entry.size = (uint64_t)st.st_size;
	if (read_xattrs(pack, fd, item->path, err) < 0 || archive_entry(&pack->archive, &pack->entry, err) < 0 ||
		put_data(pack, fd, pack->entry.size, err) < 0)
		return -1;
	pack->bytes += pack->entry.size;
	return archive_pad(&pack->archive, pack->entry.size, err);
}

static int put_link(struct pack *pack, const struct walk_item *item, struct error *err)
{
	ssize_t n = readlinkat(item->parent, item->name, pack->entry.link, sizeof pack->entry.link - 1);
	if (n < 0)
		return errno == ENOENT ? 0 : error_set(err, errno, "read link %s", item->path);
	pack->entry.link[n] = 0;
	pack->entry.type = TAR_SYMLINK;
	return archive_entry(&pack->archive, &pack->entry, err);
}

static int put_special(struct pack *pack, const struct walk_item *item, struct error *err)
{
	bool is_device = S_ISCHR(item->st.st_mode) || S_ISBLK(item->st.st_mode);
	pack->entry.type = S_ISFIFO(item->st.st_mode) ? TAR_FIFO : S_ISCHR(item->st.st_mode) ? TAR_CHAR : TAR_BLOCK_DEVICE;
	pack->entry.major = is_device ? major(item->st.st_rdev) : 0;
	pack->entry.minor = is_device ? minor(item->st.st_rdev) : 0;
	return archive_entry(&pack->archive, &pack->entry, err);
}

/* A mark of a layer: an empty file whose name says what it hides. */
static int put_mark(struct pack *pack, const char *folder, const char *prefix, const char *name, struct error *err)
{
	struct tar_entry *mark = &pack->entry;
	*mark = (struct tar_entry){.type = TAR_FILE, .mode = 0600};
	if (snprintf(mark->path, sizeof mark->path, "%s%s%s%s", folder, *folder ? "/" : "", prefix, name) >= (int)sizeof mark->path)
		return error_set(err, ENAMETOOLONG, "%s/%s", folder, name);
	pack->entries++;
	return archive_entry(&pack->archive, mark, err);
}

static int put_folder(struct pack *pack, const struct walk_item *item, struct error *err)
{
	char value;
	cleanup_close int fd = openat(item->parent, item->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : error_set(err, errno, "open folder %s", item->path);
	pack->entry.type = TAR_FOLDER;
	size_t length = strlen(pack->entry.path);
	if (length + 2 > sizeof pack->entry.path)
		return error_set(err, ENAMETOOLONG, "%s", item->path);
	memcpy(pack->entry.path + length, "/", 2);
	bool is_named = *item->path || pack->options->as || pack->options->has_root;
	if (is_named && (read_xattrs(pack, fd, item->path, err) < 0 || archive_entry(&pack->archive, &pack->entry, err) < 0))
		return -1;
	pack->entries += is_named;
	if (!pack->options->is_layer ||
		(fgetxattr(fd, "trusted.overlay.opaque", &value, 1) != 1 && fgetxattr(fd, "user.overlay.opaque", &value, 1) != 1))
		return 0;
	return value == 'y' ? put_mark(pack, item->path, ".wh..wh.", ".opq", err) : 0;
}

/* What an entry is called: as in the tree, or below the name that was asked for. */
static int name_entry(struct pack *pack, const struct walk_item *item, struct error *err)
{
	const char *as = pack->options->as ? pack->options->as : *item->path ? "" : ".";
	struct tar_entry *entry = &pack->entry;
	if (snprintf(entry->path, sizeof entry->path, "%s%s%s", as, *as && *item->path ? "/" : "", item->path) >= (int)sizeof entry->path)
		return error_set(err, ENAMETOOLONG, "%s", item->path);
	entry->mode = item->st.st_mode & 07777;
	entry->uid = item->st.st_uid;
	entry->gid = item->st.st_gid;
	entry->mtime = item->st.st_mtim;
	return 0;
}

static int put_item(void *context, const struct walk_item *item, struct error *err)
{
	struct pack *pack = context;
	const char *first;
	if (item->when == WALK_LEAVE || S_ISSOCK(item->st.st_mode) || (pack->options->view.fuse && is_fuse_mark(item->name)))
		return 0;
	pack->entry = (struct tar_entry){0};
	const char *slash = strrchr(item->path, '/');
	if (pack->options->is_layer && is_whiteout(&item->st)) {
		char folder[TAR_NAME_LIMIT];
		snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - item->path) : 0, item->path);
		return put_mark(pack, folder, ".wh.", slash ? slash + 1 : item->path, err);
	}
	if (pack->options->is_layer && strncmp(slash ? slash + 1 : item->path, ".wh.", 4) == 0)
		return error_set(err, 0, "%s: in a layer a name that begins with .wh. means a deletion, so that this file cannot be in one",
			item->path);
	if (name_entry(pack, item, err) < 0)
		return -1;
	if (S_ISDIR(item->st.st_mode))
		return put_folder(pack, item, err);
	pack->entries++;
	if (links_find(&pack->links, &item->st, pack->entry.path, &first, err) < 0)
		return -1;
	if (first) {
		pack->entry.type = TAR_HARD_LINK;
		snprintf(pack->entry.link, sizeof pack->entry.link, "%s", first);
		return archive_entry(&pack->archive, &pack->entry, err);
	}
	return S_ISREG(item->st.st_mode)   ? put_file(pack, item, err)
	       : S_ISLNK(item->st.st_mode) ? put_link(pack, item, err)
					   : put_special(pack, item, err);
}

static int read_form(enum sink_form *form, const char *text, struct error *err)
{
	static const char *const names[] = {[SINK_PLAIN] = "none", [SINK_GZIP] = "gzip", [SINK_ZSTD] = "zstd"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(text, names[i]) == 0) {
			*form = (enum sink_form)i;
			return 0;
		}
	return error_set(err, 0, "--compress %s: gzip, zstd or none", text);
}

static int read_option(struct options *options, int option, char *text, struct error *err)
{
	uint64_t number;
	int result = view_option(&options->view, option, text, err);
	if (result <= 0)
		return result;
	const char **strings[] = {['p'] = &options->path, ['a'] = &options->as, ['o'] = &options->output, ['k'] = &options->lock};
	switch (option) {
	case 'L':
		options->is_layer = true;
		return 0;
	case 'r':
		options->has_root = true;
		return 0;
	case 'f':
		options->follow = true;
		return 0;
	case 'C':
		options->changes = fopen(text, "re");
		return options->changes ? 0 : error_set(err, errno, "open %s", text);
	case 'c':
		return read_form(&options->form, text, err);
	case 'R':
	case 'h':
		if (!parse_u64(text, 1023, &number) || fcntl((int)number, F_GETFD) < 0)
			return error_set(err, 0, "%s is not an open descriptor", text);
		*(option == 'R' ? &options->result : &options->hold) = (int)number;
		return 0;
	case '?':
		return error_set(err, 0, "unknown option, or one without its value");
	default:
		*strings[option] = text;
		return 0;
	}
}

static int read_options(struct options *options, int argc, char **argv, struct error *err)
{
	static const struct option known[] = {VIEW_OPTIONS, {"path", 1, NULL, 'p'}, {"as", 1, NULL, 'a'}, {"output", 1, NULL, 'o'},
		{"lock", 1, NULL, 'k'}, {"layer", 0, NULL, 'L'}, {"root", 0, NULL, 'r'}, {"follow", 0, NULL, 'f'},
		{"changes", 1, NULL, 'C'}, {"compress", 1, NULL, 'c'}, {"result", 1, NULL, 'R'}, {"hold", 1, NULL, 'h'}, {0}};
	int option;
	*options = (struct options){.path = "/", .output = "-", .result = -1, .hold = -1};
	opterr = 0;
	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1)
		if (read_option(options, option, optarg, err) < 0)
			return -1;
	if (optind != argc)
		return error_set(err, 0, "unexpected argument %s", argv[optind]);
	if (!!options->view.source + !!options->view.process + (options->view.lower_count || options->view.upper) != 1)
		return error_set(err, 0, "pack needs --source, --process, or --lower and --upper");
	if (options->result < 0 && strcmp(options->output, "-") != 0)
		options->result = STDOUT_FILENO;
	return 0;
}

static int open_output(const struct options *options, struct error *err)
{
	if (strcmp(options->output, "-") == 0)
		return STDOUT_FILENO;
	int fd = open(options->output, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	return fd < 0 ? error_set(err, errno, "make %s", options->output) : fd;
}

/* What `path` leads to, its last name followed only when asked; and the folder that holds it. */
static int walk_path(struct pack *pack, struct error *err)
{
	const char *path = pack->options->path;
	cleanup_close int fd = open(path, O_PATH | O_CLOEXEC | (pack->options->follow ? 0 : O_NOFOLLOW));
	if (fd < 0)
		return error_set(err, errno, "%s", path);
	struct stat st;
	if (fstat(fd, &st) < 0)
		return error_set(err, errno, "look up %s", path);
	if (S_ISDIR(st.st_mode))
		return walk_tree(fd, put_item, pack, err);
	/* A single file: by the folder that it lies in, which a link may have led to. */
	char folder[TAR_NAME_LIMIT];
	if (follow_path(path, pack->options->follow, folder, err) < 0)
		return -1;
	char *slash = strrchr(folder, '/');
	*slash = 0;
	cleanup_close int parent = open(*folder ? folder : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return parent < 0 ? error_set(err, errno, "open %s", folder) : walk_at(parent, slash + 1, put_item, pack, err);
}

/* `K /path` */
static int put_change(struct pack *pack, const char *change, struct error *err)
{
	struct walk_item item = {.path = change + 3, .parent = -1};
	char folder[TAR_NAME_LIMIT];
	const char *slash = strrchr(item.path, '/');
	item.name = slash ? slash + 1 : *item.path ? item.path : ".";
	if (snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - item.path) : 0, item.path) >= (int)sizeof folder)
		return error_set(err, ENAMETOOLONG, "%s", item.path);
	if (*change == 'D')
		return put_mark(pack, folder, ".wh.", item.name, err);
	cleanup_close int parent = open_in_root(AT_FDCWD, *folder ? folder : "/", O_PATH | O_DIRECTORY | O_NOFOLLOW, 0);
	/* It went after it was looked at. */
	if (parent < 0 || fstatat(parent, item.name, &item.st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : error_set(err, errno, "look up %s", item.path);
	item.parent = parent;
	return put_item(pack, &item, err);
}

static int by_path(const void *a, const void *b)
{
	return strcmp(*(char *const *)a + 2, *(char *const *)b + 2);
}

struct changes {
	char **list, *text;
	size_t count, room;
};

static void changes_finish(struct changes *changes)
{
	for (size_t i = 0; i < changes->count; i++)
		free(changes->list[i]);
	free(changes->list);
	free(changes->text);
}

static int changes_read(struct changes *changes, FILE *file, struct error *err)
{
	size_t room = 0;
	while (getdelim(&changes->text, &room, 0, file) > 0) {
		if (!strchr("ACD", *changes->text) || strncmp(changes->text + 1, " /", 2) != 0)
			return error_set(err, 0, "--changes: not a list that diff has made");
		if (changes->count == changes->room) {
			changes->room = changes->room ? 2 * changes->room : 1024;
			char **list = reallocarray(changes->list, changes->room, sizeof *list);
			if (!list)
				return error_set(err, errno, "read the changes");
			changes->list = list;
		}
		changes->list[changes->count++] = changes->text;
		changes->text = NULL;
		room = 0;
	}
	if (changes->count)
		qsort(changes->list, changes->count, sizeof *changes->list, by_path);
	return ferror(file) ? error_set(err, errno, "read the changes") : 0;
}

static int put_changes(struct pack *pack, struct error *err)
{
	struct changes changes __attribute__((cleanup(changes_finish))) = {0};
	if (changes_read(&changes, pack->options->changes, err) < 0)
		return -1;
	if (pack->options->has_root && put_change(pack, "C /", err) < 0)
		return -1;
	/* A folder on the way to changes may be told more than once. */
	for (size_t i = 0; i < changes.count; i++)
		if ((i == 0 || strcmp(changes.list[i - 1] + 2, changes.list[i] + 2) != 0) && put_change(pack, changes.list[i], err) < 0)
			return -1;
	return 0;
}

static int make_archive(struct pack *pack, struct error *err)
{
	struct error sunk;
	if (sink_start(&pack->sink, err) < 0)
		return -1;
	int result = pack->options->changes ? put_changes(pack, err) : walk_path(pack, err);
	if (result == 0)
		result = archive_end(&pack->archive, err);
	if (result < 0)
		ring_abort(&pack->ring);
	if (sink_finish(&pack->sink, &sunk) < 0 && (result == 0 || pack->archive.is_refused)) {
		*err = sunk;
		result = -1;
	}
	return result;
}

static int print_result(struct pack *pack, struct error *err)
{
	char tar[DIGEST_TEXT], blob[DIGEST_TEXT], data[4096];
	struct fields_writer out = {.data = data, .room = sizeof data};
	hash_text(&pack->sink.tar, tar);
	if (pack->sink.form == SINK_PLAIN)
		memcpy(blob, tar, sizeof blob);
	else
		hash_text(&pack->sink.blob, blob);
	fields_put(&out, "diff-id", "%s", tar);
	fields_put(&out, "digest", "%s", blob);
	fields_put(&out, "size", "%llu", (unsigned long long)pack->sink.size);
	fields_put(&out, "bytes", "%llu", (unsigned long long)pack->archive.bytes);
	fields_put(&out, "entries", "%llu", (unsigned long long)pack->entries);
	fields_put(&out, "file-bytes", "%llu", (unsigned long long)pack->bytes);
	return write_all(pack->options->result, out.data, out.used) < 0 ? error_set(err, errno, "write the result") : 0;
}

int verb_pack(int argc, char **argv, struct error *err)
{
	static struct options options;
	static struct pack pack = {.options = &options};
	int lock = -1;
	signal(SIGPIPE, SIG_IGN);
	if (read_options(&options, argc, argv, err) < 0)
		return -1;
	if (options.lock && staging_lock(options.lock, NULL, -1, &lock, err) < 0)
		return -1;
	cleanup_close int output = open_output(&options, err);
	if (output < 0 || ring_init(&pack.ring, err) < 0 || sink_init(&pack.sink, &pack.ring, output, options.form, err) < 0)
		return -1;
	pack.archive.ring = &pack.ring;
	if (view_enter(&options.view, err) < 0 || make_archive(&pack, err) < 0)
		return -1;
	if (options.result >= 0 && print_result(&pack, err) < 0)
		return -1;
	if (options.hold >= 0)
		staging_hold(options.hold);
	return 0;
}
