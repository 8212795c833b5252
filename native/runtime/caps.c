#include "caps.h"

#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *const names[] = {
	"CHOWN",
	"DAC_OVERRIDE",
	"DAC_READ_SEARCH",
	"FOWNER",
	"FSETID",
	"KILL",
	"SETGID",
	"SETUID",
	"SETPCAP",
	"LINUX_IMMUTABLE",
	"NET_BIND_SERVICE",
	"NET_BROADCAST",
	"NET_ADMIN",
	"NET_RAW",
	"IPC_LOCK",
	"IPC_OWNER",
	"SYS_MODULE",
	"SYS_RAWIO",
	"SYS_CHROOT",
	"SYS_PTRACE",
	"SYS_PACCT",
	"SYS_ADMIN",
	"SYS_BOOT",
	"SYS_NICE",
	"SYS_RESOURCE",
	"SYS_TIME",
	"SYS_TTY_CONFIG",
	"MKNOD",
	"LEASE",
	"AUDIT_WRITE",
	"AUDIT_CONTROL",
	"SETFCAP",
	"MAC_OVERRIDE",
	"MAC_ADMIN",
	"SYSLOG",
	"WAKE_ALARM",
	"BLOCK_SUSPEND",
	"AUDIT_READ",
	"PERFMON",
	"BPF",
	"CHECKPOINT_RESTORE",
};
#define COUNT ((int)(sizeof names / sizeof *names))

int caps_number(const char *name)
{
	if (strncasecmp(name, "CAP_", 4) == 0)
		name += 4;
	for (int i = 0; i < COUNT; i++)
		if (strcasecmp(names[i], name) == 0)
			return i;
	return -1;
}

const char *caps_name(int number)
{
	return number >= 0 && number < COUNT ? names[number] : NULL;
}

int caps_bound(const struct process *process, struct error *err)
{
	for (int cap = 0; cap < 64; cap++) {
		if (process->caps[CAPS_BOUNDING] & (UINT64_C(1) << cap))
			continue;
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0) {
			/* EINVAL: past the last one that this kernel knows. */
			if (errno == EINVAL)
				return 0;
			return error_set(err, errno, "capabilities: drop %d from the bounding set", cap);
		}
	}
	return 0;
}

/* Root of a container or a restricted service may lack some itself: what we do not have we cannot give. */
static uint64_t own_permitted(void)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[2];
	if (syscall(SYS_capget, &header, data) < 0)
		return ~UINT64_C(0);
	return (uint64_t)data[1].permitted << 32 | data[0].permitted;
}

int caps_apply(const struct process *process, struct error *err)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[2];
	uint64_t own = own_permitted();
	for (int half = 0; half < 2; half++)
		data[half] = (struct __user_cap_data_struct){
			.effective = (uint32_t)((process->caps[CAPS_EFFECTIVE] & own) >> (32 * half)),
			.permitted = (uint32_t)((process->caps[CAPS_PERMITTED] & own) >> (32 * half)),
			.inheritable = (uint32_t)((process->caps[CAPS_INHERITABLE] & own) >> (32 * half)),
		};
	if (syscall(SYS_capset, &header, data) < 0)
		return error_set(err, errno, "capabilities: set");
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 && errno != EINVAL)
		return error_set(err, errno, "capabilities: clear the ambient set");
	for (int cap = 0; cap < COUNT; cap++) {
		/* The kernel takes an ambient one only when it is permitted and inheritable; peers pass over the others too. */
		uint64_t bit = UINT64_C(1) << cap;
		if (!(process->caps[CAPS_AMBIENT] & process->caps[CAPS_PERMITTED] & process->caps[CAPS_INHERITABLE] & own & bit))
			continue;
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) < 0)
			return error_set(err, errno, "capabilities: raise ambient CAP_%s", names[cap]);
	}
	return 0;
}
