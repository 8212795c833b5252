#include "sync.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int sync_open(int *parent, int *child, struct error *err)
{
	int pair[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return error_set(err, errno, "make the sync socket");
	*parent = pair[0];
	*child = pair[1];
	return 0;
}

static int put(int fd, const struct sync_frame *frame)
{
	/* write(), not send(): a container's filter may be in force already, and every program needs write(). */
	size_t size = offsetof(struct sync_frame, text) + (frame->type == SYNC_ERROR ? strlen(frame->text) + 1 : 0);
	ssize_t n;
	do
		n = write(fd, frame, size);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -1 : 0;
}

int sync_send(int fd, enum sync_type type, int code, struct error *err)
{
	struct sync_frame frame = {.type = type, .code = code};
	return put(fd, &frame) < 0 ? error_set(err, errno, "write to the sync socket") : 0;
}

int sync_send_error(int fd, const struct error *failure)
{
	struct sync_frame frame = {.type = SYNC_ERROR, .code = failure->code};
	memcpy(frame.text, failure->text, sizeof frame.text);
	return put(fd, &frame);
}

int sync_receive(int fd, struct sync_frame *frame, struct error *err)
{
	ssize_t n;
	do
		n = read(fd, frame, sizeof *frame);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno != ECONNRESET)
		return error_set(err, errno, "read from the sync socket");
	if (n <= 0)
		return 0;
	if (n < (ssize_t)offsetof(struct sync_frame, text))
		return error_set(err, 0, "the sync socket gave a short frame");
	frame->text[n == sizeof *frame ? ERROR_TEXT - 1 : (size_t)n - offsetof(struct sync_frame, text)] = 0;
	return 1;
}

int sync_expect(int fd, enum sync_type type, int *code, struct error *err)
{
	struct sync_frame frame;
	int got = sync_receive(fd, &frame, err);
	if (got < 0)
		return -1;
	if (got == 0)
		return error_set(err, 0, "the container's first process ended before it was ready");
	if (frame.type == SYNC_ERROR) {
		error_set(err, 0, "%s", frame.text);
		err->code = frame.code;
		return -1;
	}
	if (frame.type != (uint32_t)type)
		return error_set(err, 0, "the sync socket gave frame %u in place of %u", frame.type, (unsigned)type);
	if (code)
		*code = frame.code;
	return 0;
}
