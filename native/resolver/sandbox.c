#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NOBODY 65534
#define MEMORY (64 << 20)

static const int allowed_calls[] = {
	SYS_read,
	SYS_close,
	SYS_fstat,
	SYS_newfstatat,
	SYS_getdents64,
	SYS_lseek,
	SYS_recvfrom,
	SYS_recvmsg,
	SYS_sendto,
	SYS_sendmsg,
	SYS_accept4,
	SYS_connect,
	SYS_getsockopt,
	SYS_poll,
	SYS_ppoll,
	SYS_fcntl,
	SYS_munmap,
	SYS_mremap,
	SYS_madvise,
	SYS_brk,
	SYS_clock_gettime,
	SYS_getrandom,
	SYS_restart_syscall,
	SYS_rt_sigreturn,
	SYS_exit_group,
};

#if defined(__x86_64__)
#define OWN_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OWN_ARCH AUDIT_ARCH_AARCH64
#else
#error "name this architecture for seccomp"
#endif

#define STATEMENT(code, k) ((struct sock_filter)BPF_STMT(code, k))
#define JUMP(code, k, yes, no) ((struct sock_filter)BPF_JUMP(code, k, yes, no))

/* Files are only opened to read, memory is never to be run. Anything else is the end: nothing here asks for it. */
static int filter_calls(struct error *err)
{
	enum { CALLS = sizeof allowed_calls / sizeof *allowed_calls, HEAD = 9, DENY = HEAD + CALLS, ALLOW = DENY + 1 };
	/* Where a jump from the line `n` leads to. */
#define TO(line) ((unsigned char)((line)-n - 1))
	struct sock_filter code[ALLOW + 1];
	unsigned short n = 0;
	code[n++] = STATEMENT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
	code[n] = JUMP(BPF_JMP | BPF_JEQ | BPF_K, OWN_ARCH, 0, TO(DENY)), n++;
	code[n++] = STATEMENT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	code[n++] = JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 2);
	code[n++] = STATEMENT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2]));
	code[n] = JUMP(BPF_JMP | BPF_JSET | BPF_K, O_ACCMODE | O_CREAT | O_TRUNC, TO(DENY), TO(ALLOW)), n++;
	code[n++] = JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mmap, 0, 2);
	code[n++] = STATEMENT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2]));
	code[n] = JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, TO(DENY), TO(ALLOW)), n++;
	for (size_t i = 0; i < CALLS; i++, n++)
		code[n] = JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)allowed_calls[i], TO(ALLOW), 0);
	code[n++] = STATEMENT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	code[n++] = STATEMENT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog program = {n, code};
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		return error_set(err, errno, "restrict the system calls");
	return 0;
}

static int set_limits(struct error *err)
{
	static const struct {
		int what;
		rlim_t most;
	} limits[] = {{RLIMIT_NPROC, 0}, {RLIMIT_FSIZE, 0}, {RLIMIT_CORE, 0}, {RLIMIT_NOFILE, 256}, {RLIMIT_AS, MEMORY}};
	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
		if (setrlimit((unsigned)limits[i].what, &(struct rlimit){limits[i].most, limits[i].most}) < 0)
			return error_set(err, errno, "limit %d", limits[i].what);
	return 0;
}

int sandbox_enter(int root, struct error *err)
{
	if (fchdir(root) < 0 || chroot(".") < 0)
		return error_set(err, errno, "enter the folder of names");
#ifdef __SANITIZE_ADDRESS__
	return 0;
#endif
	if (setgroups(0, NULL) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 || setresuid(NOBODY, NOBODY, NOBODY) < 0)
		return error_set(err, errno, "become nobody");
	prctl(PR_SET_DUMPABLE, 0);
	return set_limits(err) < 0 ? -1 : filter_calls(err);
}
