#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util.h"
#include "verbs.h"

static const struct verb {
	const char *name, *usage;
	int (*run)(int argc, char **argv, struct error *err);
} verbs[] = {
	{"unpack", "[--target DIR] [--input FILE|-] [--digest D] [--size N] [--diff-id D] …", verb_unpack},
	{"pack", "--source DIR|--lower DIR… [--upper DIR]|--process PID:START [--layer] [--path P [--as NAME]] …", verb_pack},
	{"look", "VIEW… --path P", verb_look},
	{"folder", "VIEW… --path DIR", verb_folder},
	{"read", "VIEW… --path FILE [--limit BYTES]", verb_read},
	{"extract", "VIEW… --path DIR [--user NAME|--own]", verb_extract},
	{"diff", "--upper DIR|--source DIR --lower DIR… [--sum]", verb_diff},
	{"compare", "--from DIR --target DIR", verb_compare},
	{"settle", "--target DIR --implicit FILE --lower DIR…", verb_settle},
	{"sync", "DIR", verb_sync},
	{"remove", "DIR…", verb_remove},
	{"clean", "DIR…", verb_clean},
	{"list", "DIR", verb_list},
	{"size", "DIR", verb_size},
	{"copy", "--from DIR|--lower DIR… --target DIR", verb_copy},
	{"subvolume", "[--from DIR] --target DIR", verb_subvolume},
	{"compress", "<FILE >GZIP", verb_compress},
};

static int usage(void)
{
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
		fprintf(stderr, "%s hawser-layer %s %s\n", i ? "      " : "usage:", verbs[i].name, verbs[i].usage);
	return 1;
}

/* A walk holds a descriptor for each folder on its way down. */
static void raise_files(void)
{
	struct rlimit files;
	if (getrlimit(RLIMIT_NOFILE, &files) < 0)
		return;
	files.rlim_cur = files.rlim_max < 65536 ? files.rlim_max : 65536;
	setrlimit(RLIMIT_NOFILE, &files);
}

int main(int argc, char **argv)
{
	struct error err = {0};
	/* Modes are said exactly, and 0, 1, 2 are never a file of ours. */
	umask(0);
	raise_files();
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0)
			return 1;
	for (size_t i = 0; argc > 1 && i < sizeof verbs / sizeof *verbs; i++) {
		if (strcmp(argv[1], verbs[i].name) != 0)
			continue;
		if (verbs[i].run(argc - 1, argv + 1, &err) == 0)
			return 0;
		dprintf(STDERR_FILENO, "%s\n", err.text);
		return 1;
	}
	return usage();
}
