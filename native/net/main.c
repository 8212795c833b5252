/* hawser-net: the network of one container, or of a store. See docs/formats.md. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "network.h"
#include "util.h"

#define FAILED 125
#define NO_HOLD (-1)

struct arguments {
	const struct plan *plan;
	int pid, hold;
};

static int do_up(const struct arguments *arguments, struct error *err)
{
	return network_up(arguments->plan, arguments->pid, arguments->hold, err);
}

static int do_mend(const struct arguments *arguments, struct error *err)
{
	return network_mend(arguments->plan, arguments->pid, err);
}

static int do_unplug(const struct arguments *arguments, struct error *err)
{
	return network_unplug(arguments->plan, arguments->pid, err);
}

static int do_down(const struct arguments *arguments, struct error *err)
{
	return network_down(arguments->plan, err);
}

static int do_bridge(const struct arguments *arguments, struct error *err)
{
	return network_bridge(arguments->plan, err);
}

static int do_unbridge(const struct arguments *arguments, struct error *err)
{
	return network_unbridge(arguments->plan, err);
}

static int do_reset(const struct arguments *arguments, struct error *err)
{
	return network_reset(arguments->plan, err);
}

static int do_check(const struct arguments *arguments, struct error *err)
{
	return network_check(arguments->plan, err);
}

static const struct verb {
	const char *name;
	bool pid, hold;
	int (*run)(const struct arguments *arguments, struct error *err);
} verbs[] = {
	{"up", true, true, do_up},
	{"mend", true, false, do_mend},
	{"unplug", true, false, do_unplug},
	{"down", false, false, do_down},
	{"bridge", false, false, do_bridge},
	{"unbridge", false, false, do_unbridge},
	{"reset", false, false, do_reset},
	{"check", false, false, do_check},
};

static const struct verb *find_verb(const char *name)
{
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

static bool parse_int(const char *text, int min, int *value)
{
	uint64_t number;
	if (!parse_u64(text, INT32_MAX, &number) || (int)number < min)
		return false;
	*value = (int)number;
	return true;
}

/* VERB PLAN [PID [--hold FD]] */
static const struct verb *parse_arguments(int argc, char **argv, struct arguments *arguments)
{
	const struct verb *verb = argc < 3 ? NULL : find_verb(argv[1]);
	if (!verb || argc < 3 + verb->pid || (verb->pid && !parse_int(argv[3], 1, &arguments->pid)))
		return NULL;
	int rest = 3 + verb->pid;
	if (argc == rest)
		return verb;
	return verb->hold && argc == rest + 2 && strcmp(argv[rest], "--hold") == 0 && parse_int(argv[rest + 1], 0, &arguments->hold) ? verb
																     : NULL;
}

/* Modules are loaded by the kernel itself, unless the host has none to load. */
static const char *hint(const struct error *err)
{
	bool lacking = err->code == EOPNOTSUPP || err->code == EPROTONOSUPPORT || err->code == EAFNOSUPPORT;
	return lacking ? " (the kernel needs bridge, veth and nf_tables with nft_nat, nft_masq, nft_ct and nft_fib)" : "";
}

int main(int argc, char **argv)
{
	struct error err = {0};
	cleanup_plan struct plan plan = {0};
	struct arguments arguments = {.plan = &plan, .hold = NO_HOLD};
	const struct verb *verb = parse_arguments(argc, argv, &arguments);
	if (!verb) {
		fputs("hawser-net: usage: hawser-net up PLAN PID [--hold FD] | mend PLAN PID | unplug PLAN PID | down PLAN | bridge PLAN | "
		      "unbridge PLAN | "
		      "reset PLAN | check PLAN\n",
			stderr);
		return FAILED;
	}
	if (plan_read(&plan, argv[2], &err) < 0 || verb->run(&arguments, &err) < 0) {
		fprintf(stderr, "hawser-net: %s%s\n", err.text, hint(&err));
		return FAILED;
	}
	return 0;
}
