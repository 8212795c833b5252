/* Lists of small numbers as the kernel writes them: "0-3,7". For processors and memory nodes. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define NUMBERS_LIMIT 4096
#define NUMBERS_WORDS (NUMBERS_LIMIT / 64)

/* Sets a bit for each number. False: it is no such list, or one of them is not below NUMBERS_LIMIT. */
bool numbers_parse(const char *text, uint64_t bits[NUMBERS_WORDS]);
