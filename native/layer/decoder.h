/* From the bytes of a blob to the bytes of a tar: gzip, zstd or neither, told by the first bytes; with bounds against bombs. */
#pragma once

#include <isa-l/igzip_lib.h>
#include <stdbool.h>
#include <zstd.h>

#include "source.h"

enum decoder_form { FORM_PLAIN, FORM_GZIP, FORM_ZSTD };

struct decoder {
	struct source *source;
	enum decoder_form form;
	uint8_t *input;
	size_t at, end;		   /* what of `input` is not consumed yet */
	bool input_ended, is_open; /* is_open: inside a gzip member or a zstd frame */
	uint64_t written, limit;
	struct inflate_state gzip;
	ZSTD_DCtx *zstd;
};

/* At most `limit` bytes may come out. */
int decoder_init(struct decoder *decoder, struct source *source, uint64_t limit, struct error *err);
void decoder_finish(struct decoder *decoder);

/* Fills `data` as far as it goes: fewer than `room` bytes, or 0, only at the end. */
ssize_t decoder_read(struct decoder *decoder, void *data, size_t room, struct error *err);
