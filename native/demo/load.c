/* The demo's load generator: `load log` writes log lines as a busy service does, `load rhythm` works in waves of CPU, memory
 * and disk writes so that the console's charts have something to show. Both end on SIGTERM. */
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MIB (1024u * 1024u)

static volatile sig_atomic_t stopping;

static void on_term(int signal)
{
	(void)signal;
	stopping = 1;
}

static double seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void pause_ms(long ms)
{
	struct timespec time = {ms / 1000, ms % 1000 * 1000000};
	nanosleep(&time, NULL);
}

static void log_forever(void)
{
	static const char *paths[] = {"/", "/api/orders", "/api/orders/42", "/login", "/static/app.js", "/health"};
	static const char *colors[] = {"\033[32m", "\033[36m", "\033[33m", "\033[31m"};
	static const int codes[] = {200, 304, 404, 500};
	for (unsigned long n = 1; !stopping; n++) {
		int kind = rand() % 20 == 0 ? 3 : rand() % 8 == 0 ? 2 : rand() % 4 == 0;
		const char *path = paths[(size_t)rand() % (sizeof paths / sizeof *paths)];
		printf("request=%lu %s%d\033[0m GET %-16s %3d ms\n", n, colors[kind], codes[kind], path,
			1 + rand() % (kind == 3 ? 900 : 60));
		if (kind == 3)
			fprintf(stderr, "error: upstream of %s did not answer in time (request %lu)\n", path, n);
		if (n % 50 == 0)
			printf("{\"level\":\"info\",\"msg\":\"batch done\",\"requests\":%lu,\"queue\":%d}\n", n, rand() % 40);
		fflush(stdout);
		pause_ms(20 + rand() % 180);
	}
}

static void burn_cpu(double share)
{
	double start = seconds();
	volatile unsigned sum = 0;
	while (seconds() - start < 0.1 * share)
		for (int i = 0; i < 1000; i++)
			sum += (unsigned)i;
	pause_ms((long)(100 * (1 - share)));
}

static void write_disk(int fd, const char *block, size_t mib)
{
	for (size_t i = 0; i < mib; i++)
		if (pwrite(fd, block, MIB, (off_t)(i * MIB)) < 0)
			return;
	fdatasync(fd);
}

/* Past the page cache where the file system can: on cgroup v1 the kernel counts only such writes as the writer's own. */
static int open_direct(const char *path)
{
	int flags = O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC;
	int fd = open(path, flags | O_DIRECT, 0600);
	return fd >= 0 ? fd : open(path, flags, 0600);
}

static void rhythm_forever(void)
{
	const size_t most = 96;
	char *memory = malloc(most * MIB), *block = aligned_alloc(4096, MIB);
	int fd = open_direct("/tmp/rhythm");
	if (!memory || !block || fd < 0) {
		perror("rhythm");
		exit(1);
	}
	memset(block, 0, MIB);
	for (unsigned long tick = 0; !stopping; tick++) {
		double wave = (1 - cos((double)tick / 10.0 * 2 * M_PI / 30.0)) / 2;
		size_t held = (size_t)(wave * (double)most);
		memset(memory, (int)tick, held * MIB);
		burn_cpu(0.05 + 0.85 * wave);
		if (tick % 20 == 0)
			write_disk(fd, block, 4 + (size_t)(wave * 28));
		if (tick % 25 == 0) {
			printf("wave %.0f %%: holding %zu MiB\n", wave * 100, held);
			fflush(stdout);
		}
	}
}

int main(int argc, char **argv)
{
	struct sigaction action = {.sa_handler = on_term};
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	const char *what = argc > 1 ? argv[1] : "";
	if (strcmp(what, "log") == 0)
		log_forever();
	else if (strcmp(what, "rhythm") == 0)
		rhythm_forever();
	else {
		fprintf(stderr, "usage: load log|rhythm\n");
		return 2;
	}
	return 0;
}
