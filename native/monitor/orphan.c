#include "orphan.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>

#include "util.h"

/* From linux/pidfd.h of 6.15, where the first version of this struct got its exit code. */
struct pidfd_info {
	uint64_t mask, cgroup;
	uint32_t pid, tgid, ppid, ids[8];
	int32_t exit_code;
};
#define PIDFD_GET_INFO _IOWR(0xff, 11, struct pidfd_info)
#define PIDFD_INFO_EXIT (1u << 3)

/* The kernel has the code once somebody has reaped the process, which is its init's duty. */
#define REAP_TIME (2 * SECOND)

static void finish(struct orphan *orphan, int status)
{
	orphan_forget(orphan);
	orphan->ended(orphan, status);
}

static void look(struct orphan *orphan, bool patient)
{
	struct pidfd_info info = {.mask = PIDFD_INFO_EXIT};
	bool told = ioctl(orphan->watch.fd, PIDFD_GET_INFO, &info) == 0;
	if (told && (info.mask & PIDFD_INFO_EXIT))
		finish(orphan, info.exit_code);
	else if (!patient || (!told && errno != ESRCH))
		finish(orphan, -1);
	else if (!orphan->timer.armed)
		timer_set(&orphan->timer, REAP_TIME);
}

static void ready(struct watch *watch, uint32_t events)
{
	(void)events;
	/* It has ended; from here on only the hang-up, which is the reaping, is of interest. */
	watch_change(watch, EPOLLPRI);
	look(container_of(watch, struct orphan, watch), true);
}

static void time_over(struct timer *timer)
{
	look(container_of(timer, struct orphan, timer), false);
}

int orphan_follow(struct orphan *orphan, pid_t pid, int pidfd, void (*ended)(struct orphan *orphan, int status), struct error *err)
{
	*orphan = (struct orphan){.watch = {.fd = -1, .ready = ready}, .pid = pid, .timer.fire = time_over, .ended = ended};
	int fd = fcntl(pidfd, F_DUPFD_CLOEXEC, 3);
	return fd < 0 ? error_set(err, errno, "watch process %d", (int)pid) : watch_add(&orphan->watch, fd, EPOLLIN, err);
}

void orphan_doubt(struct orphan *orphan, void (*ended)(struct orphan *orphan, int status))
{
	*orphan = (struct orphan){.watch.fd = -1, .timer.fire = time_over, .ended = ended};
	timer_set(&orphan->timer, REAP_TIME);
}

void orphan_forget(struct orphan *orphan)
{
	timer_cancel(&orphan->timer);
	watch_close(&orphan->watch);
}
