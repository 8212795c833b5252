/* A stop-watch for programs that take milliseconds: Node's own way of starting them costs as much as they do.
 *   lap ROUNDS NAME "PROGRAM ARG … ; WAIT ; PROGRAM …" [NAME …]   in turn, once a round; WAIT is for a child that was left to us.
 *     Prints "NAME wall|cpu|STEP MICROSECONDS": medians of wall time, the mean of CPU time.
 *   lap ROUNDS floor ROOT    what the kernel takes for the same: namespaces, cgroups, file systems, pivot, execve, the end */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CONTENDERS 8
#define STEPS 8

extern char **environ;

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static double cpu(void)
{
	struct rusage use;
	getrusage(RUSAGE_CHILDREN, &use);
	return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1e6 + (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

static double median(double *list, int count)
{
	qsort(list, (size_t)count, sizeof *list, by_value);
	return list[count / 2];
}

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

struct contender {
	const char *name;
	char *steps[STEPS][40]; /* argv; "WAIT" alone */
	int count;
	double *wall[STEPS + 1], cpu;
};

static void parse(struct contender *contender, const char *name, char *text, int rounds)
{
	char *save = NULL;
	int words = 0;
	contender->name = name;
	contender->count = 1;
	for (char *word = strtok_r(text, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		if (strcmp(word, ";") != 0) {
			contender->steps[contender->count - 1][words++] = word;
			continue;
		}
		contender->count++;
		words = 0;
	}
	for (int i = 0; i <= contender->count; i++)
		contender->wall[i] = calloc((size_t)rounds, sizeof(double));
}

static void take(char **argv, const char *name)
{
	int status;
	pid_t pid = -1;
	posix_spawn_file_actions_t actions;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	if (strcmp(argv[0], "WAIT") != 0 && posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ) != 0)
		fail(argv[0]);
	posix_spawn_file_actions_destroy(&actions);
	if (waitpid(pid, &status, 0) < 0 || status != 0) {
		fprintf(stderr, "%s: %s ended with %d\n", name, argv[0], WEXITSTATUS(status));
		exit(1);
	}
}

static void turn(struct contender *contender, int round)
{
	double used = cpu(), start = now(), last = start;
	for (int i = 0; i < contender->count; i++) {
		take(contender->steps[i], contender->name);
		double time = now();
		if (round >= 0)
			contender->wall[i][round] = time - last;
		last = time;
	}
	if (round < 0)
		return;
	contender->wall[contender->count][round] = last - start;
	contender->cpu += cpu() - used;
}

static int race(int rounds, int count, char **words)
{
	static struct contender contenders[CONTENDERS];
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	for (int i = 0; i < count; i++)
		parse(&contenders[i], words[2 * i], words[2 * i + 1], rounds);
	for (int round = -2; round < rounds; round++)
		for (int i = 0; i < count; i++)
			turn(&contenders[i], round);
	for (int i = 0; i < count; i++) {
		struct contender *contender = &contenders[i];
		for (int step = 0; step < contender->count; step++)
			printf("%s %d %.0f\n", contender->name, step, median(contender->wall[step], rounds));
		printf("%s wall %.0f\n%s cpu %.0f\n", contender->name, median(contender->wall[contender->count], rounds), contender->name,
			contender->cpu / rounds);
	}
	return 0;
}

enum { STARTS, FOLDERS, CLONE, ENTER, MOUNTS, PIVOT, PROGRAM, REMOVE, MARKS };
static const char *const marks[MARKS] = {"starts of a static program, three", "cgroup folders", "clone with namespaces",
	"entering the cgroups", "file systems", "pivot", "execve to the end of it all", "removing the cgroup folders"};
static double (*times)[MARKS];
static char groups[16][256];
static int group_count;

static void find_groups(void)
{
	DIR *folder = opendir("/sys/fs/cgroup");
	char path[600];
	int v2 = access("/sys/fs/cgroup/cgroup.controllers", F_OK) == 0;
	if (v2)
		snprintf(groups[group_count++], sizeof *groups, "/sys/fs/cgroup/hawser-bench-floor");
	for (struct dirent *entry; !v2 && folder && (entry = readdir(folder));) {
		snprintf(path, sizeof path, "/sys/fs/cgroup/%s/tasks", entry->d_name);
		if (entry->d_name[0] != '.' && group_count < 16 && access(path, W_OK) == 0)
			snprintf(groups[group_count++], sizeof *groups, "/sys/fs/cgroup/%.200s/hawser-bench-floor", entry->d_name);
	}
	if (folder)
		closedir(folder);
}

static void make_groups(void)
{
	static const char *const files[] = {"cpuset.cpus", "cpuset.mems"};
	for (int i = 0; i < group_count; i++) {
		if (mkdir(groups[i], 0755) < 0)
			fail(groups[i]);
		for (int f = 0; strstr(groups[i], "/cpuset/") && f < 2; f++) {
			char path[600], text[256];
			snprintf(path, sizeof path, "%s/../%s", groups[i], files[f]);
			int from = open(path, O_RDONLY);
			ssize_t n = read(from, text, sizeof text);
			close(from);
			snprintf(path, sizeof path, "%s/%s", groups[i], files[f]);
			int to = open(path, O_WRONLY);
			if (n < 0 || write(to, text, (size_t)n) != n)
				fail(path);
			close(to);
		}
	}
}

static void enter_groups(void)
{
	for (int i = 0; i < group_count; i++) {
		char path[600];
		snprintf(path, sizeof path, "%s/%s", groups[i], group_count == 1 ? "cgroup.procs" : "tasks");
		int fd = open(path, O_WRONLY);
		if (fd < 0 || write(fd, "0", 1) != 1)
			fail(path);
		close(fd);
	}
}

static void mount_all(const char *root)
{
	static const char *const mounts[][3] = {{"proc", "proc", ""}, {"tmpfs", "dev", "mode=755"},
		{"devpts", "dev/pts", "newinstance,ptmxmode=0666"}, {"sysfs", "sys", ""}, {"mqueue", "dev/mqueue", ""},
		{"tmpfs", "dev/shm", "mode=1777"}};
	if (mount(NULL, "/", NULL, MS_SLAVE | MS_REC, NULL) < 0 || mount(root, root, NULL, MS_BIND | MS_REC, NULL) < 0 || chdir(root) < 0)
		fail("mount");
	for (size_t i = 0; i < sizeof mounts / sizeof *mounts; i++) {
		mkdir(mounts[i][1], 0755);
		if (mount(mounts[i][0], mounts[i][1], mounts[i][0], MS_NOSUID, mounts[i][2]) < 0)
			fail(mounts[i][1]);
	}
	for (unsigned minor = 3; minor < 9; minor++) {
		char name[32];
		snprintf(name, sizeof name, "dev/node%u", minor);
		mknod(name, S_IFCHR | 0666, minor | 1 << 8);
	}
}

static void child(const char *root, double *marked)
{
	double start = now(), time;
	enter_groups();
	unshare(CLONE_NEWCGROUP);
	marked[ENTER] = (time = now()) - start;
	mount_all(root);
	marked[MOUNTS] = now() - time;
	time = now();
	if (syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", MNT_DETACH) < 0)
		fail("pivot");
	marked[PIVOT] = now() - time;
	marked[PROGRAM] = now();
	execl("/bin/true", "true", NULL);
	fail("/bin/true");
}

static void floor_turn(const char *self, const char *root, double *marked)
{
	char *nothing[] = {(char *)self, "0", "nothing", NULL};
	double start = now(), time;
	for (int i = 0; i < 3; i++)
		take(nothing, "floor");
	marked[STARTS] = (time = now()) - start;
	make_groups();
	marked[FOLDERS] = now() - time;
	time = now();
	struct clone_args args = {.flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC, .exit_signal = SIGCHLD};
	pid_t pid = (pid_t)syscall(SYS_clone3, &args, sizeof args);
	if (pid == 0)
		child(root, marked);
	marked[CLONE] = now() - time;
	int status;
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || status != 0)
		fail("floor");
	marked[PROGRAM] = (time = now()) - marked[PROGRAM];
	for (int i = 0; i < group_count; i++)
		if (rmdir(groups[i]) < 0)
			fail(groups[i]);
	marked[REMOVE] = now() - time;
}

static int measure_floor(const char *self, int rounds, const char *root)
{
	double sum = 0, *list = calloc((size_t)rounds, sizeof *list);
	times = mmap(NULL, sizeof *times * (size_t)(rounds + 1), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	find_groups();
	for (int round = 0; round <= rounds; round++)
		floor_turn(self, root, times[round]);
	for (int mark = 0; mark < MARKS; mark++) {
		for (int round = 0; round < rounds; round++)
			list[round] = times[round + 1][mark];
		double value = median(list, rounds);
		sum += value;
		printf("%s: %.0f\n", marks[mark], value);
	}
	printf("floor: %.0f\n", sum);
	return 0;
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 0;
	if (argc == 3 && strcmp(argv[2], "nothing") == 0)
		return 0;
	if (argc == 4 && rounds > 0 && strcmp(argv[2], "floor") == 0)
		return measure_floor(argv[0], rounds, argv[3]);
	if (argc < 4 || argc % 2 || rounds <= 0 || argc / 2 - 1 > CONTENDERS)
		return 2;
	return race(rounds, argc / 2 - 1, argv + 2);
}
