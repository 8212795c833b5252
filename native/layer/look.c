/* What stands at a path of a container, as `cp` asks before it copies. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <string.h>
#include <sys/stat.h>

#include "fields.h"
#include "tree.h"
#include "util.h"
#include "verbs.h"
#include "view.h"

static int look(const char *path, struct error *err)
{
	char data[3 * TAR_NAME_LIMIT], target[TAR_NAME_LIMIT];
	struct fields_writer out = {.data = data, .room = sizeof data};
	struct stat st;
	if (fstatat(AT_FDCWD, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return error_set(err, errno, "lstat %s", path);
	fields_put(&out, "mode", "%u", st.st_mode);
	fields_put(&out, "size", "%lld", (long long)st.st_size);
	fields_put(&out, "mtime", "%lld.%09ld", (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
	if (S_ISLNK(st.st_mode)) {
		if (follow_path(path, true, target, err) < 0)
			return -1;
		fields_put(&out, "link-target", "%s", target);
	}
	return write_all(STDOUT_FILENO, out.data, out.used) < 0 ? error_set(err, errno, "write the result") : 0;
}

int verb_look(int argc, char **argv, struct error *err)
{
	static const struct option known[] = {VIEW_OPTIONS, {"path", 1, NULL, 'p'}, {0}};
	static struct view view;
	const char *path = NULL;
	int option;
	opterr = 0;
	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		int result = view_option(&view, option, optarg, err);
		if (result < 0)
			return -1;
		if (result > 0 && option != 'p')
			return error_set(err, 0, "unknown option, or one without its value");
		if (result > 0)
			path = optarg;
	}
	if (!path || optind != argc)
		return error_set(err, 0, "look needs --path");
	return view_enter(&view, err) < 0 ? -1 : look(path, err);
}
