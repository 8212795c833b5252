/* One epoll loop: descriptors to watch and timers to fire. Everything in the monitor is called from here. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>

#include "error.h"

#define container_of(pointer, type, member) ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

#define MS 1000000LL
#define SECOND (1000 * MS)

/* A descriptor and who hears of it. The owner closes the descriptor, after watch_remove(). */
struct watch {
	int fd;
	uint32_t events;
	void (*ready)(struct watch *watch, uint32_t events);
};

int loop_init(struct error *err);
int watch_add(struct watch *watch, int fd, uint32_t events, struct error *err);
/* Other events from now on. With 0 the descriptor leaves epoll, because hang-ups cannot be masked there and would wake us for
 * ever; an event of this round that has not been handed out yet is taken back. */
int watch_change(struct watch *watch, uint32_t events);
/* Stops watching and closes; fd becomes -1. Harmless when there is none. */
void watch_close(struct watch *watch);

struct timer {
	struct timer *next;
	int64_t due;
	bool armed;
	void (*fire)(struct timer *timer);
};

/* Fires once, `delay` ns from now (CLOCK_MONOTONIC); set again, it moves. */
void timer_set(struct timer *timer, int64_t delay);
void timer_cancel(struct timer *timer);

/* Runs until *done. */
void loop_run(const bool *done);
