/* hawser-runtime: an OCI runtime. The global flags, the table of verbs, and how an error is told. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>

#include "seal.h"
#include "state.h"
#include "util.h"
#include "verbs.h"

#define VERSION "0.1.0"
#define DEFAULT_ROOT "/run/hawser-runtime"

static const struct verb {
	const char *name;
	int (*run)(const struct options *options, int argc, char **argv, struct error *err);
	const char *usage;
} verbs[] = {
	{"create", verb_create, "[--bundle DIR] [--console-socket PATH] [--pid-file FILE] [--preserve-fds N] ID: make a container"},
	{"start", verb_start, "ID: run the program of a created container"},
	{"run", verb_run, "[--detach] [--keep] [flags of create] ID: create, start, wait, delete"},
	{"state", verb_state, "ID: its state as JSON"},
	{"kill", verb_kill, "[--all] ID [SIGNAL]: send a signal, SIGTERM by default"},
	{"delete", verb_delete, "[--force] ID: remove what is left of it"},
	{"exec", verb_exec,
		"[--process FILE] [--tty] [--cwd DIR] [--env K=V] [--user UID[:GID]] [--detach] ID [COMMAND...]: run one more program in "
		"it"},
	{"pause", verb_pause, "ID: freeze its processes"},
	{"resume", verb_resume, "ID: thaw them"},
	{"ps", verb_ps, "[--format table|json] ID: its processes"},
	{"list", verb_list, "[--format table|json] [--quiet]: all containers below the root"},
	{"update", verb_update, "[--resources FILE|-] [--memory N ...] ID: change its limits"},
	{"features", verb_features, ": what this runtime can do, as JSON"},
	{"spec", verb_spec, "[--bundle DIR]: write a config.json to begin with"},
};
#define VERBS (sizeof verbs / sizeof *verbs)

struct log {
	const char *path, *format;
};

enum {
	FLAG_ROOT = 256,
	FLAG_LOG,
	FLAG_LOG_FORMAT,
	FLAG_LOG_LEVEL,
	FLAG_SYSTEMD,
	FLAG_MANAGER,
	FLAG_DEBUG,
	FLAG_VERSION,
	FLAG_HELP,
	FLAG_ROOTLESS
};
static const struct option flags[] = {
	{"root", required_argument, NULL, FLAG_ROOT},
	{"log", required_argument, NULL, FLAG_LOG},
	{"log-format", required_argument, NULL, FLAG_LOG_FORMAT},
	{"log-level", required_argument, NULL, FLAG_LOG_LEVEL},
	{"systemd-cgroup", no_argument, NULL, FLAG_SYSTEMD},
	{"cgroup-manager", required_argument, NULL, FLAG_MANAGER},
	{"rootless", required_argument, NULL, FLAG_ROOTLESS},
	{"debug", no_argument, NULL, FLAG_DEBUG},
	{"version", no_argument, NULL, FLAG_VERSION},
	{"help", no_argument, NULL, FLAG_HELP},
	{0},
};

static int usage(void)
{
	printf("usage: hawser-runtime [--root DIR] [--log FILE] [--log-format text|json] [--debug] VERB ...\n\n");
	for (size_t i = 0; i < VERBS; i++)
		printf("  %-9s %s\n", verbs[i].name, verbs[i].usage);
	return 0;
}

static void log_error(const struct log *log, const char *text)
{
	char stamp[40], line[ERROR_TEXT * 7];
	time_t now = time(NULL);
	struct tm parts;
	strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &parts));
	int size;
	if (log->format && strcmp(log->format, "json") == 0) {
		json_t *json = json_pack("{s:s, s:s, s:s}", "level", "error", "msg", text, "time", stamp);
		cleanup_free char *dumped = json ? json_dumps(json, JSON_COMPACT) : NULL;
		json_decref(json);
		size = snprintf(line, sizeof line, "%s\n", dumped ? dumped : "{}");
	} else {
		size = snprintf(line, sizeof line, "time=\"%s\" level=error msg=\"%s\"\n", stamp, text);
	}
	cleanup_close int fd = open(log->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0 || write_all(fd, line, (size_t)size) < 0)
		fprintf(stderr, "hawser-runtime: write to the log %s: %s\n", log->path, strerror(errno));
}

/* Returns the exit code when the flags alone answer, -1 to go on. */
static int take_flags(int argc, char **argv, struct options *options, struct log *log)
{
	int flag;
	while ((flag = getopt_long(argc, argv, "+hv", flags, NULL)) != -1) {
		switch (flag) {
		case FLAG_ROOT:
			options->root = optarg;
			break;
		case FLAG_LOG:
			log->path = optarg;
			break;
		case FLAG_LOG_FORMAT:
			log->format = optarg;
			break;
		case FLAG_DEBUG:
			options->debug = true;
			break;
		case FLAG_SYSTEMD:
			options->systemd_cgroup = true;
			break;
		case FLAG_MANAGER:
			options->systemd_cgroup = strcmp(optarg, "systemd") == 0;
			break;
		case FLAG_LOG_LEVEL:
		case FLAG_ROOTLESS:
			break;
		case 'v':
		case FLAG_VERSION:
			printf("hawser-runtime version " VERSION "\nspec: 1.2.0\n");
			return 0;
		case 'h':
		case FLAG_HELP:
			return usage();
		default:
			return 1;
		}
	}
	return -1;
}

static const struct verb *find_verb(const char *name)
{
	for (size_t i = 0; i < VERBS; i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

static int run_verb(const struct options *options, const struct log *log, int argc, char **argv)
{
	struct error err = {0};
	const struct verb *verb = find_verb(argv[0]);
	if (!verb) {
		fprintf(stderr, "hawser-runtime: there is no verb '%s'; see --help\n", argv[0]);
		return 1;
	}
	optind = 1;
	int code = verb->run(options, argc, argv, &err);
	if (code >= 0)
		return code;
	fprintf(stderr, "hawser-runtime: %s\n", err.text);
	if (log->path)
		log_error(log, err.text);
	/* run and exec stand for the program: 127 and 126 say why it never was. */
	bool stands = verb->run == verb_run || verb->run == verb_exec;
	return stands && (err.code == EXEC_MISSING || err.code == EXEC_REFUSED) ? err.code & 0xff : 1;
}

int main(int argc, char **argv)
{
	struct options options = {.root = DEFAULT_ROOT};
	struct log log = {0};
	int code = take_flags(argc, argv, &options, &log);
	if (code >= 0)
		return code;
	if (optind >= argc) {
		usage();
		return 1;
	}
	/* Folders of cgroups and places of mounts are to be seen in the container whatever the caller's mask is. */
	umask(0022);
	/* From here on no process of a container can look into us, and none can write to our file. */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	const char *verb = argv[optind];
	if ((strcmp(verb, "create") == 0 || strcmp(verb, "run") == 0 || strcmp(verb, "exec") == 0) && seal_self(argv) < 0) {
		fprintf(stderr, "hawser-runtime: seal its own program file: %s\n", strerror(errno));
		return 1;
	}
	return run_verb(&options, &log, argc - optind, argv + optind);
}
