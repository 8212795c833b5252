#include "source.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "util.h"

void progress_line(int fd, const char *format, ...)
{
	char line[128];
	va_list args;
	if (fd < 0)
		return;
	va_start(args, format);
	int n = vsnprintf(line, sizeof line, format, args);
	va_end(args);
	if (n > 0)
		(void)!write(fd, line, (size_t)n);
}

static void tell(struct source *source)
{
	int64_t now = monotonic_ns();
	if (source->progress < 0 || now - source->told < 100000000)
		return;
	source->told = now;
	progress_line(source->progress, "bytes %llu\n", (unsigned long long)source->count);
}

static ssize_t read_some(int fd, void *data, size_t room)
{
	ssize_t n;
	do
		n = read(fd, data, room);
	while (n < 0 && errno == EINTR);
	return n;
}

static ssize_t read_file_part(struct source *source, void *data, size_t room, struct error *err)
{
	uint64_t left = source->have - source->count;
	ssize_t n = read_some(source->file, data, room < left ? room : (size_t)left);
	if (n < 0)
		return error_set(err, errno, "read the blob");
	if (n == 0)
		return error_set(err, 0, "the blob became shorter while it was read");
	return n;
}

static int keep(struct source *source, const void *data, size_t size)
{
	pthread_mutex_lock(&source->save_lock);
	int result = source->save < 0 ? 0 : write_all(source->save, data, size);
	pthread_mutex_unlock(&source->save_lock);
	return result;
}

void source_spoil(struct source *source)
{
	pthread_mutex_lock(&source->save_lock);
	if (source->save >= 0)
		(void)!ftruncate(source->save, 0);
	source->save = -1;
	pthread_mutex_unlock(&source->save_lock);
}

static ssize_t read_stream_part(struct source *source, void *data, size_t room, struct error *err)
{
	if (source->stream < 0 || source->count == source->size)
		return 0;
	uint64_t left = source->size - source->count;
	ssize_t n = read_some(source->stream, data, room < left ? room : (size_t)left);
	if (n < 0)
		return error_set(err, errno, "read the incoming blob");
	if (n > 0 && keep(source, data, (size_t)n) < 0)
		return error_set(err, errno, "keep the incoming blob");
	return n;
}

ssize_t source_read(struct source *source, void *data, size_t room, struct error *err)
{
	ssize_t n = source->count < source->have ? read_file_part(source, data, room, err) : read_stream_part(source, data, room, err);
	if (n > 0) {
		hash_update(&source->hash, data, (size_t)n);
		source->count += (uint64_t)n;
		tell(source);
	} else if (n == 0 && source->size != SIZE_UNKNOWN && source->count != source->size) {
		source->is_short = true;
		return error_set(err, 0, "the blob ended after %llu of %llu bytes", (unsigned long long)source->count,
			(unsigned long long)source->size);
	}
	return n;
}
