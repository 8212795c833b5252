#include "clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static void put_digits(char *at, unsigned value, int count)
{
	while (count-- > 0) {
		at[count] = (char)('0' + value % 10);
		value /= 10;
	}
}

int64_t wall_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

char *format_time(char stamp[STAMP_SIZE], int64_t ns)
{
	/* A busy log asks many times within the same second. */
	static time_t known = -1;
	static char text[STAMP_SIZE] = "0000-00-00T00:00:00.000000000Z";
	if (ns == 0)
		return strcpy(stamp, "0001-01-01T00:00:00Z");
	time_t second = ns / 1000000000;
	if (second != known) {
		struct tm tm;
		gmtime_r(&second, &tm);
		put_digits(text, (unsigned)tm.tm_year + 1900, 4);
		put_digits(text + 5, (unsigned)tm.tm_mon + 1, 2);
		put_digits(text + 8, (unsigned)tm.tm_mday, 2);
		put_digits(text + 11, (unsigned)tm.tm_hour, 2);
		put_digits(text + 14, (unsigned)tm.tm_min, 2);
		put_digits(text + 17, (unsigned)tm.tm_sec, 2);
		known = second;
	}
	memcpy(stamp, text, STAMP_SIZE);
	put_digits(stamp + 20, (unsigned)(ns % 1000000000), 9);
	return stamp;
}

int64_t parse_time(const char *text)
{
	struct tm tm = {0};
	long ns = 0;
	if (sscanf(text, "%d-%d-%dT%d:%d:%d.%9ldZ", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &ns) < 7)
		return 0;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	return (int64_t)timegm(&tm) * 1000000000 + ns;
}
