#include "fuse.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "util.h"

bool is_fuse_mark(const char *name)
{
	return strncmp(name, ".wh.", 4) == 0;
}

static int mount_device(int device, uint64_t attributes)
{
	char number[16];
	snprintf(number, sizeof number, "%d", device);
	const char *const words[][2] = {{"source", "hawser"}, {"subtype", "fuse-overlayfs"}, {"fd", number}, {"rootmode", "40000"},
		{"user_id", "0"}, {"group_id", "0"}, {"default_permissions", NULL}, {"allow_other", NULL}};
	cleanup_close int fs = fsopen("fuse", FSOPEN_CLOEXEC);
	if (fs < 0)
		return -1;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (fsconfig(fs, words[i][1] ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, words[i][0], words[i][1], 0) < 0)
			return -1;
	return fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0 ? -1 : fsmount(fs, FSMOUNT_CLOEXEC, (unsigned)attributes);
}

/* Nothing of the caller's goes along: no descriptor, no variable, no terminal. Its complaints may find no reader later on. */
static _Noreturn void serve(const char *program, const char *options, int device, int complaints)
{
	char *const argv[] = {(char *)program, (char *)"-f", (char *)"-o", (char *)options, (char *)"/dev/fd/3", NULL}, *const none[] = {
																NULL};
	int null = open("/dev/null", O_RDWR);
	setsid();
	signal(SIGPIPE, SIG_IGN);
	if (null < 0 || chdir("/") < 0 || dup2(complaints, 2) < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 ||
		(device == 3 ? fcntl(device, F_SETFD, 0) : dup2(device, 3)) < 0 || syscall(SYS_close_range, 4, ~0U, 0) < 0)
		_exit(1);
	execve(program, argv, none);
	dprintf(2, "%s\n", strerror(errno));
	_exit(127);
}

/* Twice, so that whoever reaps orphans has it, and its end is no business of ours. */
static int start(const char *program, const char *options, int device, int complaints)
{
	int status;
	pid_t pid = fork();
	if (pid == 0) {
		pid_t server = fork();
		if (server == 0)
			serve(program, options, device, complaints);
		_exit(server < 0);
	}
	return pid < 0 || waitpid(pid, &status, 0) < 0 || status != 0 ? -1 : 0;
}

/* Any question waits until the server is there; when it has ended, its last line says why. */
static int await(int mount, int complaints, const char *program, struct error *err)
{
	char text[512];
	struct stat st;
	if (fstat(mount, &st) == 0)
		return 0;
	int code = errno;
	ssize_t n = read_full(complaints, text, sizeof text - 1);
	text[n > 0 ? n : 0] = 0;
	text[strcspn(text, "\n")] = 0;
	return *text ? error_set(err, 0, "%s: %s", program, text) : error_set(err, code, "%s", program);
}

int fuse_overlay(const char *program, const char *options, uint64_t attributes, struct error *err)
{
	int pair[2];
	cleanup_close int device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (device < 0)
		return error_set(err, errno, "open /dev/fuse (is the module fuse loaded?)");
	cleanup_close int mount = mount_device(device, attributes);
	if (mount < 0)
		return error_set(err, errno, "mount a fuse file system");
	if (pipe2(pair, O_CLOEXEC) < 0)
		return error_set(err, errno, "make a pipe");
	cleanup_close int complaints = pair[0], told = pair[1];
	if (start(program, options, device, told) < 0)
		return error_set(err, errno, "start %s", program);
	/* Ours kept open would let its questions wait for a server that is gone. */
	close(steal_fd(&device));
	close(steal_fd(&told));
	return await(mount, complaints, program, err) < 0 ? -1 : steal_fd(&mount);
}
