#include <errno.h>
#include <string.h>
#include <sys/xattr.h>

#include "tree.h"

static bool starts(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

bool is_layer_xattr(const char *name)
{
	if (starts(name, "user."))
		return !starts(name, "user.overlay.") && !starts(name, "user.fuseoverlayfs.");
	return strcmp(name, "security.capability") == 0 || strcmp(name, "system.posix_acl_access") == 0 ||
	       strcmp(name, "system.posix_acl_default") == 0;
}

int xattrs_put(int fd, const struct tar_entry *entry, uint64_t *skipped, struct error *err)
{
	for (size_t i = 0; i < entry->xattr_count; i++) {
		const struct tar_xattr *xattr = &entry->xattrs[i];
		if (!is_layer_xattr(xattr->name)) {
			++*skipped;
			continue;
		}
		if (fsetxattr(fd, xattr->name, xattr->value, xattr->size, 0) == 0)
			continue;
		/* A file system without them: docker passes over them as well. */
		if (errno != ENOTSUP)
			return error_set(err, errno, "%s: set extended attribute %s", entry->path, xattr->name);
		++*skipped;
	}
	return 0;
}
