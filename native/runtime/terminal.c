/* The terminal: a pty of the container's own devpts, its master handed to whoever listens on the console socket. */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <termios.h>

#include "container.h"
#include "rights.h"
#include "target.h"
#include "util.h"

int terminal_connect(struct container *c, struct error *err)
{
	if (!c->process->terminal && c->launch.console_socket)
		return error_set(err, 0, "--console-socket is for a process with a terminal, and process.terminal is false");
	if (!c->process->terminal)
		return 0;
	if (c->console_fd >= 0)
		return 0;
	if (!c->launch.console_socket)
		return error_set(err, 0, "process.terminal is true: --console-socket is needed to hand the terminal over");
	c->console_fd = rights_connect(c->launch.console_socket, err);
	return c->console_fd < 0 ? error_wrap(err, "--console-socket") : 0;
}

/* For exec the path is the container's to shape: it must be the multiplexer of a devpts. O_NONBLOCK: a FIFO must not hold us. */
static int open_existing(struct container *c)
{
	struct stat st;
	struct statfs fs;
	int fd = open_in_root(c->rootfs, "/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW, 0);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0 || fstatfs(fd, &fs) < 0 || !S_ISCHR(st.st_mode) || st.st_rdev != makedev(5, 2) ||
		fs.f_type != DEVPTS_SUPER_MAGIC || fcntl(fd, F_SETFL, O_RDWR) < 0) {
		close(fd);
		errno = ENOTTY;
		return -1;
	}
	return fd;
}

/* The multiplexer of the container's devpts; that of the host where it has none. */
static int open_master(struct container *c)
{
	for (size_t i = 0; c->mount_fds && i < c->spec.mount_count; i++)
		if (!c->spec.mounts[i].bind && strcmp(c->spec.mounts[i].type, "devpts") == 0)
			return openat(c->mount_fds[i], "ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NOFOLLOW);
	return open_existing(c);
}

int terminal_make(struct container *c, struct error *err)
{
	if (!c->process->terminal)
		return 0;
	int unlocked = 0, number = 0;
	cleanup_close int master = open_master(c);
	if (master < 0 || ioctl(master, TIOCSPTLCK, &unlocked) < 0 || ioctl(master, TIOCGPTN, &number) < 0)
		return error_set(err, errno, "make a terminal (is there a devpts on /dev/pts?)");
	/* By the master itself: what lies at /dev/pts/N could be something else. */
	c->terminal_fd = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (c->terminal_fd < 0)
		return error_set(err, errno, "open the terminal's peer");
	struct winsize size = {.ws_row = (unsigned short)c->process->rows, .ws_col = (unsigned short)c->process->columns};
	if ((size.ws_row || size.ws_col) && ioctl(c->terminal_fd, TIOCSWINSZ, &size) < 0)
		return error_set(err, errno, "set the size of the terminal");
	if (fchown(c->terminal_fd, c->process->uid, (gid_t)-1) < 0 && errno != EINVAL && errno != EPERM)
		return error_set(err, errno, "set the owner of the terminal");
	char name[32];
	snprintf(name, sizeof name, "/dev/pts/%d", number);
	if (rights_send(c->console_fd, master, name, strlen(name)) < 0)
		return error_set(err, errno, "hand the terminal over");
	close(steal_fd(&c->console_fd));
	return 0;
}

/* After masks and read-only paths are in force: whatever this mount did, it could not undo them. */
int terminal_place(struct container *c, struct error *err)
{
	if (c->terminal_fd < 0 || c->dev_fd < 0)
		return 0;
	cleanup_close int made = openat(c->dev_fd, "console", O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY | O_CLOEXEC, 0620);
	cleanup_close int target = made < 0 ? -1 : openat(c->dev_fd, "console", O_PATH | O_NOFOLLOW | O_CLOEXEC);
	cleanup_close int fd = open_tree(c->terminal_fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (target < 0 || fd < 0 || target_mount(fd, target) < 0)
		return error_set(err, errno, "put the terminal on /dev/console");
	return 0;
}

int terminal_take(struct container *c, struct error *err)
{
	/* A session of its own, with or without a terminal: nothing of the caller's terminal is in reach. */
	if (setsid() < 0 && errno != EPERM)
		return error_set(err, errno, "start a session");
	if (c->terminal_fd < 0)
		return 0;
	if (ioctl(c->terminal_fd, TIOCSCTTY, 0) < 0)
		return error_set(err, errno, "make the terminal the controlling one");
	for (int fd = 0; fd < 3; fd++)
		if (dup2(c->terminal_fd, fd) < 0)
			return error_set(err, errno, "put the terminal on descriptor %d", fd);
	return 0;
}
