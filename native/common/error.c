#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void flatten(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
}

int(error_set)(struct error *err, int code, const char *format, ...)
{
	if (!err)
		return -1;
	va_list args;
	va_start(args, format);
	int n = vsnprintf(err->text, sizeof err->text, format, args);
	va_end(args);
	err->code = code;
	if (code && n >= 0 && (size_t)n < sizeof err->text)
		snprintf(err->text + n, sizeof err->text - (size_t)n, ": %s", strerror(code));
	flatten(err->text);
	return -1;
}

int(error_wrap)(struct error *err, const char *format, ...)
{
	if (!err)
		return -1;
	char old[ERROR_TEXT];
	memcpy(old, err->text, sizeof old);
	va_list args;
	va_start(args, format);
	int n = vsnprintf(err->text, sizeof err->text, format, args);
	va_end(args);
	if (n >= 0 && (size_t)n < sizeof err->text)
		snprintf(err->text + n, sizeof err->text - (size_t)n, ": %.*s", ERROR_TEXT / 2, old);
	flatten(err->text);
	return -1;
}
