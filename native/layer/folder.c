/* One folder and one file of a container, for whoever looks around in it: `folder` names what is in it, `read` gives the beginning of a
 * file. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util.h"
#include "verbs.h"
#include "view.h"

enum { ENTRY_LIMIT = 100000, READ_LIMIT = 16 << 20 };

static int name_entry(int dir, const char *name, struct error *err)
{
	char target[4096] = "";
	struct stat st;
	/* Gone since the folder was read. */
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	if (S_ISLNK(st.st_mode)) {
		ssize_t length = readlinkat(dir, name, target, sizeof target - 1);
		target[length > 0 ? length : 0] = 0;
	}
	/* Ends with NULs: a name may hold a newline. */
	return printf("%u %u %u %lld %lld %s%c%s%c", st.st_mode, st.st_uid, st.st_gid, (long long)st.st_size, (long long)st.st_mtim.tv_sec,
		       name, 0, target, 0) < 0
		       ? error_set(err, errno, "write the list")
		       : 0;
}

static int list_folder(const char *path, struct error *err)
{
	cleanup_dir DIR *dir = opendir(path);
	if (!dir)
		return error_set(err, errno, "open %s", path);
	int count = 0;
	for (struct dirent *entry; count < ENTRY_LIMIT && (entry = readdir(dir));) {
		if (entry->d_name[0] == '.' && (!entry->d_name[1] || (entry->d_name[1] == '.' && !entry->d_name[2])))
			continue;
		if (name_entry(dirfd(dir), entry->d_name, err) < 0)
			return -1;
		count++;
	}
	return fflush(stdout) ? error_set(err, errno, "write the list") : 0;
}

/* A pipe or a device would never end, or do something when it is read. */
static int read_file(const char *path, long limit, struct error *err)
{
	static char data[65536];
	struct stat st;
	cleanup_close int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return error_set(err, errno, "open %s", path);
	if (!S_ISREG(st.st_mode))
		return error_set(err, 0, "%s is no file", path);
	while (limit > 0) {
		ssize_t count = read(fd, data, limit < (long)sizeof data ? (size_t)limit : sizeof data);
		if (count < 0)
			return error_set(err, errno, "read %s", path);
		if (count == 0)
			break;
		if (write_all(STDOUT_FILENO, data, (size_t)count) < 0)
			return error_set(err, errno, "write the content");
		limit -= count;
	}
	return 0;
}

static int enter(int argc, char **argv, const char **path, long *limit, struct error *err)
{
	static const struct option known[] = {VIEW_OPTIONS, {"path", 1, NULL, 'p'}, {"limit", 1, NULL, 'n'}, {0}};
	static struct view view;
	int option;
	opterr = 0;
	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		int result = view_option(&view, option, optarg, err);
		if (result < 0)
			return -1;
		if (result > 0 && option != 'p' && option != 'n')
			return error_set(err, 0, "unknown option, or one without its value");
		if (result > 0 && option == 'p')
			*path = optarg;
		else if (result > 0)
			*limit = strtol(optarg, NULL, 10);
	}
	if (!*path || optind != argc || *limit <= 0 || *limit > READ_LIMIT)
		return error_set(err, 0, "%s needs --path, and a --limit of 1 to %d", argv[0], READ_LIMIT);
	return view_enter(&view, err);
}

int verb_folder(int argc, char **argv, struct error *err)
{
	const char *path = NULL;
	long limit = 1;
	return enter(argc, argv, &path, &limit, err) < 0 ? -1 : list_folder(path, err);
}

int verb_read(int argc, char **argv, struct error *err)
{
	const char *path = NULL;
	long limit = READ_LIMIT;
	return enter(argc, argv, &path, &limit, err) < 0 ? -1 : read_file(path, limit, err);
}
