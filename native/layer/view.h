/* What a verb works on: a folder, the merged layers of a container that does not run, or the root of one that does. Entering makes it "/"
 * of a mount namespace of this process alone, with what is mounted in it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

enum { VIEW_LOWER_LIMIT = 500, VIEW_MOUNT_LIMIT = 512 };

struct view {
	const char *source;		     /* a folder */
	const char *lower[VIEW_LOWER_LIMIT]; /* layers, topmost first */
	size_t lower_count;
	const char *upper, *work; /* the writable layer above them */
	const char *fuse; /* the program that serves them merged, in place of the kernel's overlayfs; it has written the writable layer */
	const char *process; /* PID:STARTTIME: one whose root it is */
	struct view_mount {
		const char *source, *target; /* a folder or file of the host, and where it is seen */
	} mounts[VIEW_MOUNT_LIMIT];
	size_t mount_count;
	bool bare;     /* of a process: its root file system alone, nothing that is mounted on it */
	bool writable; /* else nothing can be changed through it */
};

#define VIEW_OPTIONS                                                                                                                       \
	{"source", 1, NULL, 's'}, {"lower", 1, NULL, 'l'}, {"upper", 1, NULL, 'u'}, {"work", 1, NULL, 'w'}, {"process", 1, NULL, 'P'},     \
		{"mount", 1, NULL, 'M'}, {"fuse", 1, NULL, 'F'},                                                                           \
	{                                                                                                                                  \
		"bare", 0, NULL, 'B'                                                                                                       \
	}

/* One option of those. 1: it was none of them. */
int view_option(struct view *view, int option, char *text, struct error *err);

/* Makes it "/", and then closes the sandbox's door (sandbox.h). */
int view_enter(const struct view *view, struct error *err);
