/* btrfs: folders that can be snapshot as a whole. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/btrfs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "util.h"
#include "verbs.h"

/* An empty one; with `from`, one that shares all that is in that one. */
static int make(int parent, const char *name, const char *from, struct error *err)
{
	struct btrfs_ioctl_vol_args_v2 args = {0};
	if (strlen(name) > BTRFS_SUBVOL_NAME_MAX)
		return error_set(err, ENAMETOOLONG, "make %s", name);
	memcpy(args.name, name, strlen(name) + 1);
	if (!from)
		return ioctl(parent, BTRFS_IOC_SUBVOL_CREATE_V2, &args) < 0 ? error_set(err, errno, "make a subvolume of btrfs") : 0;
	cleanup_close int source = open(from, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (source < 0)
		return error_set(err, errno, "open %s", from);
	args.fd = source;
	return ioctl(parent, BTRFS_IOC_SNAP_CREATE_V2, &args) < 0 ? error_set(err, errno, "make a snapshot of %s", from) : 0;
}

int verb_subvolume(int argc, char **argv, struct error *err)
{
	static const struct option known[] = {{"from", 1, NULL, 'f'}, {"target", 1, NULL, 't'}, {0}};
	char folder[4096];
	const char *from = NULL, *target = NULL;
	int option;
	opterr = 0;
	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (option == '?')
			return error_set(err, 0, "unknown option, or one without its value");
		*(option == 'f' ? &from : &target) = optarg;
	}
	const char *slash = target ? strrchr(target, '/') : NULL;
	if (optind != argc || !slash || slash == target || !slash[1])
		return error_set(err, 0, "subvolume needs --target DIR, an absolute path");
	if (snprintf(folder, sizeof folder, "%.*s", (int)(slash - target), target) >= (int)sizeof folder)
		return error_set(err, ENAMETOOLONG, "%s", target);
	cleanup_close int parent = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return parent < 0 ? error_set(err, errno, "open %s", folder) : make(parent, slash + 1, from, err);
}
