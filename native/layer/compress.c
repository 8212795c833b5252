/* gzip from stdin to stdout, for logs that a monitor has rotated. The comment in its head is the input's inode and time of last
 * change: whoever reads the log tells by it which file this was. */
#include <errno.h>
#include <isa-l/igzip_lib.h>
#include <sys/stat.h>

#include "util.h"
#include "verbs.h"

enum { ROOM = 64 * 1024 };

struct gzip {
	struct isal_zstream stream;
	uint8_t in[ROOM], out[ROOM], level[ISAL_DEF_LVL1_DEFAULT];
};

static int write_head(struct gzip *gzip, struct error *err)
{
	struct isal_gzip_header head;
	struct stat st;
	char comment[64];
	if (fstat(STDIN_FILENO, &st) < 0)
		return error_set(err, errno, "stdin");
	isal_gzip_header_init(&head);
	head.comment = comment;
	head.comment_buf_len = (uint32_t)snprintf(comment, sizeof comment, "inode %llu mtime %lld%09ld", (unsigned long long)st.st_ino,
				       (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec) +
			       1;
	return isal_write_gzip_header(&gzip->stream, &head) ? error_set(err, 0, "the head of the file does not fit") : 0;
}

static int write_out(struct gzip *gzip, struct error *err)
{
	if (write_all(STDOUT_FILENO, gzip->out, ROOM - gzip->stream.avail_out) < 0)
		return error_set(err, errno, "write the compressed file");
	gzip->stream.next_out = gzip->out;
	gzip->stream.avail_out = ROOM;
	return 0;
}

static int compress_all(struct gzip *gzip, struct error *err)
{
	struct isal_zstream *stream = &gzip->stream;
	while (stream->internal_state.state != ZSTATE_END) {
		if (stream->avail_in == 0 && !stream->end_of_stream) {
			ssize_t n = read_full(STDIN_FILENO, gzip->in, ROOM);
			if (n < 0)
				return error_set(err, errno, "read the file");
			stream->next_in = gzip->in;
			stream->avail_in = (uint32_t)n;
			stream->end_of_stream = n < ROOM;
		}
		if (isal_deflate(stream) != COMP_OK)
			return error_set(err, 0, "the file cannot be compressed");
		if (write_out(gzip, err) < 0)
			return -1;
	}
	return fsync(STDOUT_FILENO) < 0 && errno != EINVAL ? error_set(err, errno, "sync the compressed file") : 0;
}

int verb_compress(int argc, char **argv, struct error *err)
{
	cleanup_free struct gzip *gzip = calloc(1, sizeof *gzip);
	(void)argv;
	if (argc != 1)
		return error_set(err, 0, "compress takes no arguments");
	if (!gzip)
		return error_set(err, ENOMEM, "compress");
	isal_deflate_init(&gzip->stream);
	gzip->stream.level = 1;
	gzip->stream.level_buf = gzip->level;
	gzip->stream.level_buf_size = sizeof gzip->level;
	/* The trailer is its own; the head is ours. */
	gzip->stream.gzip_flag = IGZIP_GZIP_NO_HDR;
	gzip->stream.next_out = gzip->out;
	gzip->stream.avail_out = ROOM;
	return write_head(gzip, err) < 0 ? -1 : compress_all(gzip, err);
}
