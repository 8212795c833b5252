#include "oom.h"

#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>

#include "cgroup.h"
#include "util.h"

static void ready(struct watch *watch, uint32_t events)
{
	struct oom *oom = container_of(watch, struct oom, watch);
	uint64_t count;
	(void)events;
	if (watch->fd != oom->counter && read(watch->fd, &count, sizeof count) < 0)
		return;
	oom_check(oom);
	oom->alarmed = watch->fd != oom->counter;
}

/* v1 tells by an eventfd that is registered with the descriptor of memory.oom_control. It comes before the kill is counted: the
 * look at the next second, or at the end, finds what this one is too early for. */
static void register_v1(struct oom *oom, const char *cgroup)
{
	char path[PATH_MAX], line[64];
	cleanup_close int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	cgroup_file(path, "memory", cgroup, "cgroup.event_control");
	snprintf(line, sizeof line, "%d %d", fd, oom->counter);
	if (fd >= 0 && write_file_at(AT_FDCWD, path, line) == 0 && watch_add(&oom->watch, fd, EPOLLIN, NULL) == 0)
		steal_fd(&fd);
}

void oom_follow(struct oom *oom, const char *cgroup, void (*happened)(struct oom *oom))
{
	char path[PATH_MAX];
	*oom = (struct oom){.watch = {.fd = -1, .ready = ready}, .happened = happened};
	cgroup_file(path, "memory", cgroup, cgroup_is_unified() ? "memory.events" : "memory.oom_control");
	oom->counter = open(path, O_RDONLY | O_CLOEXEC);
	if (oom->counter < 0)
		return;
	if (cgroup_is_unified())
		watch_add(&oom->watch, oom->counter, EPOLLPRI, NULL);
	else
		register_v1(oom, cgroup);
}

static uint64_t read_kills(const struct oom *oom)
{
	char text[512];
	ssize_t n = oom->counter < 0 ? -1 : pread(oom->counter, text, sizeof text - 1, 0);
	text[n > 0 ? n : 0] = 0;
	const char *line = strstr(text, "\noom_kill ");
	return line ? strtoull(line + 10, NULL, 10) : oom->kills;
}

void oom_resume(struct oom *oom, const char *cgroup, void (*happened)(struct oom *oom))
{
	oom_follow(oom, cgroup, happened);
	oom->kills = read_kills(oom);
}

void oom_check(struct oom *oom)
{
	uint64_t kills = read_kills(oom);
	if (kills <= oom->kills)
		return;
	oom->kills = kills;
	oom->happened(oom);
}

void oom_unfollow(struct oom *oom)
{
	if (oom->watch.fd >= 0 && oom->watch.fd != oom->counter)
		watch_close(&oom->watch);
	else
		watch_change(&oom->watch, 0);
	if (oom->counter >= 0)
		close(oom->counter);
	oom->counter = oom->watch.fd = -1;
}
