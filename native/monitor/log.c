#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "clock.h"
#include "json.h"
#include "util.h"

#define HEAD "{\"log\":\""
#define TAIL_ROOM 96
#define RECORD_ROOM (sizeof HEAD + LOG_LINE * JSON_GROWTH + 2)
/* Written out when it has grown to this; past it, there is still room for one record of the worst kind. */
#define BATCH 57344

/* Pages that no record has reached cost nothing. */
static char *batch;
static size_t batch_used, batch_room;
/* What follows the text of each record of this batch, from the closing quote on. */
static char *tail;
static size_t tail_size, tail_room;
static int tail_stream;

static int open_file(struct log *log)
{
	log->fd = open(log->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0640);
	struct stat st;
	if (log->fd < 0 || fstat(log->fd, &st) < 0)
		return -1;
	if (!S_ISREG(st.st_mode)) {
		errno = EINVAL;
		return -1;
	}
	log->size = (uint64_t)st.st_size;
	return 0;
}

static int make_room(const struct log *log, struct error *err)
{
	tail_room = TAIL_ROOM + (log->attributes ? strlen(log->attributes) : 0);
	batch_room = (BATCH + RECORD_ROOM + tail_room + 4095) / 4096 * 4096;
	tail = malloc(tail_room);
	batch = mmap(NULL, batch_room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return !tail || batch == MAP_FAILED ? error_set(err, ENOMEM, "room for the log") : 0;
}

int log_open(struct log *log, const struct plan *plan, struct error *err)
{
	*log = (struct log){
		.fd = -1,
		.path = plan->log,
		.attributes = plan->log_attributes,
		.max_size = plan->log_max_size,
	};
	if (!log->path)
		return 0;
	if (make_room(log, err) < 0)
		return -1;
	if (open_file(log) < 0)
		return error_set(err, errno, "open the log %s", log->path);
	forward_init(&log->forward, plan);
	rotation_init(&log->rotation, plan->log, plan->log_max_files, plan->log_compress);
	return 0;
}

static size_t count_lines(const char *data, size_t size)
{
	size_t lines = 0;
	for (const char *end = data + size; (data = memchr(data, '\n', (size_t)(end - data))); data++)
		lines++;
	return lines;
}

/* Whole records stay; a record that got cut off is taken back, so that the next one begins a line. */
static void keep_whole(struct log *log, const char *data, size_t written, size_t size)
{
	const char *end = memrchr(data, '\n', written);
	size_t whole = end ? (size_t)(end + 1 - data) : 0;
	if (whole != written && ftruncate(log->fd, (off_t)(log->size + whole)) < 0)
		whole = written;
	log->size += whole;
	log->dropped += count_lines(data + whole, size - whole);
}

static void write_out(struct log *log, const char *data, size_t size)
{
	size_t written = 0;
	while (written < size && log->fd >= 0) {
		ssize_t n = write(log->fd, data + written, size - written);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		written += (size_t)n;
	}
	if (written == size)
		log->size += size;
	else
		keep_whole(log, data, written, size);
}

static void flush(struct log *log)
{
	if (batch_used)
		write_out(log, batch, batch_used);
	batch_used = 0;
}

static void rotate(struct log *log)
{
	rotation_shift(&log->rotation);
	int old = log->fd;
	if (open_file(log) < 0) {
		/* No new file to be had: go on in the old one, under its new name. */
		if (log->fd >= 0)
			close(log->fd);
		log->fd = old;
		return;
	}
	close(old);
	rotation_compress(&log->rotation);
}

/* The record that was just put at `at` does not fit into this file any more: it begins the next. */
static void rotate_before(struct log *log, size_t at)
{
	size_t size = batch_used - at;
	batch_used = at;
	flush(log);
	rotate(log);
	memmove(batch, batch + at, size);
	batch_used = size;
}

static void put_record(struct log *log, const char *data, size_t size, bool newline)
{
	size_t at = batch_used;
	char *out = batch + at;
	forward_line(&log->forward, tail_stream, data, size, !newline);
	memcpy(out, HEAD, sizeof HEAD - 1);
	out = json_escape(out + sizeof HEAD - 1, data, size);
	if (newline) {
		memcpy(out, "\\n", 2);
		out += 2;
	}
	memcpy(out, tail, tail_size);
	batch_used = (size_t)(out + tail_size - batch);
	if (log->max_size && log->size + batch_used > log->max_size && log->size + at > 0)
		rotate_before(log, at);
	if (batch_used >= BATCH)
		flush(log);
}

static bool carry_reserve(struct log_carry *carry, size_t size)
{
	size_t room = carry->room ? carry->room : 256;
	while (room < size)
		room *= 2;
	if (room == carry->room)
		return true;
	char *grown = realloc(carry->data, room);
	if (!grown)
		return false;
	carry->data = grown;
	carry->room = room;
	return true;
}

static void carry_put(struct log *log, struct log_carry *carry, const char *data, size_t size)
{
	if (!carry_reserve(carry, carry->used + size)) {
		log->dropped++;
		return;
	}
	memcpy(carry->data + carry->used, data, size);
	carry->used += size;
}

/* A full line without an end goes out, but a character that it would cut in two stays for the next record. */
static void put_full(struct log *log, struct log_carry *carry)
{
	size_t rest = utf8_unfinished(carry->data, carry->used);
	put_record(log, carry->data, carry->used - rest, false);
	memmove(carry->data, carry->data + carry->used - rest, rest);
	carry->used = rest;
}

/* Takes as much of `data` as belongs to the line that has begun; returns how much that was. */
static size_t continue_line(struct log *log, struct log_carry *carry, const char *data, size_t size)
{
	size_t room = LOG_LINE - carry->used;
	const char *end = memchr(data, '\n', size < room ? size : room);
	size_t part = end ? (size_t)(end - data) : size < room ? size : room;
	carry_put(log, carry, data, part);
	if (end) {
		put_record(log, carry->data, carry->used, true);
		carry->used = 0;
		return part + 1;
	}
	if (carry->used == LOG_LINE)
		put_full(log, carry);
	return part;
}

static void make_tail(const struct log *log, int stream)
{
	char stamp[STAMP_SIZE];
	int n = snprintf(tail, tail_room, "\",\"stream\":\"%s\"%s%s,\"time\":\"%s\"}\n", stream == 2 ? "stderr" : "stdout",
		log->attributes ? ",\"attrs\":" : "", log->attributes ? log->attributes : "", format_time(stamp, wall_ns()));
	tail_size = (size_t)n;
	tail_stream = stream;
}

void log_write(struct log *log, int stream, const char *data, size_t size)
{
	if (!log->path)
		return;
	make_tail(log, stream);
	struct log_carry *carry = &log->carry[stream == 2];
	for (const char *end = data + size; data < end;) {
		const char *line = carry->used ? NULL : memchr(data, '\n', (size_t)(end - data));
		if (line && line - data < LOG_LINE) {
			put_record(log, data, (size_t)(line - data), true);
			data = line + 1;
		} else {
			data += continue_line(log, carry, data, (size_t)(end - data));
		}
	}
	flush(log);
}

void log_finish(struct log *log)
{
	for (int i = 0; i < 2; i++)
		if (log->carry[i].used) {
			make_tail(log, i + 1);
			put_record(log, log->carry[i].data, log->carry[i].used, false);
			log->carry[i].used = 0;
			flush(log);
		}
}

void log_trim(struct log *log)
{
	if (batch)
		madvise(batch, batch_room, MADV_DONTNEED);
	for (int i = 0; i < 2; i++)
		if (!log->carry[i].used) {
			free(log->carry[i].data);
			log->carry[i] = (struct log_carry){0};
		}
}

void log_close(struct log *log)
{
	log_trim(log);
	if (log->fd >= 0)
		close(log->fd);
	log->fd = -1;
}
