#include "sink.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

enum { HASHER, WRITER, OUTPUT_ROOM = 256 * 1024 };

int sink_init(struct sink *sink, struct ring *ring, int fd, enum sink_form form, struct error *err)
{
	*sink = (struct sink){.ring = ring, .fd = fd, .form = form};
	hash_init(&sink->tar, NULL);
	hash_init(&sink->blob, NULL);
	sink->buffer = malloc(OUTPUT_ROOM);
	if (form == SINK_GZIP) {
		sink->level = malloc(ISAL_DEF_LVL1_DEFAULT);
		isal_deflate_init(&sink->gzip);
		sink->gzip.gzip_flag = IGZIP_GZIP;
		sink->gzip.level = 1;
		sink->gzip.level_buf = sink->level;
		sink->gzip.level_buf_size = ISAL_DEF_LVL1_DEFAULT;
	}
	if (form == SINK_ZSTD)
		sink->zstd = ZSTD_createCCtx();
	bool is_whole = sink->buffer && (form != SINK_GZIP || sink->level) && (form != SINK_ZSTD || sink->zstd);
	return is_whole ? 0 : error_set(err, ENOMEM, "buffers");
}

static int write_out(struct sink *sink, const uint8_t *data, size_t size)
{
	if (write_all(sink->fd, data, size) < 0)
		return error_set(&sink->error, errno, "write the archive");
	if (sink->form != SINK_PLAIN)
		hash_update(&sink->blob, data, size);
	sink->size += size;
	return 0;
}

static int deflate_part(struct sink *sink, const uint8_t *data, size_t size, bool is_end)
{
	struct isal_zstream *gzip = &sink->gzip;
	gzip->next_in = (uint8_t *)data;
	gzip->avail_in = (uint32_t)size;
	gzip->end_of_stream = is_end;
	do {
		gzip->next_out = sink->buffer;
		gzip->avail_out = OUTPUT_ROOM;
		if (isal_deflate(gzip) != COMP_OK)
			return error_set(&sink->error, 0, "the archive cannot be compressed");
		if (write_out(sink, sink->buffer, OUTPUT_ROOM - gzip->avail_out) < 0)
			return -1;
	} while (gzip->avail_out == 0 || (is_end && gzip->internal_state.state != ZSTATE_END));
	return 0;
}

static int zstd_part(struct sink *sink, const uint8_t *data, size_t size, bool is_end)
{
	ZSTD_inBuffer in = {data, size, 0};
	size_t left;
	do {
		ZSTD_outBuffer out = {sink->buffer, OUTPUT_ROOM, 0};
		left = ZSTD_compressStream2(sink->zstd, &out, &in, is_end ? ZSTD_e_end : ZSTD_e_continue);
		if (ZSTD_isError(left))
			return error_set(&sink->error, 0, "the archive cannot be compressed: %s", ZSTD_getErrorName(left));
		if (write_out(sink, sink->buffer, out.pos) < 0)
			return -1;
	} while (is_end ? left > 0 : in.pos < in.size);
	return 0;
}

static int put_part(struct sink *sink, const uint8_t *data, size_t size, bool is_end)
{
	if (sink->form == SINK_PLAIN)
		return write_out(sink, data, size);
	return sink->form == SINK_GZIP ? deflate_part(sink, data, size, is_end) : zstd_part(sink, data, size, is_end);
}

static void *write_all_of_it(void *argument)
{
	struct sink *sink = argument;
	const uint8_t *data;
	size_t size;
	int result;
	while ((result = ring_take(sink->ring, WRITER, &data, &size, &sink->error)) > 0) {
		if (put_part(sink, data, size, false) < 0)
			result = -1;
		ring_release(sink->ring, WRITER);
		if (result < 0)
			break;
	}
	if (result == 0)
		result = put_part(sink, (const uint8_t *)"", 0, true);
	sink->failed = result < 0;
	if (result < 0)
		ring_abort(sink->ring);
	return NULL;
}

static void *hash_all_of_it(void *argument)
{
	struct sink *sink = argument;
	const uint8_t *data;
	size_t size;
	struct error err;
	while (ring_take(sink->ring, HASHER, &data, &size, &err) > 0) {
		hash_update(&sink->tar, data, size);
		ring_release(sink->ring, HASHER);
	}
	return NULL;
}

int sink_start(struct sink *sink, struct error *err)
{
	if (pthread_create(&sink->hasher, NULL, hash_all_of_it, sink))
		return error_set(err, EAGAIN, "start a thread");
	if (pthread_create(&sink->writer, NULL, write_all_of_it, sink)) {
		ring_abort(sink->ring);
		pthread_join(sink->hasher, NULL);
		return error_set(err, EAGAIN, "start a thread");
	}
	return 0;
}

int sink_finish(struct sink *sink, struct error *err)
{
	pthread_join(sink->writer, NULL);
	pthread_join(sink->hasher, NULL);
	if (sink->failed)
		*err = sink->error;
	return sink->failed ? -1 : 0;
}
