#include "record.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "util.h"

/* CRC-32 as zlib's, bit by bit: it runs over a few hundred bytes, once. */
static uint32_t crc32_of(const char *data, size_t size)
{
	uint32_t crc = 0xffffffff;
	for (size_t i = 0; i < size; i++) {
		crc ^= (unsigned char)data[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}

static int open_record(const char *path, int flags)
{
	return open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | flags, 0600);
}

/* Written, not fallocated: an unwritten extent would need a block of the journal at the worst moment. */
int record_prepare(const char *path, struct error *err)
{
	char blank[RECORD_SIZE];
	struct stat st;
	cleanup_close int fd = open_record(path, O_CREAT);
	if (fd < 0 || fstat(fd, &st) < 0)
		return error_set(err, errno, "open the exit record %s", path);
	if (!S_ISREG(st.st_mode))
		return error_set(err, 0, "the exit record %s is not a regular file", path);
	if (st.st_size == RECORD_SIZE)
		return 0;
	memset(blank, '\n', sizeof blank);
	if (ftruncate(fd, 0) < 0 || write_all(fd, blank, sizeof blank) < 0)
		return error_set(err, errno, "write the exit record %s", path);
	return 0;
}

int record_write(const char *path, const struct fields_writer *writer, struct error *err)
{
	char text[RECORD_SIZE];
	memset(text, '\n', sizeof text);
	/* All of it fits: the error is its only long field and is cut before. */
	size_t used = writer->used < RECORD_SIZE - 16 ? writer->used : 0;
	memcpy(text, writer->data, used);
	int sum = snprintf(text + used, 14, "sum %08x\n", crc32_of(text, used));
	text[used + (size_t)sum] = '\n';
	cleanup_close int fd = open_record(path, 0);
	if (fd < 0 || pwrite(fd, text, sizeof text, 0) != sizeof text || fdatasync(fd) < 0)
		return error_set(err, errno, "write the exit record %s", path);
	return 0;
}
