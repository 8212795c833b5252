/* What tests do inside a container, where a shell cannot.
 *   probe calls          which system calls, sockets and ioctls the container's filter lets through, without making any of them
 *   probe peek           for ever: opens descriptors, memory and program files of every other process; prints what it got.
 *                        A program file is held open, and written as soon as nobody runs it
 *   probe keep COMMAND…  runs a command with a key in its session
 *   probe find           looks for that key
 *   probe type           types a line into the terminal on its stdin (TIOCSTI), with and without high bits */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __x86_64__

#define LAST 600
#define ALLOWED 3999 /* an errno that no kernel gives */
#define KILLED 3998

enum way { NATIVE, X32, I386 };
struct question {
	enum way way;
	long number;
	unsigned long arguments[2];
};
static struct question questions[4096];
static int count;
static volatile short *answers, *asking;

/* The kernel's own probes, which no filter is asked about. */
#define URETPROBE 335
#define UPROBE 336

static void ask(enum way way, long number, unsigned long first, unsigned long second)
{
	if (way == NATIVE && (number == URETPROBE || number == UPROBE))
		number = -1;
	/* Which newer calls of the other forms are named depends on the library that the filter is made with. */
	if (way != NATIVE && number > 450 && !(way == X32 && number >= 512 && number <= 547))
		number = -1;
	questions[count++] = (struct question){way, number, {first, second}};
}

static long call(const struct question *q)
{
	long result;
	if (q->way == I386) {
		__asm__ volatile("int $0x80"
				 : "=a"(result)
				 : "a"(q->number), "b"(q->arguments[0]), "c"(q->arguments[1])
				 : "memory", "r8", "r9", "r10", "r11");
		return result;
	}
	long number = q->way == X32 ? q->number | 0x40000000 : q->number;
	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(q->arguments[0]), "S"(q->arguments[1]), "d"(0)
			 : "rcx", "r11", "memory");
	return result;
}

/* The other forms of a call are often death: a child without a tracer goes ahead, for whom what is let through is not there. */
static bool is_settled_by_child(int i)
{
	if (questions[i].way == NATIVE)
		return false;
	answers[i] = KILLED;
	pid_t pid = vfork();
	if (pid == 0) {
		answers[i] = (short)-call(&questions[i]);
		__asm__ volatile("ud2");
	}
	waitpid(pid, NULL, 0);
	return answers[i] != ENOSYS;
}

/* A second filter hands every call that the first lets through to the tracer, who has it skipped while `asking`: refusals of
 * the first have precedence. */
static void answer_from(int first)
{
	setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
	*asking = 0;
	struct sock_filter code[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE)};
	struct sock_fprog program = {1, code};
	ptrace(PTRACE_TRACEME, 0, 0, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	raise(SIGSTOP);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		_exit(9);
	for (int i = first; i < count; i++)
		if (!is_settled_by_child(i)) {
			answers[i] = KILLED;
			*asking = 1;
			answers[i] = (short)-call(&questions[i]);
			*asking = 0;
		}
	__asm__ volatile("ud2");
}

/* Runs questions from `first` on until a call kills the child; the number of the next. */
static int answer(int first)
{
	int status;
	pid_t pid = fork();
	if (pid == 0)
		answer_from(first);
	waitpid(pid, &status, 0);
	ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL);
	ptrace(PTRACE_CONT, pid, 0, 0);
	while (waitpid(pid, &status, 0) == pid && WIFSTOPPED(status)) {
		bool asked = status >> 8 == (SIGTRAP | PTRACE_EVENT_SECCOMP << 8);
		if (!asked && WSTOPSIG(status) != SIGCHLD) {
			kill(pid, SIGKILL);
			break;
		}
		if (asked && *asking) {
			struct user_regs_struct registers;
			ptrace(PTRACE_GETREGS, pid, 0, &registers);
			registers.orig_rax = (unsigned long long)-1;
			registers.rax = (unsigned long long)-ALLOWED;
			ptrace(PTRACE_SETREGS, pid, 0, &registers);
		}
		ptrace(PTRACE_CONT, pid, 0, 0);
	}
	waitpid(pid, &status, 0);
	for (int i = first; i < count; i++)
		if (answers[i] == KILLED)
			return i + 1;
	return count;
}

static const char *word(int code)
{
	return code == ALLOWED ? "allowed" : code == KILLED ? "killed" : code == EPERM ? "EPERM" : code == ENOSYS ? "ENOSYS" : "other";
}

static int calls(void)
{
	static const struct {
		const char *name;
		unsigned long number;
	} ioctls[] = {{"TIOCSTI", 0x5412}, {"TIOCSTI+2^32", 0x100005412}, {"TIOCLINUX", 0x541c}, {"TIOCLINUX+2^32", 0x10000541c},
		{"TIOCGWINSZ", 0x5413}, {"TCGETS", 0x5401}, {"FIONREAD", 0x541b}, {"TIOCSCTTY", 0x540e}, {"FICLONE", 0x40049409},
		{"BTRFS_IOC_SNAP_DESTROY", 0x5000940f}};
	static const char *const ways[] = {"x86_64", "x32", "i386"};
	answers = mmap(NULL, sizeof(short) * 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	asking = answers + 4095;
	for (int way = NATIVE; way <= I386; way++)
		for (int number = 0; number <= LAST; number++)
			ask((enum way)way, number, 0, 0);
	int sockets = count;
	for (unsigned family = 0; family <= 50; family++)
		ask(NATIVE, SYS_socket, family, 1);
	int requests = count;
	for (unsigned i = 0; i < sizeof ioctls / sizeof *ioctls; i++)
		ask(NATIVE, SYS_ioctl, 0, ioctls[i].number);
	int flags = count;
	for (int bit = 0; bit < 32; bit++)
		ask(NATIVE, SYS_clone, 1ul << bit, 0);
	int persons = count;
	static const unsigned long personalities[] = {0, 8, 0x20000, 0x20008, 0xffffffff, 0x40000, 0x100000000};
	for (unsigned i = 0; i < sizeof personalities / sizeof *personalities; i++)
		ask(NATIVE, SYS_personality, personalities[i], 0);
	for (int next = 0; next < count;)
		next = answer(next);
	for (int way = NATIVE; way <= I386; way++)
		for (int first = way * (LAST + 1), i = first; i <= first + LAST; i++)
			if (i == first || answers[i] != answers[i - 1]) {
				int end = i;
				while (end < first + LAST && answers[end + 1] == answers[i])
					end++;
				printf("%s %d-%d %s\n", ways[way], i - first, end - first, word(answers[i]));
			}
	for (int i = sockets; i < requests; i++)
		printf("socket %d %s\n", i - sockets, word(answers[i]));
	for (int i = requests; i < flags; i++)
		printf("ioctl %s %s\n", ioctls[i - requests].name, word(answers[i]));
	for (int i = flags; i < persons; i++)
		printf("clone 1<<%d %s\n", i - flags, word(answers[i]));
	for (int i = persons; i < count; i++)
		printf("personality %#lx %s\n", personalities[i - persons], word(answers[i]));
	return 0;
}

#else
static int calls(void)
{
	return 2;
}
#endif

static void try(const char *path, int flags)
{
	char target[256];
	int fd = open(path, flags | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return;
	char own[64];
	snprintf(own, sizeof own, "/proc/self/fd/%d", fd);
	ssize_t n = readlink(own, target, sizeof target - 1);
	printf("got %s -> %.*s\n", path, n > 0 ? (int)n : 0, target);
	fflush(stdout);
	close(fd);
}

/* Who holds a program file gets to write it when the last that runs it is gone. */
static void hold(const char *path)
{
	static int held[64];
	static unsigned next;
	char own[64], exe[8] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	snprintf(own, sizeof own, "/proc/self/fd/%d", fd);
	if (fd >= 0 && readlink(own, exe, 5) == 5 && strcmp(exe, "/bin/") != 0) {
		int *slot = &held[next++ % 64];
		if (*slot > 0)
			close(*slot);
		*slot = fd;
	} else if (fd >= 0) {
		close(fd);
	}
	for (int i = 0; i < 64; i++)
		if (held[i] > 0) {
			snprintf(own, sizeof own, "/proc/self/fd/%d", held[i]);
			try(own, O_WRONLY);
		}
}

/* Processes that were here first are ours; the others are on their way to become a program. */
static int peek(void)
{
	printf("peeking\n");
	fflush(stdout);
	for (;;)
		for (int pid = 2; pid < 400; pid++) {
			char path[64];
			if (pid == getpid())
				continue;
			snprintf(path, sizeof path, "/proc/%d/exe", pid);
			try(path, O_WRONLY);
			snprintf(path, sizeof path, "/proc/%d/exe", pid);
			char exe[256] = "";
			bool ours = readlink(path, exe, sizeof exe - 1) > 0 && strncmp(exe, "/bin/", 5) == 0;
			for (int fd = 3; fd < 24; fd++) {
				snprintf(path, sizeof path, "/proc/%d/fd/%d", pid, fd);
				try(path, O_RDONLY);
			}
			snprintf(path, sizeof path, "/proc/%d/mem", pid);
			if (*exe && !ours)
				try(path, O_RDWR);
			snprintf(path, sizeof path, "/proc/%d/exe", pid);
			if (!ours)
				hold(path);
		}
}

static int type(void)
{
	for (const char *at = "echo typed\n"; *at; at++)
		for (unsigned long high = 0; high < 2; high++)
			if (syscall(SYS_ioctl, 0, TIOCSTI | high << 32, at) == 0)
				puts("typed");
	puts("done");
	return 0;
}

static int keep(char **command)
{
	static const char secret[] = "of the host";
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 ||
		syscall(SYS_add_key, "user", "hawser-canary", secret, sizeof secret, KEY_SPEC_SESSION_KEYRING) < 0)
		return 3;
	execvp(*command, command);
	return 4;
}

static int find(void)
{
	long key = syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_SESSION_KEYRING, "user", "hawser-canary", 0);
	puts(key < 0 ? "no key" : "key");
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "calls") == 0)
		return calls();
	if (argc == 2 && strcmp(argv[1], "peek") == 0)
		return peek();
	if (argc >= 3 && strcmp(argv[1], "keep") == 0)
		return keep(argv + 2);
	if (argc == 2 && strcmp(argv[1], "find") == 0)
		return find();
	return argc == 2 && strcmp(argv[1], "type") == 0 ? type() : 2;
}
