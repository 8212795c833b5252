import type {Seccomp, SeccompRule} from './spec.ts';

/**
 * The calls of the kernel that a container may make: an allow-list with Docker's documented meaning. All else fails with EPERM, so that a
 * program sees what it would see without the right; calls newer than this table are ENOSYS by the runtime's reckoning.
 */
const EPERM = 1;
const ENOSYS = 38;

/** One line a subject. */
const always = `
read write readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2 lseek _llseek sendfile sendfile64 splice tee vmsplice copy_file_range readahead
open openat openat2 creat close close_range dup dup2 dup3 fcntl fcntl64 ioctl flock pipe pipe2 memfd_create memfd_secret
stat stat64 lstat lstat64 fstat fstat64 newfstatat fstatat64 statx statfs statfs64 fstatfs fstatfs64 access faccessat faccessat2 readlink readlinkat
mkdir mkdirat rmdir mknod mknodat link linkat unlink unlinkat symlink symlinkat rename renameat renameat2 chdir fchdir getcwd umask getdents getdents64
chmod fchmod fchmodat fchmodat2 chown chown32 fchown fchown32 lchown lchown32 fchownat utime utimes utimensat utimensat_time64 futimesat truncate truncate64 ftruncate ftruncate64 fallocate fadvise64 fadvise64_64
getxattr lgetxattr fgetxattr getxattrat listxattr llistxattr flistxattr listxattrat setxattr lsetxattr fsetxattr setxattrat removexattr lremovexattr fremovexattr removexattrat
sync syncfs fsync fdatasync sync_file_range name_to_handle_at cachestat statmount listmount
inotify_init inotify_init1 inotify_add_watch inotify_rm_watch fanotify_mark
mmap mmap2 munmap mremap mprotect madvise mincore mlock mlock2 mlockall munlock munlockall msync brk map_shadow_stack mseal remap_file_pages pkey_alloc pkey_free pkey_mprotect process_mrelease membarrier
fork vfork execve execveat exit exit_group wait4 waitid waitpid getpid getppid gettid getpgid getpgrp setpgid getsid setsid set_tid_address kill tkill tgkill pause pidfd_open pidfd_send_signal
rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64 rt_tgsigqueueinfo sigaltstack sigprocmask sigreturn restart_syscall signalfd signalfd4
getuid getuid32 geteuid geteuid32 getgid getgid32 getegid getegid32 getresuid getresuid32 getresgid getresgid32 getgroups getgroups32 setuid setuid32 setgid setgid32 setreuid setreuid32 setregid setregid32
setresuid setresuid32 setresgid setresgid32 setfsuid setfsuid32 setfsgid setfsgid32 setgroups setgroups32 capget capset prctl seccomp landlock_create_ruleset landlock_add_rule landlock_restrict_self
getpriority setpriority ioprio_get ioprio_set sched_getaffinity sched_setaffinity sched_getattr sched_setattr sched_getparam sched_setparam sched_getscheduler sched_setscheduler sched_get_priority_max
sched_get_priority_min sched_rr_get_interval sched_rr_get_interval_time64 sched_yield getcpu rseq getrlimit ugetrlimit setrlimit prlimit64 getrusage times sysinfo uname
time gettimeofday clock_gettime clock_gettime64 clock_getres clock_getres_time64 clock_nanosleep clock_nanosleep_time64 clock_adjtime clock_adjtime64 adjtimex nanosleep alarm getitimer setitimer
timer_create timer_delete timer_getoverrun timer_gettime timer_gettime64 timer_settime timer_settime64 timerfd_create timerfd_gettime timerfd_gettime64 timerfd_settime timerfd_settime64
select _newselect pselect6 pselect6_time64 poll ppoll ppoll_time64 epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_wait epoll_wait_old epoll_pwait epoll_pwait2 eventfd eventfd2
futex futex_time64 futex_waitv futex_wait futex_wake futex_requeue set_robust_list get_robust_list set_thread_area get_thread_area
bind connect listen accept accept4 getsockname getpeername getsockopt setsockopt socketpair socketcall shutdown send sendto sendmsg sendmmsg recv recvfrom recvmsg recvmmsg recvmmsg_time64
ipc semget semop semctl semtimedop semtimedop_time64 shmget shmat shmdt shmctl msgget msgsnd msgrcv msgctl mq_open mq_unlink mq_timedsend mq_timedsend_time64 mq_timedreceive mq_timedreceive_time64 mq_notify mq_getsetattr
io_setup io_submit io_cancel io_destroy io_getevents io_pgetevents io_pgetevents_time64 getrandom
ptrace process_vm_readv process_vm_writev uretprobe
`
	.trim()
	.split(/\s+/);

/** Calls of one machine only. */
const byMachine: Readonly<Record<string, readonly string[]>> = {
	x64: ['arch_prctl', 'modify_ldt'],
	arm64: ['arm_fadvise64_64', 'arm_sync_file_range', 'sync_file_range2', 'breakpoint', 'cacheflush', 'set_tls'],
};

const architectures: Readonly<Record<string, readonly string[]>> = {
	x64: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
	arm64: ['SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM'],
};

/** What a capability makes sense of: without it the call would fail or reach the host. */
const byCapability: Readonly<Record<string, string>> = {
	CAP_BPF: 'bpf',
	CAP_DAC_READ_SEARCH: 'open_by_handle_at',
	CAP_PERFMON: 'perf_event_open',
	CAP_SYS_ADMIN:
		'lsm_get_self_attr lsm_set_self_attr lsm_list_modules bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie mount mount_setattr move_mount open_tree perf_event_open quotactl quotactl_fd setdomainname sethostname setns syslog umount umount2 unshare',
	CAP_SYS_BOOT: 'reboot',
	CAP_SYS_CHROOT: 'chroot',
	CAP_SYS_MODULE: 'delete_module init_module finit_module',
	CAP_SYS_NICE: 'get_mempolicy mbind set_mempolicy set_mempolicy_home_node',
	CAP_SYS_PACCT: 'acct',
	CAP_SYS_PTRACE: 'kcmp pidfd_getfd process_madvise',
	CAP_SYS_RAWIO: 'iopl ioperm',
	CAP_SYS_TIME: 'settimeofday stime clock_settime clock_settime64',
	CAP_SYS_TTY_CONFIG: 'vhangup',
	CAP_SYSLOG: 'syslog',
};

/** All but AF_ALG (38) and AF_VSOCK (40), as in Docker. */
const dockerSockets: readonly SeccompRule[] = [
	{names: ['socket'], action: 'SCMP_ACT_ALLOW', args: [{index: 0, value: 38, op: 'SCMP_CMP_LT'}]},
	{names: ['socket'], action: 'SCMP_ACT_ALLOW', args: [{index: 0, value: 39, op: 'SCMP_CMP_EQ'}]},
	{names: ['socket'], action: 'SCMP_ACT_ALLOW', args: [{index: 0, value: 40, op: 'SCMP_CMP_GT'}]},
];

/** Unix, IPv4, IPv6, netlink. An allow-list: families that few know of were ways out. */
const socketFamilies = [1, 2, 10, 16];
const AF_PACKET = 17;

/** Linux, its variants without address randomisation, and "tell me". */
const personalities = [0x0, 0x0008, 0x20000, 0x20008, 0xffffffff];

/** CLONE_NEWNS | NEWCGROUP | NEWUTS | NEWIPC | NEWUSER | NEWPID | NEWNET. */
const CLONE_NEW_ANY = 0x7e020000;

const allow = (names: readonly string[], args?: SeccompRule['args']): SeccompRule => ({names, action: 'SCMP_ACT_ALLOW', ...(args && {args})});

const whenEqual = (name: string, values: readonly number[]): SeccompRule[] => values.map(value => allow([name], [{index: 0, value, op: 'SCMP_CMP_EQ'}]));

/** Threads and processes, but no namespaces. clone3 passes its flags by a pointer that no filter sees: as if the kernel did not have it, so that libc uses clone. */
const unprivilegedClone: readonly SeccompRule[] = [
	allow(['clone'], [{index: 0, value: CLONE_NEW_ANY, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ'}]),
	{names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: ENOSYS},
];

/** What `hardened` takes away: ways to the kernel's memory, to other mounts' files, and to system calls that no filter sees. */
const needless = new Set('vmsplice name_to_handle_at statmount listmount uretprobe map_shadow_stack modify_ldt remap_file_pages ioctl socketcall'.split(' '));

/**
 * Every ioctl but TIOCSTI (0x5412) and TIOCLINUX (0x541c), which type into a terminal. The kernel looks at the low 32 bits only, so a
 * comparison of all 64 could be passed by (CVE-2019-10063): one rule for each bit of the 28 in which a number can differ from both, and
 * one for each other value of the last four.
 */
const TTY = 0x5410;
const harmlessIoctls = (): SeccompRule[] => {
	const when = (mask: number, value: number): SeccompRule => allow(['ioctl'], [{index: 1, value: mask, valueTwo: value, op: 'SCMP_CMP_MASKED_EQ'}]);
	const bits = Array.from({length: 28}, (_, number) => 2 ** (number + 4));
	const last = Array.from({length: 16}, (_, number) => number).filter(number => number !== 0x2 && number !== 0xc);
	return [...bits.map(bit => when(bit, Math.floor(TTY / bit) % 2 === 1 ? 0 : bit)), ...last.map(value => when(0xf, value))];
};

const hardenedRules = (capabilities: readonly string[]): SeccompRule[] => [
	...whenEqual('socket', capabilities.includes('CAP_NET_RAW') ? [...socketFamilies, AF_PACKET] : socketFamilies),
	...harmlessIoctls(),
];

export type SeccompOptions = {readonly machine?: string; readonly hardened?: boolean};

/** The default profile. Hardened: one architecture, since 32-bit programs reach other code in the kernel, and fewer calls. */
export function seccompFor(capabilities: readonly string[], {machine = process.arch, hardened = false}: SeccompOptions = {}): Seccomp {
	const granted = capabilities.flatMap(name => byCapability[name]?.split(' ') ?? []);
	const names = [...new Set([...always, ...(byMachine[machine] ?? []), ...granted])];
	return {
		defaultAction: 'SCMP_ACT_ERRNO',
		defaultErrnoRet: EPERM,
		architectures: (architectures[machine] ?? []).slice(0, hardened ? 1 : undefined),
		syscalls: [
			allow(hardened ? names.filter(name => !needless.has(name)) : names),
			...(hardened ? hardenedRules(capabilities) : dockerSockets),
			...whenEqual('personality', personalities),
			...(capabilities.includes('CAP_SYS_ADMIN') ? [] : unprivilegedClone),
		],
	};
}
