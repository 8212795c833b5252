#include "decoder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { INPUT_ROOM = 256 * 1024 };

/* A bomb is told by its ratio: deflate reaches 1,032 at most, and honest layers stay below 100. */
static const uint64_t RATIO_LIMIT = 1000, RATIO_FREE = 64 << 20;
/* Memory that a zstd frame may ask for: 2^27 is what `zstd` itself allows without --long. */
enum { WINDOW_LOG_LIMIT = 27 };

/* Moves the rest to the front and reads more behind it. Returns the bytes there are, 0 at the end. */
static ssize_t refill(struct decoder *decoder, struct error *err)
{
	size_t left = decoder->end - decoder->at;
	if (decoder->input_ended)
		return (ssize_t)left;
	memmove(decoder->input, decoder->input + decoder->at, left);
	decoder->at = 0;
	decoder->end = left;
	ssize_t n = source_read(decoder->source, decoder->input + left, INPUT_ROOM - left, err);
	if (n < 0)
		return -1;
	decoder->input_ended = n == 0;
	decoder->end += (size_t)n;
	return (ssize_t)decoder->end;
}

static int want_input(struct decoder *decoder, size_t bytes, struct error *err)
{
	while (decoder->end - decoder->at < bytes && !decoder->input_ended)
		if (refill(decoder, err) < 0)
			return -1;
	return 0;
}

static bool starts_with(const struct decoder *decoder, const char *magic, size_t size)
{
	return decoder->end - decoder->at >= size && memcmp(decoder->input + decoder->at, magic, size) == 0;
}

/* A frame of zstd, or one of those that zstd passes over. */
static bool starts_zstd(const struct decoder *decoder)
{
	return starts_with(decoder, "\x28\xb5\x2f\xfd", 4) ||
	       (decoder->end - decoder->at >= 4 && (decoder->input[decoder->at] & 0xf0) == 0x50 &&
		       memcmp(decoder->input + decoder->at + 1, "\x2a\x4d\x18", 3) == 0);
}

static int open_form(struct decoder *decoder, struct error *err)
{
	if (want_input(decoder, 6, err) < 0)
		return -1;
	if (decoder->end == 0)
		return error_set(err, 0, "the blob is empty");
	if (starts_with(decoder, "BZh", 3))
		return error_set(err, 0, "the blob is compressed with bzip2, which layers may not be: gzip, zstd or none");
	if (starts_with(decoder,
		    "\xfd"
		    "7zXZ",
		    5))
		return error_set(err, 0, "the blob is compressed with xz, which layers may not be: gzip, zstd or none");
	if (starts_with(decoder, "\x1f\x8b", 2)) {
		decoder->form = FORM_GZIP;
		isal_inflate_init(&decoder->gzip);
		decoder->gzip.crc_flag = ISAL_GZIP;
	} else if (starts_zstd(decoder)) {
		decoder->form = FORM_ZSTD;
		decoder->zstd = ZSTD_createDCtx();
		if (!decoder->zstd)
			return error_set(err, ENOMEM, "zstd");
		ZSTD_DCtx_setParameter(decoder->zstd, ZSTD_d_windowLogMax, WINDOW_LOG_LIMIT);
	}
	return 0;
}

int decoder_init(struct decoder *decoder, struct source *source, uint64_t limit, struct error *err)
{
	memset(decoder, 0, sizeof *decoder);
	decoder->source = source;
	decoder->limit = limit;
	decoder->input = malloc(INPUT_ROOM);
	return decoder->input ? open_form(decoder, err) : error_set(err, ENOMEM, "buffers");
}

void decoder_finish(struct decoder *decoder)
{
	free(decoder->input);
	ZSTD_freeDCtx(decoder->zstd);
	decoder->input = NULL;
	decoder->zstd = NULL;
}

static ssize_t plain_step(struct decoder *decoder, uint8_t *data, size_t room)
{
	size_t left = decoder->end - decoder->at;
	size_t n = left < room ? left : room;
	memcpy(data, decoder->input + decoder->at, n);
	decoder->at += n;
	return (ssize_t)n;
}

/* Between members: the next one begins, or what is there is not gzip. */
static int gzip_next_member(struct decoder *decoder, struct error *err)
{
	if (want_input(decoder, 2, err) < 0)
		return -1;
	if (!starts_with(decoder, "\x1f\x8b", 2))
		return error_set(err, 0, "there are bytes after the end of the gzip stream");
	isal_inflate_reset(&decoder->gzip);
	decoder->gzip.crc_flag = ISAL_GZIP;
	decoder->is_open = true;
	return 0;
}

static ssize_t gzip_step(struct decoder *decoder, uint8_t *data, size_t room, struct error *err)
{
	struct inflate_state *state = &decoder->gzip;
	if (!decoder->is_open && gzip_next_member(decoder, err) < 0)
		return -1;
	state->next_in = decoder->input + decoder->at;
	state->avail_in = (uint32_t)(decoder->end - decoder->at);
	state->next_out = data;
	state->avail_out = (uint32_t)room;
	int result = isal_inflate(state);
	if (result == ISAL_INCORRECT_CHECKSUM)
		return error_set(err, 0, "the gzip stream's checksum is wrong");
	if (result < 0)
		return error_set(err, 0, "the gzip stream is damaged");
	size_t consumed = decoder->end - decoder->at - state->avail_in;
	decoder->at += consumed;
	if (state->block_state == ISAL_BLOCK_FINISH)
		decoder->is_open = false;
	return (ssize_t)(room - state->avail_out);
}

static ssize_t zstd_step(struct decoder *decoder, uint8_t *data, size_t room, struct error *err)
{
	ZSTD_inBuffer in = {decoder->input, decoder->end, decoder->at};
	ZSTD_outBuffer out = {data, room, 0};
	size_t result = ZSTD_decompressStream(decoder->zstd, &out, &in);
	if (ZSTD_isError(result))
		return error_set(err, 0, "the zstd stream is damaged or asks for too much memory: %s", ZSTD_getErrorName(result));
	decoder->at = in.pos;
	decoder->is_open = result != 0;
	return (ssize_t)out.pos;
}

static ssize_t step(struct decoder *decoder, uint8_t *data, size_t room, struct error *err)
{
	switch (decoder->form) {
	case FORM_GZIP:
		return gzip_step(decoder, data, room, err);
	case FORM_ZSTD:
		return zstd_step(decoder, data, room, err);
	default:
		return plain_step(decoder, data, room);
	}
}

static int check_bounds(const struct decoder *decoder, struct error *err)
{
	if (decoder->written > decoder->limit)
		return error_set(err, 0, "the layer unpacks to more than the %llu bytes that are allowed or free",
			(unsigned long long)decoder->limit);
	if (decoder->form != FORM_PLAIN && decoder->written > RATIO_FREE && decoder->written / RATIO_LIMIT > decoder->source->count)
		return error_set(err, 0, "the layer unpacks to more than %llu times its size: a decompression bomb",
			(unsigned long long)RATIO_LIMIT);
	return 0;
}

/* No input is left. Inside a stream its end is missing, unless the decoder still holds some of it. */
static int at_end(const struct decoder *decoder, struct error *err)
{
	if (decoder->is_open)
		return error_set(err, 0, "the compressed stream ends too early");
	return 0;
}

ssize_t decoder_read(struct decoder *decoder, void *data, size_t room, struct error *err)
{
	size_t used = 0;
	while (used < room) {
		if (decoder->at == decoder->end && refill(decoder, err) < 0)
			return -1;
		bool had_input = decoder->at < decoder->end;
		if (!had_input && !decoder->is_open)
			break;
		size_t before = decoder->at;
		ssize_t n = step(decoder, (uint8_t *)data + used, room - used, err);
		if (n < 0)
			return -1;
		used += (size_t)n;
		decoder->written += (uint64_t)n;
		if (check_bounds(decoder, err) < 0)
			return -1;
		if (n == 0 && decoder->at == before && decoder->input_ended) {
			if (at_end(decoder, err) < 0)
				return -1;
			break;
		}
	}
	return (ssize_t)used;
}
