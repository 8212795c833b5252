#include <string.h>

#include "tree.h"

int path_clean(const char *path, char clean[TAR_NAME_LIMIT], struct error *err)
{
	size_t used = 0;
	if (!*path)
		return error_set(err, 0, "an entry without a name");
	for (const char *at = path; *at;) {
		size_t length = strcspn(at, "/");
		if (length == 2 && memcmp(at, "..", 2) == 0)
			return error_set(err, 0, "%s: its name holds \"..\"", path);
		if (length > NAME_MAX)
			return error_set(err, 0, "%.64s…: a name in its path is longer than 255 bytes", path);
		if (length && !(length == 1 && *at == '.')) {
			if (used)
				clean[used++] = '/';
			memcpy(clean + used, at, length);
			used += length;
		}
		at += length + (at[length] == '/');
	}
	clean[used] = 0;
	return 0;
}
