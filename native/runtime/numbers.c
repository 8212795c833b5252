#include "numbers.h"

#include <string.h>

static bool take(const char **at, unsigned *number)
{
	unsigned value = 0;
	const char *from = *at;
	while (**at >= '0' && **at <= '9' && value < NUMBERS_LIMIT)
		value = value * 10 + (unsigned)(*(*at)++ - '0');
	*number = value;
	return *at > from && value < NUMBERS_LIMIT;
}

bool numbers_parse(const char *text, uint64_t bits[NUMBERS_WORDS])
{
	memset(bits, 0, NUMBERS_WORDS * sizeof *bits);
	for (const char *at = text;; at++) {
		unsigned first, last;
		if (!take(&at, &first))
			return false;
		last = first;
		if (*at == '-' && (at++, !take(&at, &last) || last < first))
			return false;
		for (unsigned i = first; i <= last; i++)
			bits[i / 64] |= UINT64_C(1) << (i % 64);
		if (!*at)
			return true;
		if (*at != ',')
			return false;
	}
}
