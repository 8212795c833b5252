/* One target a file: LLVMFuzzerTestOneInput() gives bytes from outside to the code that first reads them. `make fuzz`. */
#pragma once

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A copy with a NUL after it, as readers of files have it; the caller's to free. */
char *fuzz_text(const uint8_t *data, size_t size);
/* A descriptor of a file with these bytes; its path is /proc/self/fd/N. */
int fuzz_file(const uint8_t *data, size_t size);
/* A folder in memory that has no path and goes with the process; needs root. */
int fuzz_folder(void);
void fuzz_write(int folder, const char *name, const uint8_t *data, size_t size);
