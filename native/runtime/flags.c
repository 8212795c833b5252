#include "flags.h"

#include <stddef.h>

int flag_next(int argc, char **argv, const char *shorts, const struct option *longs, struct error *err)
{
	opterr = 0;
	int flag = getopt_long(argc, argv, shorts, longs, NULL);
	if (flag == -1)
		return 0;
	if (flag == ':')
		return error_set(err, 0, "%s: flag %s needs a value", argv[0], argv[optind - 1]);
	if (flag == '?')
		return error_set(err, 0, "%s: unknown flag %s; see %s --help", argv[0], argv[optind - 1], argv[0]);
	return flag;
}
