/* A process of ours that is in a container shows our program file as /proc/PID/exe. A container that kept that open and
 * wrote to it would own the host at the next start, so what it sees is only ever read-only. */
#include "seal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>

#include "util.h"

extern char **environ;

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif
#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

static bool is_sealed(int self)
{
	struct statvfs fs;
	int seals = fcntl(self, F_GET_SEALS);
	if (seals >= 0)
		return (seals & SEALS) == SEALS;
	return fstatvfs(self, &fs) == 0 && (fs.f_flag & ST_RDONLY);
}

/* A read-only copy of the mount, attached nowhere. Once its descriptor is closed by the exec there is no way to change
 * it, not for a container's root either; and nothing was copied. */
static int by_mount(void)
{
	int fd = open_tree(AT_FDCWD, "/proc/self/exe", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, .propagation = MS_PRIVATE};
	if (fd >= 0 && mount_setattr(fd, "", AT_EMPTY_PATH, &attr, sizeof attr) < 0)
		close(steal_fd(&fd));
	return fd;
}

static int by_copy(int self)
{
	struct stat st;
	int fd = (int)syscall(SYS_memfd_create, "hawser-runtime", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("hawser-runtime", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0 || fstat(self, &st) < 0)
		return -1;
	for (off_t left = st.st_size; left > 0;) {
		ssize_t n = sendfile(fd, self, NULL, (size_t)left);
		if (n <= 0)
			return -1;
		left -= n;
	}
	return fcntl(fd, F_ADD_SEALS, SEALS) < 0 ? -1 : fd;
}

int seal_self(char **argv)
{
	cleanup_close int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	if (self < 0)
		return -1;
	if (is_sealed(self))
		return 0;
	cleanup_close int sealed = by_mount();
	if (sealed < 0)
		sealed = by_copy(self);
	if (sealed < 0)
		return -1;
	fexecve(sealed, argv, environ);
	return -1;
}
