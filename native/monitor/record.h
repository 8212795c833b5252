/* The exit record: 4096 bytes that exist from the beginning, so that a full disk cannot keep the last word from being written. */
#pragma once

#include "error.h"
#include "fields.h"

#define RECORD_SIZE 4096

/* Makes the file and takes its space, or leaves the one that is there. */
int record_prepare(const char *path, struct error *err);
/* Overwrites it in place with `writer`'s fields and their sum, and waits until it is on disk. */
int record_write(const char *path, const struct fields_writer *writer, struct error *err);
