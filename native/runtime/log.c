#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "util.h"

static const char *const words[] = {[LOG_WARNING] = "warning", [LOG_ERROR] = "error"};

static int format(char *line, size_t room, const struct log *log, enum log_level level, const char *text)
{
	char stamp[40];
	time_t now = time(NULL);
	struct tm parts;
	strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &parts));
	if (!log->json)
		return snprintf(line, room, "time=\"%s\" level=%s msg=\"%s\"\n", stamp, words[level], text);
	json_t *json = json_pack("{s:s, s:s, s:s}", "level", words[level], "msg", text, "time", stamp);
	cleanup_free char *dumped = json ? json_dumps(json, JSON_COMPACT) : NULL;
	json_decref(json);
	return snprintf(line, room, "%s\n", dumped ? dumped : "{}");
}

void log_write(const struct log *log, enum log_level level, const char *text)
{
	char line[ERROR_TEXT * 7];
	fprintf(stderr, "hawser-runtime: %s%s\n", level == LOG_WARNING ? "warning: " : "", text);
	if (!log->path)
		return;
	int size = format(line, sizeof line, log, level, text);
	cleanup_close int fd = open(log->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0 || write_all(fd, line, (size_t)size) < 0)
		fprintf(stderr, "hawser-runtime: write to the log %s: %s\n", log->path, strerror(errno));
}
