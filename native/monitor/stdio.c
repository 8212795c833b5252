#include "stdio.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <termios.h>

#include "client.h"
#include "util.h"

#define CHUNK 32768
#define REPLAY 65536
/* Reads of one descriptor before others get their turn. */
#define TURNS 8

static char scratch[CHUNK] __attribute__((aligned(4096)));
static bool scratch_used;

static void output_ready(struct watch *watch, uint32_t events);
static void input_ready(struct watch *watch, uint32_t events);

void stdio_init(struct stdio *stdio, struct log *log, bool replays, void (*drained)(struct stdio *stdio))
{
	struct client *clients = stdio->clients;
	*stdio = (struct stdio){.log = log, .replays = replays, .drained = drained, .clients = clients};
	for (int i = 0; i < 2; i++)
		stdio->out[i] = (struct channel){{.fd = -1, .ready = output_ready}, stdio, (uint8_t)(i + 1)};
	stdio->input = (struct watch){.fd = -1, .ready = input_ready};
}

static int set_nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);
	return flags < 0 ? -1 : fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

/* Ours is nonblocking, the process's is an ordinary pipe. */
static int make_pipe(int *ours, int *theirs, bool reads, struct error *err)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_set(err, errno, "pipe");
	*ours = ends[reads ? 0 : 1];
	*theirs = ends[reads ? 1 : 0];
	return set_nonblocking(*ours) < 0 ? error_set(err, errno, "pipe") : 0;
}

static int open_input(struct stdio *stdio, bool input, int *theirs, struct error *err)
{
	if (!input) {
		*theirs = open("/dev/null", O_RDWR | O_CLOEXEC);
		return *theirs < 0 ? error_set(err, errno, "open /dev/null") : 0;
	}
	int ours = -1;
	if (make_pipe(&ours, theirs, false, err) < 0)
		return -1;
	return watch_add(&stdio->input, ours, 0, err);
}

int stdio_open_pipes(struct stdio *stdio, bool input, int child[3], struct error *err)
{
	stdio->tty = false;
	if (open_input(stdio, input, &child[0], err) < 0)
		return -1;
	for (int i = 0; i < 2; i++) {
		int ours = -1;
		if (make_pipe(&ours, &child[i + 1], true, err) < 0 || watch_add(&stdio->out[i].watch, ours, 0, err) < 0)
			return -1;
	}
	return 0;
}

int stdio_open_tty(struct stdio *stdio, int master, unsigned rows, unsigned cols, struct error *err)
{
	stdio->tty = true;
	if (set_nonblocking(master) < 0 || watch_add(&stdio->out[0].watch, master, EPOLLIN, err) < 0)
		return error_set(err, errno, "terminal");
	int input = fcntl(master, F_DUPFD_CLOEXEC, 3);
	if (input < 0 || watch_add(&stdio->input, input, 0, err) < 0)
		return error_set(err, errno, "terminal");
	stdio_resize(stdio, rows, cols);
	stdio_update(stdio);
	return 0;
}

bool stdio_is_drained(const struct stdio *stdio)
{
	return stdio->out[0].watch.fd < 0 && stdio->out[1].watch.fd < 0;
}

static void forget_input(struct stdio *stdio)
{
	free(stdio->pending);
	stdio->pending = NULL;
	stdio->pending_size = stdio->pending_at = 0;
}

static void close_input(struct stdio *stdio)
{
	watch_close(&stdio->input);
	forget_input(stdio);
	clients_allow_input(stdio, true);
}

void stdio_close(struct stdio *stdio)
{
	watch_close(&stdio->out[0].watch);
	watch_close(&stdio->out[1].watch);
	close_input(stdio);
	free(stdio->replay.data);
	stdio->replay = (struct replay){0};
}

static void replay_put(struct replay *replay, const char *data, size_t size)
{
	if (!replay->data && !(replay->data = malloc(REPLAY)))
		return;
	replay->room = REPLAY;
	if (size > replay->room) {
		data += size - replay->room;
		size = replay->room;
	}
	for (size_t done = 0; done < size;) {
		size_t at = (replay->start + replay->used) % replay->room;
		size_t part = replay->room - at < size - done ? replay->room - at : size - done;
		memcpy(replay->data + at, data + done, part);
		done += part;
		replay->used += part;
		if (replay->used > replay->room) {
			replay->start = (replay->start + replay->used - replay->room) % replay->room;
			replay->used = replay->room;
		}
	}
}

static void spread(struct channel *channel, const char *data, size_t size)
{
	struct stdio *stdio = channel->stdio;
	if (stdio->log)
		log_write(stdio->log, channel->stream, data, size);
	if (stdio->replays)
		replay_put(&stdio->replay, data, size);
	clients_output(stdio, channel->stream, data, size);
}

static void close_channel(struct channel *channel)
{
	struct stdio *stdio = channel->stdio;
	watch_close(&channel->watch);
	if (!stdio_is_drained(stdio))
		return;
	if (stdio->log)
		log_finish(stdio->log);
	stdio->drained(stdio);
}

static void output_ready(struct watch *watch, uint32_t events)
{
	struct channel *channel = container_of(watch, struct channel, watch);
	(void)events;
	for (int turn = 0; turn < TURNS && !stdio_is_held(channel->stdio); turn++) {
		ssize_t n = read(watch->fd, scratch, CHUNK);
		if (n > 0) {
			scratch_used = true;
			spread(channel, scratch, (size_t)n);
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		/* A terminal whose other side is closed gives EIO. */
		if (n == 0 || errno != EAGAIN)
			close_channel(channel);
		return;
	}
}

bool stdio_is_held(const struct stdio *stdio)
{
	return clients_hold(stdio);
}

void stdio_update(struct stdio *stdio)
{
	uint32_t events = stdio_is_held(stdio) ? 0 : EPOLLIN;
	watch_change(&stdio->out[0].watch, events);
	watch_change(&stdio->out[1].watch, events);
}

/* How much the process took; -1 when it does not take anything ever again. */
static ssize_t push(struct stdio *stdio, const char *data, size_t size)
{
	size_t done = 0;
	while (done < size) {
		ssize_t n = write(stdio->input.fd, data + done, size - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n <= 0)
			return -1;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

static bool keep_pending(struct stdio *stdio, const char *data, size_t size)
{
	char *grown = realloc(stdio->pending, stdio->pending_size + size);
	if (!grown)
		return false;
	memcpy(grown + stdio->pending_size, data, size);
	stdio->pending = grown;
	stdio->pending_size += size;
	return true;
}

void stdio_write(struct stdio *stdio, const char *data, size_t size)
{
	if (stdio->input.fd < 0 || stdio->input_ends)
		return;
	ssize_t done = stdio->pending ? 0 : push(stdio, data, size);
	if (done < 0) {
		close_input(stdio);
		return;
	}
	if ((size_t)done == size)
		return;
	/* One frame at most comes from each client before it is told to wait, so this has a bound. */
	if (!keep_pending(stdio, data + done, size - (size_t)done))
		return;
	watch_change(&stdio->input, EPOLLOUT);
	clients_allow_input(stdio, false);
}

static void input_ready(struct watch *watch, uint32_t events)
{
	struct stdio *stdio = container_of(watch, struct stdio, input);
	(void)events;
	ssize_t done = push(stdio, stdio->pending + stdio->pending_at, stdio->pending_size - stdio->pending_at);
	if (done < 0) {
		close_input(stdio);
		return;
	}
	stdio->pending_at += (size_t)done;
	if (stdio->pending_at < stdio->pending_size)
		return;
	forget_input(stdio);
	watch_change(watch, 0);
	if (stdio->input_ends)
		close_input(stdio);
	else
		clients_allow_input(stdio, true);
}

void stdio_end_input(struct stdio *stdio)
{
	if (stdio->tty || stdio->input.fd < 0)
		return;
	stdio->input_ends = true;
	if (!stdio->pending)
		close_input(stdio);
}

void stdio_resize(struct stdio *stdio, unsigned rows, unsigned cols)
{
	struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};
	if (stdio->tty && stdio->out[0].watch.fd >= 0 && rows && cols)
		ioctl(stdio->out[0].watch.fd, TIOCSWINSZ, &size);
}

void stdio_read_rest(struct stdio *stdio, char *text, size_t size)
{
	ssize_t n = stdio->out[1].watch.fd >= 0 ? read(stdio->out[1].watch.fd, text, size - 1) : 0;
	text[n > 0 ? n : 0] = 0;
}

bool stdio_trim(void)
{
	static bool dirty;
	if (scratch_used || !dirty) {
		dirty = dirty || scratch_used;
		scratch_used = false;
		return false;
	}
	madvise(scratch, sizeof scratch, MADV_DONTNEED);
	dirty = false;
	return true;
}
