/* hawser-runtime: an OCI runtime. The global flags, the table of verbs, and how an error is told. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "flags.h"
#include "log.h"
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
	{"create", verb_create,
		"[--bundle DIR] [--config FILE] [--console-socket PATH] [--pid-file FILE] [--preserve-fds N] ID: make a container"},
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
	{"events", verb_events, "[--stats] [--interval 5s] ID: what it uses, as JSON lines"},
	{"features", verb_features, ": what this runtime can do, as JSON"},
	{"spec", verb_spec, "[--bundle DIR] [--file NAME] [--rootless]: write a config.json to begin with"},
	{"through", verb_through, "PROGRAM ...: have another runtime do it, crun or runc, on a root file system of ours"},
	{"checkpoint", verb_unsupported, ": not supported"},
	{"restore", verb_unsupported, ": not supported"},
};
#define VERBS (sizeof verbs / sizeof *verbs)

enum { FLAG_ROOT = 256, FLAG_LOG, FLAG_LOG_FORMAT, FLAG_MANAGER, FLAG_SYSTEMD, FLAG_DEBUG, FLAG_IGNORED };
static const struct option flags[] = {
	{"root", required_argument, NULL, FLAG_ROOT},
	{"log", required_argument, NULL, FLAG_LOG},
	{"log-format", required_argument, NULL, FLAG_LOG_FORMAT},
	{"log-level", required_argument, NULL, FLAG_IGNORED},
	{"systemd-cgroup", no_argument, NULL, FLAG_SYSTEMD},
	{"cgroup-manager", required_argument, NULL, FLAG_MANAGER},
	{"rootless", required_argument, NULL, FLAG_IGNORED},
	{"criu", required_argument, NULL, FLAG_IGNORED},
	{"debug", no_argument, NULL, FLAG_DEBUG},
	{"version", no_argument, NULL, 'v'},
	{"help", no_argument, NULL, 'h'},
	{0},
};

static int usage(void)
{
	printf("usage: hawser-runtime [--root DIR] [--log FILE] [--log-format text|json] [--debug] VERB ...\n\n");
	for (size_t i = 0; i < VERBS; i++)
		printf("  %-10s %s\n", verbs[i].name, verbs[i].usage);
	return 0;
}

static int take_manager(const char *word, struct options *options, struct error *err)
{
	static const char *const words[] = {[MANAGER_CGROUPFS] = "cgroupfs", [MANAGER_SYSTEMD] = "systemd", [MANAGER_NONE] = "disabled"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(words[i], word) == 0) {
			options->manager = i;
			return 0;
		}
	return error_set(err, 0, "--cgroup-manager is cgroupfs, systemd or disabled, not '%s'", word);
}

/* A log may be named with its kind in front, as crun takes it. */
static int take_log(const char *word, struct log *log, struct error *err)
{
	if (strncmp(word, "journald:", 9) == 0 || strncmp(word, "syslog:", 7) == 0)
		return error_set(err, 0, "--log %s: only a file can be the log", word);
	const char *path = strncmp(word, "file:", 5) == 0 ? word + 5 : word;
	cleanup_close int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0)
		return error_set(err, errno, "open the log %s", path);
	log->path = path;
	return 0;
}

static int take_flag(int flag, struct options *options, struct error *err)
{
	switch (flag) {
	case FLAG_ROOT:
		options->root = optarg;
		return 0;
	case FLAG_LOG:
		return take_log(optarg, &options->log, err);
	case FLAG_LOG_FORMAT:
		if (strcmp(optarg, "text") != 0 && strcmp(optarg, "json") != 0)
			return error_set(err, 0, "--log-format is text or json, not '%s'", optarg);
		options->log.json = strcmp(optarg, "json") == 0;
		return 0;
	case FLAG_MANAGER:
		return take_manager(optarg, options, err);
	case FLAG_SYSTEMD:
		options->manager = MANAGER_SYSTEMD;
		return 0;
	case FLAG_DEBUG:
		options->debug = true;
		return 0;
	default:
		return 0;
	}
}

/* Returns the exit code when the flags alone answer, -1 to go on. */
static int take_flags(int argc, char **argv, struct options *options)
{
	struct error err = {0};
	int flag;
	while ((flag = flag_next(argc, argv, "+:hv", flags, &err)) > 0) {
		if (flag == 'h')
			return usage();
		if (flag == 'v') {
			printf("hawser-runtime version " VERSION "\nspec: " SPEC_VERSION "\n");
			return 0;
		}
		if (take_flag(flag, options, &err) < 0)
			break;
	}
	if (flag != 0)
		log_write(&options->log, LOG_ERROR, err.text);
	return flag == 0 ? -1 : 1;
}

static const struct verb *find_verb(const char *name)
{
	for (size_t i = 0; i < VERBS; i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

static int run_verb(const struct options *options, int argc, char **argv)
{
	struct error err = {0};
	const struct verb *verb = find_verb(argv[0]);
	if (!verb) {
		fprintf(stderr, "hawser-runtime: there is no verb '%s'; see --help\n", argv[0]);
		return 1;
	}
	if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
		printf("usage: hawser-runtime %s %s\n", verb->name, verb->usage);
		return 0;
	}
	optind = 1;
	int code = verb->run(options, argc, argv, &err);
	if (code >= 0)
		return code;
	log_write(&options->log, LOG_ERROR, err.text);
	/* run and exec stand for the program: 127 and 126 say why it never was. */
	bool stands = verb->run == verb_run || verb->run == verb_exec;
	return stands && (err.code == EXEC_MISSING || err.code == EXEC_REFUSED) ? err.code & 0xff : 1;
}

/* An ordinary user's is in its own folder of /run, where the session has one. */
static const char *default_root(void)
{
	static char path[4096];
	const char *run = getenv("XDG_RUNTIME_DIR");
	if (geteuid() == 0)
		return DEFAULT_ROOT;
	if (run && *run == '/')
		snprintf(path, sizeof path, "%s/hawser-runtime", run);
	else
		snprintf(path, sizeof path, "/tmp/hawser-runtime-%u", geteuid());
	return path;
}

int main(int argc, char **argv)
{
	struct options options = {.root = default_root(), .uid = geteuid()};
	int code = take_flags(argc, argv, &options);
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
	return run_verb(&options, argc - optind, argv + optind);
}
