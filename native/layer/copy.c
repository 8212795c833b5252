#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/fs.h>
#include <linux/mount.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

#include "links.h"
#include "remove.h"
#include "sandbox.h"
#include "tree.h"
#include "util.h"
#include "verbs.h"
#include "walk.h"

#define OVERLAY_MARK "trusted.overlay."
enum { LAYER_LIMIT = 500 };

struct copy {
	struct tree tree;	 /* the target */
	int layers[LAYER_LIMIT]; /* topmost first; or a single tree */
	size_t layer_count;
	bool merges; /* layers are put over each other, so that their marks are obeyed and not copied */
	struct links links;
	uint64_t bytes, entries;
};

static int copy_by_hand(int from, int to, off_t at, off_t end)
{
	static char buffer[256 * 1024];
	while (at < end) {
		size_t want = end - at < (off_t)sizeof buffer ? (size_t)(end - at) : sizeof buffer;
		ssize_t n = pread(from, buffer, want, at);
		if (n <= 0)
			return (int)n;
		if (pwrite(to, buffer, (size_t)n, at) != n)
			return -1;
		at += n;
	}
	return 0;
}

static int copy_range(int from, int to, off_t at, off_t end)
{
	off_t in = at, out = at;
	while (in < end) {
		ssize_t n = copy_file_range(from, &in, to, &out, (size_t)(end - in), 0);
		if (n < 0 && (errno == EXDEV || errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP))
			return copy_by_hand(from, to, in, end);
		if (n <= 0)
			return (int)n;
	}
	return 0;
}

/* Extents are shared where the file system can; otherwise what is data is copied, and holes stay holes. */
static int copy_data(int from, int to, off_t size)
{
	if (size == 0 || ioctl(to, FICLONE, from) == 0)
		return 0;
	for (off_t at = 0; at < size;) {
		off_t data = lseek(from, at, SEEK_DATA);
		if (data < 0 && errno == ENXIO)
			break;
		off_t end = data < 0 ? size : lseek(from, data, SEEK_HOLE);
		if (end < 0 || copy_range(from, to, data < 0 ? at : data, end) < 0)
			return -1;
		at = end;
	}
	return ftruncate(to, size);
}

/* Also overlayfs's marks: a copied layer hides what the first one hides. */
static int copy_xattrs(const struct copy *copy, int from, int to)
{
	char names[65536], value[65536];
	ssize_t length = flistxattr(from, names, sizeof names);
	if (length < 0)
		return errno == ENOTSUP ? 0 : -1;
	for (char *name = names; name < names + length; name += strlen(name) + 1) {
		if (copy->merges && strncmp(name, OVERLAY_MARK, sizeof OVERLAY_MARK - 1) == 0)
			continue;
		ssize_t size = fgetxattr(from, name, value, sizeof value);
		if (size < 0 || (fsetxattr(to, name, value, (size_t)size, 0) < 0 && errno != ENOTSUP))
			return -1;
	}
	return 0;
}

static int dress(const struct copy *copy, int from, int to, const struct stat *st)
{
	struct timespec times[2] = {st->st_atim, st->st_mtim};
	if (fchown(to, st->st_uid, st->st_gid) < 0 || fchmod(to, st->st_mode & 07777) < 0 || copy_xattrs(copy, from, to) < 0)
		return -1;
	return futimens(to, times);
}

static int copy_file(struct copy *copy, const struct walk_item *item, int parent, const char *name, struct error *err)
{
	cleanup_close int from = openat(item->parent, item->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (from < 0)
		return error_set(err, errno, "open %s", item->path);
	cleanup_close int to = openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (to < 0)
		return error_set(err, errno, "make %s", item->path);
	if (copy_data(from, to, item->st.st_size) < 0 || dress(copy, from, to, &item->st) < 0)
		return error_set(err, errno, "copy %s", item->path);
	copy->bytes += (uint64_t)item->st.st_size;
	return 0;
}

static int copy_node(const struct walk_item *item, int parent, const char *name, struct error *err)
{
	struct timespec times[2] = {item->st.st_atim, item->st.st_mtim};
	char link[TAR_NAME_LIMIT];
	int result;
	if (S_ISLNK(item->st.st_mode)) {
		ssize_t n = readlinkat(item->parent, item->name, link, sizeof link - 1);
		if (n < 0)
			return error_set(err, errno, "read link %s", item->path);
		link[n] = 0;
		result = symlinkat(link, parent, name);
	} else {
		result = mknodat(parent, name, item->st.st_mode, item->st.st_rdev);
	}
	if (result < 0 || fchownat(parent, name, item->st.st_uid, item->st.st_gid, AT_SYMLINK_NOFOLLOW) < 0 ||
		(!S_ISLNK(item->st.st_mode) && fchmodat(parent, name, item->st.st_mode & 07777, 0) < 0) ||
		utimensat(parent, name, times, AT_SYMLINK_NOFOLLOW) < 0)
		return error_set(err, errno, "copy %s", item->path);
	return 0;
}

/* A folder meets what the layers below have there: another folder, which stays unless this one hides it, or something that goes. */
static int meet(const struct walk_item *item, int parent, const char *name, struct error *err)
{
	char value;
	cleanup_close int to = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (to < 0)
		return remove_at(parent, name, err) < 0 ? -1 : 0;
	cleanup_close int from = openat(item->parent, item->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (from < 0)
		return error_set(err, errno, "open %s", item->path);
	if (fgetxattr(from, OVERLAY_MARK "opaque", &value, 1) == 1 && value == 'y' && remove_content(to, err) < 0)
		return -1;
	return 1;
}

static int enter_folder(const struct copy *copy, const struct walk_item *item, int parent, const char *name, struct error *err)
{
	int met = copy->merges && *item->path ? meet(item, parent, name, err) : 0;
	if (met != 0)
		return met < 0 ? -1 : 0;
	if (*item->path && mkdirat(parent, name, 0700) < 0)
		return error_set(err, errno, "make folder %s", item->path);
	return 0;
}

static int leave_folder(const struct copy *copy, const struct walk_item *item, int parent, const char *name, struct error *err)
{
	cleanup_close int from = openat(item->parent, item->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	cleanup_close int to = openat(parent, *item->path ? name : ".", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (from < 0 || to < 0 || dress(copy, from, to, &item->st) < 0)
		return error_set(err, errno, "copy folder %s", item->path);
	return 0;
}

static int copy_item(void *context, const struct walk_item *item, struct error *err)
{
	struct copy *copy = context;
	const char *name, *first;
	int parent = tree_parent(&copy->tree, item->path, &name, err);
	if (parent < 0)
		return -1;
	if (S_ISDIR(item->st.st_mode))
		return item->when == WALK_ENTER ? enter_folder(copy, item, parent, name, err) : leave_folder(copy, item, parent, name, err);
	if (copy->merges && remove_at(parent, name, err) < 0)
		return -1;
	if (copy->merges && is_whiteout(&item->st))
		return 0;
	copy->entries++;
	if (links_find(&copy->links, &item->st, item->path, &first, err) < 0)
		return -1;
	if (first)
		return linkat(copy->tree.root, first, parent, name, 0) < 0 ? error_set(err, errno, "link %s to %s", item->path, first) : 0;
	return S_ISREG(item->st.st_mode) ? copy_file(copy, item, parent, name, err) : copy_node(item, parent, name, err);
}

/* A mount of its own: nothing above the folder can be reached from it, nor what is mounted below. */
static int add_source(struct copy *copy, const char *path, struct error *err)
{
	if (copy->layer_count == LAYER_LIMIT)
		return error_set(err, 0, "more than %d layers", LAYER_LIMIT);
	int fd = (int)syscall(SYS_open_tree, AT_FDCWD, path, OPEN_TREE_CLONE | O_CLOEXEC | AT_SYMLINK_NOFOLLOW);
	if (fd < 0)
		return error_set(err, errno, "open %s", path);
	copy->layers[copy->layer_count++] = fd;
	return 0;
}

static int read_options(struct copy *copy, int argc, char **argv, const char **target, struct error *err)
{
	static const struct option known[] = {{"from", 1, NULL, 'f'}, {"lower", 1, NULL, 'l'}, {"target", 1, NULL, 't'}, {0}};
	bool is_tree = false;
	int option;
	opterr = 0;
	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (option == '?')
			return error_set(err, 0, "unknown option, or one without its value");
		is_tree = is_tree || option == 'f';
		copy->merges = copy->merges || option == 'l';
		if (option == 't')
			*target = optarg;
		else if (add_source(copy, optarg, err) < 0)
			return -1;
	}
	bool is_good = optind == argc && *target && is_tree != copy->merges && (copy->merges || copy->layer_count == 1);
	return is_good ? 0 : error_set(err, 0, "copy needs --target DIR, and --from DIR or --lower DIR…");
}

static int copy_layer(struct copy *copy, int layer, struct error *err)
{
	/* Each begins with no folder in hand: what the one before had there may go. */
	if (tree_init(&copy->tree, err) < 0)
		return -1;
	int result = walk_tree(layer, copy_item, copy, err);
	tree_finish(&copy->tree);
	return result;
}

int verb_copy(int argc, char **argv, struct error *err)
{
	static struct copy copy = {.tree.root = -1, .tree.implicit = -1};
	const char *target = NULL;
	if (read_options(&copy, argc, argv, &target, err) < 0)
		return -1;
	if (mkdir(target, 0755) < 0 && errno != EEXIST)
		return error_set(err, errno, "make %s", target);
	if (sandbox_enter(target, err) < 0)
		return -1;
	int result = 0;
	for (size_t i = copy.layer_count; i > 0 && result == 0; i--)
		result = copy_layer(&copy, copy.layers[i - 1], err);
	links_finish(&copy.links);
	if (result == 0)
		printf("bytes %llu\nentries %llu\n", (unsigned long long)copy.bytes, (unsigned long long)copy.entries);
	return result;
}
