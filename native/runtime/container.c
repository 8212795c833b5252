#include "container.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "util.h"

void container_init(struct container *c, const struct options *options)
{
	*c = (struct container){.options = options, .process = &c->spec.process};
	int *const fds[] = {&c->root_dir, &c->state_dir, &c->rootfs, &c->null_fd, &c->start_fd, &c->started_fd, &c->console_fd,
		&c->listener_fd, &c->nodes_fd, &c->sync_parent, &c->sync_child, &c->proc_fd, &c->dev_fd, &c->terminal_fd, &c->cwd_fd,
		&c->pidfd};
	for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
		*fds[i] = -1;
	for (int kind = 0; kind < NS_KINDS; kind++)
		c->namespace_fds[kind] = -1;
}

static void close_list(int *fds, size_t count)
{
	for (size_t i = 0; fds && i < count; i++)
		if (fds[i] >= 0)
			close(steal_fd(&fds[i]));
}

void container_finish(struct container *c)
{
	int *const fds[] = {&c->root_dir, &c->state_dir, &c->rootfs, &c->null_fd, &c->start_fd, &c->started_fd, &c->console_fd,
		&c->listener_fd, &c->nodes_fd, &c->sync_parent, &c->sync_child, &c->proc_fd, &c->dev_fd, &c->terminal_fd, &c->cwd_fd,
		&c->pidfd};
	for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
		close_list(fds[i], 1);
	close_list(c->namespace_fds, NS_KINDS);
	close_list(c->mount_fds, c->spec.mount_count);
	cgroup_finish(&c->cgroup);
	free(c->filter.code);
	free(c->config);
	spec_finish(&c->spec);
}

int plan_walk(const struct step *steps, struct container *c, struct error *err)
{
	for (const struct step *step = steps; step->name; step++)
		if ((!step->wanted || step->wanted(c)) && step->run(c, err) < 0)
			return error_wrap(err, "%s", step->name);
	return 0;
}
