/* The actions of the table in life.c, each in the file of its part of a container's life. Only the table and these files use them. */
#pragma once

#include "monitor.h"

typedef void action(struct monitor *m);

/* making.c: the runtime makes it, the network helper connects it. */
action begin_create, on_made, on_not_made, note_death, on_wired, on_helper_failed;
/* A container that was made for a client which never came to start it is not kept longer than this. */
#define ABANDONED_TIME (30 * SECOND)
/* Takes back what there is, because of `text`. */
void give_up(struct monitor *m, int code, const char *text);
void close_child_fds(struct monitor *m);
void init_ended(struct child *child, int status);
void oom_happened(struct oom *oom);

/* running.c: started, signalled, paused. */
action begin_start, on_started, stop, stop_paused, stop_soon, stop_hard, stop_unstarted, on_kill, kill_paused, drop_if_abandoned;
action begin_pause, begin_resume, on_paused, on_not_paused, on_resumed, on_not_resumed;
void on_tick(struct timer *timer);

/* ending.c: from the last output to the next start or the last client. */
action clean, on_died, on_drain_time, died_unstarted, stop_waiting, on_cleaned, end, linger;

/* helper.c: the programs that do the work. */
void run_step(struct job *job, const int fds[3], const char *const words[]);
void run_net_up(struct monitor *m, struct job *job, pid_t pid);
void run_net_down(struct monitor *m, struct job *job);
void set_error(struct monitor *m, int code, const char *text);
