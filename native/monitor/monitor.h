/* The container as its monitor sees it, and what can happen to it. life.c has the table [state][event]. */
#pragma once

#include "client.h"
#include "console.h"
#include "guard.h"
#include "health.h"
#include "job.h"
#include "keeper.h"
#include "log.h"
#include "loop.h"
#include "oom.h"
#include "orphan.h"
#include "plan.h"
#include "ports.h"
#include "stats.h"
#include "streams.h"

enum state {
	CREATING, /* the runtime makes it */
	WIRING,	  /* the network helper connects it */
	CREATED,
	STARTING,
	RUNNING,
	PAUSING,
	PAUSED,
	RESUMING,
	STOPPING, /* a signal was sent, the timer runs */
	DRAINING, /* the program has ended, its last output comes */
	CLEANING, /* the runtime and the network helper take it down */
	WAITING,  /* for the time of the next start */
	ENDED,	  /* for good: clients hear the rest */
	STATES
};

enum event {
	DONE,	/* the helper of this state has succeeded */
	FAILED, /* … or not */
	DIED,	/* the init process has ended */
	DRAINED,
	TIMER,
	START,
	STOP,
	KILL,
	PAUSE,
	UNPAUSE,
	EVENTS
};

/* Whole pages, which the keeper shares: a successor reads here what its predecessor knew (adopt.c). */
struct __attribute__((aligned(4096))) monitor {
	struct keeper keeper;
	struct watch ends; /* of processes that the keeper has reaped */
	struct plan plan;
	char folder[PATH_MAX];
	enum state state;

	pid_t pid;
	uint64_t pid_start;
	int pidfd;
	struct child init;
	struct orphan orphan; /* the same, when it is not ours */
	struct job job, side, cleaners[2];
	unsigned cleaning;
	struct console console;
	int child_fds[3];
	struct ports ports;

	struct streams streams;
	struct log log;
	struct stats stats;
	struct oom oom_watch;
	struct guard guard;
	struct health health;
	struct timer timer, tick;

	int64_t started_at, finished_at, next_start; /* wall clock, ns; 0 never */
	int64_t created_ns, started_ns;		     /* monotonic */
	int64_t backoff;
	int wait_status;
	int exit_code, signal;
	bool oom;
	char error[ERROR_TEXT / 2];
	int error_code; /* 125, 126 or 127 when `error` is set */
	unsigned restarts, ticks, adopted;
	uint64_t told_dropped; /* lines, in the status */

	bool answered;	  /* the launcher knows; from here on an end leaves a record */
	bool start_next;  /* as soon as it is created */
	bool has_network; /* set up, to be taken down */
	bool ran;	  /* this time */
	bool in_cgroup;	  /* its own */
	bool unseen;	  /* nobody can say how it ended */
	bool died;	  /* while a helper was still at work */
	bool stop_next;	  /* asked for while it was being paused or resumed */
	bool manual;	  /* somebody meant the end: no policy brings it back */
	bool final;	  /* the host goes down: no start follows, but it was not asked for */
	bool stop_asked, again;
	bool input_owned, promised;
	int stop_signal, kill_signal;
	int64_t stop_timeout; /* seconds */
	bool done;
};

/* life.c: begins to live, or the event that befell it. An event that means nothing in a state is passed over: what a stop asks for is
 * also in `manual` and `again`, which are looked at when an end is reached. */
void life_begin(struct monitor *m);
/* Before life_begin() or adopt(). */
void life_init(struct monitor *m);
void happen(struct monitor *m, enum event event);
/* Starts the runtime with `words` after its own arguments and --root. */
int run_runtime(struct job *job, const int fds[3], const char *const words[], struct error *err);

/* announce.c: status file, and the fields of status for whoever asks. */
void announce(struct monitor *m);
void put_status(const struct monitor *m, struct fields_writer *writer);
void put_exit(const struct monitor *m, struct fields_writer *writer);
/* The exit record. */
void record_end(struct monitor *m);
/* OK or ERROR to those who wait for it. */
void answer_clients(struct monitor *m, enum awaiting awaiting, bool ok);

/* verbs.c */
extern const struct client_handlers verb_handlers;
/* The one container of this process, for handlers that get no more than a connection. */
extern struct monitor monitor;

/* Docker's exit code for a helper's words: 127 the program is missing, 126 it cannot be invoked, else 125. */
int code_of_words(const char *text);
