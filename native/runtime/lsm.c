/* AppArmor and SELinux: the label that the program gets at its execve(). */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "container.h"
#include "util.h"

static bool has_apparmor(void)
{
	char answer = 'N';
	cleanup_close int fd = open("/sys/module/apparmor/parameters/enabled", O_RDONLY | O_CLOEXEC);
	return fd >= 0 && read(fd, &answer, 1) == 1 && answer == 'Y';
}

static bool is_set(const char *label)
{
	return label && *label;
}

/* No profile is better said than silently not applied. */
int lsm_check(struct container *c, struct error *err)
{
	const char *profile = c->process->apparmor;
	if (is_set(profile) && strcmp(profile, "unconfined") != 0 && !has_apparmor())
		return error_set(err, 0, "process.apparmorProfile is %s, but AppArmor is not enabled on this host", profile);
	if (is_set(c->process->selinux) && access("/sys/fs/selinux/enforce", F_OK) < 0)
		return error_set(err, 0, "process.selinuxLabel is %s, but SELinux is not enabled on this host", c->process->selinux);
	if (is_set(c->spec.mount_label) && access("/sys/fs/selinux/enforce", F_OK) < 0)
		return error_set(err, 0, "linux.mountLabel is %s, but SELinux is not enabled on this host", c->spec.mount_label);
	return 0;
}

int lsm_apply(struct container *c, struct error *err)
{
	char path[64], text[512];
	const char *profile = c->process->apparmor, *label = c->process->selinux;
	if (is_set(profile) && strcmp(profile, "unconfined") != 0) {
		snprintf(path, sizeof path, "%d/attr/apparmor/exec", (int)getpid());
		if (snprintf(text, sizeof text, "exec %s", profile) >= (int)sizeof text)
			return error_set(err, ENAMETOOLONG, "apply AppArmor profile %s", profile);
		if (procfs_write(c, path, text) < 0)
			return error_set(err, errno, "apply AppArmor profile %s (is it loaded?)", profile);
	}
	snprintf(path, sizeof path, "%d/attr/exec", (int)getpid());
	if (is_set(label) && procfs_write(c, path, label) < 0)
		return error_set(err, errno, "apply SELinux label %s", label);
	return 0;
}
