#include "names.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "util.h"

#define PATH_ROOM (sizeof "containers//view" + OWNER_NAME + ID_SIZE)

/* Below a folder that only root can enter; the resolvers, which are nobody, are inside already. */
static int open_folder(const char *folder, struct error *err)
{
	static const char *const parts[] = {"containers", "networks"};
	umask(022);
	if (mkdir(folder, 0755) < 0 && errno != EEXIST)
		return error_set(err, errno, "make %s", folder);
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_set(err, errno, "open %s", folder);
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		if (mkdirat(fd, parts[i], 0755) < 0 && errno != EEXIST) {
			close(fd);
			return error_set(err, errno, "make %s/%s", folder, parts[i]);
		}
	return fd;
}

static int write_view(int root, const struct plan *plan, struct error *err)
{
	char path[PATH_ROOM];
	size_t at = 0;
	/* Its networks' folders: a resolver may be there before any container that it is asked for. */
	for (const char *line = plan->names.view; line && at < plan->names.view_size; at += strcspn(line + at, "\n") + 1)
		if (strncmp(line + at, "network ", 8) == 0) {
			snprintf(path, sizeof path, "networks/%.*s", ID_SIZE, line + at + 8);
			if (mkdirat(root, path, 0755) < 0 && errno != EEXIST)
				return error_set(err, errno, "make names/%s", path);
		}
	snprintf(path, sizeof path, "containers/%s", plan->owner);
	if (mkdirat(root, path, 0755) < 0 && errno != EEXIST)
		return error_set(err, errno, "make names/%s", path);
	snprintf(path, sizeof path, "containers/%s/view", plan->owner);
	return replace_file_at(root, path, plan->names.view, plan->names.view_size, 0644, false, err);
}

/* Renamed into place from outside of the network's folder, where everything is a record. */
static int write_record(int root, const struct plan *plan, const struct record *record, struct error *err)
{
	char path[PATH_ROOM], temp[PATH_ROOM];
	snprintf(path, sizeof path, "networks/%s", record->network);
	if (mkdirat(root, path, 0755) < 0 && errno != EEXIST)
		return error_set(err, errno, "make names/%s", path);
	snprintf(path, sizeof path, "networks/%s/%s", record->network, plan->owner);
	snprintf(temp, sizeof temp, ".%s-%d", plan->owner, (int)getpid());
	cleanup_close int fd = openat(root, temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return error_set(err, errno, "make names/%s", temp);
	if (dprintf(fd, "%s\n", record->text) > 0 && renameat(root, temp, root, path) == 0)
		return 0;
	error_set(err, errno, "write names/%s", path);
	unlinkat(root, temp, 0);
	return -1;
}

int names_tell_view(const struct plan *plan, struct error *err)
{
	if (!*plan->names.folder)
		return 0;
	cleanup_close int root = open_folder(plan->names.folder, err);
	return root < 0 ? -1 : write_view(root, plan, err);
}

int names_tell(const struct plan *plan, struct error *err)
{
	const struct names *names = &plan->names;
	if (names->record_count == 0)
		return 0;
	cleanup_close int root = open_folder(names->folder, err);
	for (size_t i = 0; root >= 0 && i < names->record_count; i++)
		if (write_record(root, plan, &names->records[i], err) < 0)
			return -1;
	return root < 0 ? -1 : 0;
}

static int forget(int root, const char *path, int flags, struct error *err)
{
	return unlinkat(root, path, flags) < 0 && errno != ENOENT && errno != ENOTDIR ? error_set(err, errno, "remove names/%s", path) : 0;
}

int names_forget(const struct plan *plan, bool gone, struct error *err)
{
	const struct names *names = &plan->names;
	char path[PATH_ROOM];
	cleanup_close int root = *names->folder ? open(names->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (root < 0)
		return 0;
	for (size_t i = 0; i < names->record_count; i++) {
		snprintf(path, sizeof path, "networks/%s/%s", names->records[i].network, plan->owner);
		if (forget(root, path, 0, err) < 0)
			return -1;
	}
	if (!gone)
		return 0;
	snprintf(path, sizeof path, "containers/%s/view", plan->owner);
	if (forget(root, path, 0, err) < 0)
		return -1;
	snprintf(path, sizeof path, "containers/%s", plan->owner);
	return forget(root, path, AT_REMOVEDIR, err);
}
