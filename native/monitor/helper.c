/* The runtime and the network helper: how they are called, and what their words mean. */
#include <stdio.h>
#include <string.h>

#include "life.h"
#include "util.h"

/* The runtime's command line: program, its own arguments, --root, then up to nine words. */
int run_runtime(struct job *job, const int fds[3], const char *const words[], struct error *err)
{
	const struct plan *plan = &monitor.plan;
	const char *argv[64];
	size_t n = 0;
	argv[n++] = plan->runtime;
	for (const char **arg = plan->runtime_args; arg && *arg && n < 40; arg++)
		argv[n++] = *arg;
	argv[n++] = "--root";
	argv[n++] = plan->runtime_root;
	while (*words)
		argv[n++] = *words++;
	argv[n] = NULL;
	return job_start(job, argv, fds, err);
}

/* A helper that cannot even be started is one that failed. */
static void not_run(struct job *job, const struct error *err)
{
	snprintf(job->text, sizeof job->text, "%.500s", err->text);
	job->done(job, 125 << 8);
}

void run_step(struct job *job, const int fds[3], const char *const words[])
{
	struct error err;
	if (run_runtime(job, fds, words, &err) < 0)
		not_run(job, &err);
}

void run_net_up(struct monitor *m, struct job *job, pid_t pid)
{
	char number[16];
	/* The socket for the ports is its stdin: it gets no other descriptor of ours. */
	const char *const argv[] = {m->plan.net, "up", m->plan.net_plan, number, "--hold", "0", NULL};
	cleanup_close int socket = -1;
	struct error err;
	snprintf(number, sizeof number, "%d", (int)pid);
	if (ports_open(&m->ports, &socket, &err) < 0 || job_start(job, argv, (const int[]){socket, -1, -1}, &err) < 0)
		not_run(job, &err);
}

void run_net_down(struct monitor *m, struct job *job)
{
	const char *const argv[] = {m->plan.net, "down", m->plan.net_plan, NULL};
	struct error err;
	if (job_start(job, argv, NULL, &err) < 0)
		not_run(job, &err);
}

void set_error(struct monitor *m, int code, const char *text)
{
	m->error_code = code;
	snprintf(m->error, sizeof m->error, "%.*s", (int)strcspn(text, "\n"), text);
	m->exit_code = code;
}

int code_of_words(const char *text)
{
	bool exec = strcasestr(text, "exec");
	if (strcasestr(text, "not found in $PATH") || (exec && strcasestr(text, "no such file or directory")))
		return 127;
	if (exec && (strcasestr(text, "permission denied") || strcasestr(text, "is a directory") || strcasestr(text, "exec format error")))
		return 126;
	return 125;
}
