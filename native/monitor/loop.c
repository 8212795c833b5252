#include "loop.h"

#include <errno.h>
#include <unistd.h>

#include "util.h"

#define BATCH 16

static int epoll_fd = -1;
static struct epoll_event batch[BATCH];
static int batch_size;
static struct timer *timers;

int loop_init(struct error *err)
{
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	return epoll_fd < 0 ? error_set(err, errno, "epoll_create1") : 0;
}

int watch_add(struct watch *watch, int fd, uint32_t events, struct error *err)
{
	watch->fd = fd;
	watch->events = 0;
	return watch_change(watch, events) < 0 ? error_set(err, errno, "watch descriptor %d", fd) : 0;
}

static void forget_event(struct watch *watch)
{
	for (int i = 0; i < batch_size; i++)
		if (batch[i].data.ptr == watch)
			batch[i].data.ptr = NULL;
}

int watch_change(struct watch *watch, uint32_t events)
{
	if (watch->fd < 0 || watch->events == events)
		return 0;
	struct epoll_event event = {.events = events, .data.ptr = watch};
	int what = events == 0 ? EPOLL_CTL_DEL : watch->events == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
	if (epoll_ctl(epoll_fd, what, watch->fd, &event) < 0)
		return -1;
	watch->events = events;
	if (events == 0)
		forget_event(watch);
	return 0;
}

void watch_close(struct watch *watch)
{
	watch_change(watch, 0);
	if (watch->fd >= 0)
		close(watch->fd);
	watch->fd = -1;
}

void timer_cancel(struct timer *timer)
{
	for (struct timer **at = &timers; *at; at = &(*at)->next)
		if (*at == timer) {
			*at = timer->next;
			break;
		}
	timer->armed = false;
}

void timer_set(struct timer *timer, int64_t delay)
{
	if (timer->armed)
		timer_cancel(timer);
	timer->due = monotonic_ns() + delay;
	timer->armed = true;
	struct timer **at = &timers;
	while (*at && (*at)->due <= timer->due)
		at = &(*at)->next;
	timer->next = *at;
	*at = timer;
}

static void fire_timers(void)
{
	int64_t now = monotonic_ns();
	while (timers && timers->due <= now) {
		struct timer *timer = timers;
		timers = timer->next;
		timer->armed = false;
		timer->fire(timer);
	}
}

/* Milliseconds until the first timer, rounded up so that a wake-up is never too early. */
static int next_timeout(void)
{
	if (!timers)
		return -1;
	int64_t left = timers->due - monotonic_ns();
	return left <= 0 ? 0 : left > 3600 * SECOND ? 3600000 : (int)((left + MS - 1) / MS);
}

void loop_run(const bool *done)
{
	while (!*done) {
		batch_size = epoll_wait(epoll_fd, batch, BATCH, next_timeout());
		for (int i = 0; i < batch_size && !*done; i++) {
			struct watch *watch = batch[i].data.ptr;
			if (watch)
				watch->ready(watch, batch[i].events);
		}
		batch_size = 0;
		fire_timers();
	}
}
