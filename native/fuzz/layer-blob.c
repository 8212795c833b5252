/* A blob as a registry gives it, compressed or not. */
#include "../layer/decoder.h"

#include <unistd.h>

#include "fuzz.h"

#define LIMIT (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err = {0};
	struct decoder decoder;
	static char out[1 << 16];
	struct source source = {.file = -1,
		.stream = fuzz_file(data, size),
		.save = -1,
		.progress = -1,
		.size = size,
		.save_lock = PTHREAD_MUTEX_INITIALIZER};
	hash_init(&source.hash, NULL);
	if (decoder_init(&decoder, &source, LIMIT, &err) == 0)
		while (decoder_read(&decoder, out, sizeof out, &err) > 0)
			;
	decoder_finish(&decoder);
	close(source.stream);
	return 0;
}
