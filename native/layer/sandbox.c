#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* SYS_ADMIN is for trusted.overlay.opaque alone; the system calls that would make more of it are not allowed. */
static const unsigned kept_caps[] = {CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_FSETID, CAP_MKNOD, CAP_SETFCAP, CAP_SYS_ADMIN};

static const int allowed_calls[] = {
	SYS_read,
	SYS_write,
	SYS_readv,
	SYS_writev,
	SYS_pread64,
	SYS_pwrite64,
	SYS_lseek,
	SYS_close,
	SYS_openat,
	SYS_openat2,
	SYS_fstat,
	SYS_newfstatat,
	SYS_statx,
	SYS_fstatfs,
	SYS_getdents64,
	SYS_mkdirat,
	SYS_mknodat,
	SYS_symlinkat,
	SYS_linkat,
	SYS_unlinkat,
	SYS_renameat2,
	SYS_readlinkat,
	SYS_faccessat,
	SYS_faccessat2,
	SYS_fchown,
	SYS_fchownat,
	SYS_fchmod,
	SYS_fchmodat,
	SYS_utimensat,
	SYS_fsetxattr,
	SYS_fgetxattr,
	SYS_flistxattr,
	SYS_fallocate,
	SYS_ftruncate,
	SYS_copy_file_range,
	SYS_fsync,
	SYS_fdatasync,
	SYS_syncfs,
	SYS_fadvise64,
	SYS_fcntl,
	SYS_dup,
	SYS_dup3,
	SYS_mmap,
	SYS_munmap,
	SYS_mprotect,
	SYS_mremap,
	SYS_madvise,
	SYS_brk,
	SYS_futex,
	SYS_clone,
	SYS_clone3,
	SYS_set_robust_list,
	SYS_rseq,
	SYS_rt_sigprocmask,
	SYS_rt_sigaction,
	SYS_rt_sigreturn,
	SYS_sigaltstack,
	SYS_exit,
	SYS_exit_group,
	SYS_getpid,
	SYS_gettid,
	SYS_tgkill,
	SYS_sched_yield,
	SYS_sched_getaffinity,
	SYS_clock_gettime,
	SYS_clock_nanosleep,
	SYS_getrandom,
	SYS_restart_syscall,
	SYS_prlimit64,
	SYS_poll,
	SYS_ppoll,
};

#if defined(__x86_64__)
#define OWN_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OWN_ARCH AUDIT_ARCH_AARCH64
#else
#error "name this architecture for seccomp"
#endif

static int enter_root(const char *target, struct error *err)
{
	if (unshare(CLONE_NEWNS | CLONE_FS) < 0)
		return error_set(err, errno, "make a mount namespace");
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return error_set(err, errno, "make the mounts private");
	if (mount(target, target, NULL, MS_BIND, NULL) < 0)
		return error_set(err, errno, "bind %s", target);
	/* Nothing of a layer is ever run or opened as a device here. */
	if (mount(NULL, target, NULL, MS_BIND | MS_REMOUNT | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		return error_set(err, errno, "restrict %s", target);
	if (chdir(target) < 0)
		return error_set(err, errno, "enter %s", target);
	if (syscall(SYS_pivot_root, ".", ".") == 0)
		return umount2(".", MNT_DETACH) < 0 || chdir("/") < 0 ? error_set(err, errno, "leave the old root") : 0;
	/* The first root of a machine (an initramfs) cannot be pivoted away from. */
	if (errno != EINVAL || mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0 || chdir("/") < 0)
		return error_set(err, errno, "make %s the root", target);
	return 0;
}

static int drop_caps(struct error *err)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {0}, own[2] = {0};
	uint64_t kept = 0;
	for (size_t i = 0; i < sizeof kept_caps / sizeof *kept_caps; i++)
		kept |= UINT64_C(1) << kept_caps[i];
	for (unsigned cap = 0; cap < 64 && prctl(PR_CAPBSET_READ, cap) >= 0; cap++)
		if (!(kept >> cap & 1) && prctl(PR_CAPBSET_DROP, cap) < 0 && errno != EPERM)
			return error_set(err, errno, "drop capability %u", cap);
	if (syscall(SYS_capget, &header, own) < 0)
		return error_set(err, errno, "read the capabilities");
	for (int half = 0; half < 2; half++)
		data[half].permitted = data[half].effective = own[half].permitted & (uint32_t)(kept >> (32 * half));
	if (syscall(SYS_capset, &header, data) < 0)
		return error_set(err, errno, "drop capabilities");
	return 0;
}

/* Anything else is ENOSYS: libc has a second way or fails with an error that names the file. */
static int filter_calls(struct error *err)
{
	enum { CALLS = sizeof allowed_calls / sizeof *allowed_calls };
	struct sock_filter code[CALLS + 16];
	unsigned short n = 0;
	code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
	code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OWN_ARCH, 1, 0);
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < CALLS; i++)
		code[n++] = (struct sock_filter)BPF_JUMP(
			BPF_JMP | BPF_JEQ | BPF_K, (unsigned)allowed_calls[i], (unsigned char)(CALLS - i + 4), 0);
	/* Of ioctl, only the sharing of extents between files. */
	code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 0, 3);
	code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1]));
	code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, FICLONE, 2, 0);
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOTTY);
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS);
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog program = {n, code};
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		return error_set(err, errno, "restrict the system calls");
	return 0;
}

int sandbox_seal(struct error *err)
{
	if (drop_caps(err) < 0)
		return -1;
	prctl(PR_SET_DUMPABLE, 0);
#ifdef __SANITIZE_ADDRESS__
	/* The sanitizer's own calls are not in the list. */
	return 0;
#endif
	return filter_calls(err);
}

int sandbox_enter(const char *target, struct error *err)
{
	return enter_root(target, err) < 0 ? -1 : sandbox_seal(err);
}
