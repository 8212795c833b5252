/* Errors: one sentence about one object, built where the object's name is known and carried up unchanged. */
#pragma once

#define ERROR_TEXT 1024

/* `code` is the errno it came from, or 0. A function that returns <0 has set its `struct error *`. */
struct error {
	int code;
	char text[ERROR_TEXT];
};

/* Sets `err` to the formatted text, with ": strerror" when `code` is not 0. Control characters become '?': an error is
 * exactly one line. Always returns -1, so that `return error_set(…)` reads well. */
int error_set(struct error *err, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Puts "prefix: " before what is already there. Returns -1. */
int error_wrap(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* For the analyser, which does not look into other files. */
#ifdef __clang_analyzer__
#define error_set(...) ((void)(error_set)(__VA_ARGS__), -1)
#define error_wrap(...) ((void)(error_wrap)(__VA_ARGS__), -1)
#endif
