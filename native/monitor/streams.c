#include "streams.h"

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

void streams_init(struct streams *streams, struct log *log, bool replays, void (*drained)(struct streams *streams))
{
	struct client *clients = streams->clients;
	*streams = (struct streams){.log = log, .replays = replays, .drained = drained, .clients = clients};
	for (int i = 0; i < 2; i++)
		streams->out[i] = (struct channel){{.fd = -1, .ready = output_ready}, streams, (uint8_t)(i + 1)};
	streams->input = (struct watch){.fd = -1, .ready = input_ready};
}

static int set_nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);
	return flags < 0 ? -1 : fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

/* A pipe's writing end that reads as well: as long as the process has it, the pipe has a reader, and writing to it is no SIGPIPE when
 * nobody else has one. So output waits for the next monitor when this one is killed. */
static int make_lasting(int fd)
{
	char path[40];
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	int lasting = open(path, O_RDWR | O_CLOEXEC);
	if (lasting < 0)
		return fd;
	close(fd);
	return lasting;
}

/* Ours is nonblocking, the process's is an ordinary pipe. */
static int make_pipe(int *ours, int *theirs, bool reads, struct error *err)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_set(err, errno, "pipe");
	*ours = ends[reads ? 0 : 1];
	*theirs = reads ? make_lasting(ends[1]) : ends[0];
	return set_nonblocking(*ours) < 0 ? error_set(err, errno, "pipe") : 0;
}

static int open_input(struct streams *streams, bool input, int *theirs, struct error *err)
{
	if (!input) {
		*theirs = open("/dev/null", O_RDWR | O_CLOEXEC);
		return *theirs < 0 ? error_set(err, errno, "open /dev/null") : 0;
	}
	int ours = -1;
	if (make_pipe(&ours, theirs, false, err) < 0)
		return -1;
	return watch_add(&streams->input, ours, 0, err);
}

int streams_open_pipes(struct streams *streams, bool input, int child[3], struct error *err)
{
	streams->tty = false;
	if (open_input(streams, input, &child[0], err) < 0)
		return -1;
	for (int i = 0; i < 2; i++) {
		int ours = -1;
		if (make_pipe(&ours, &child[i + 1], true, err) < 0 || watch_add(&streams->out[i].watch, ours, 0, err) < 0)
			return -1;
	}
	return 0;
}

int streams_open_tty(struct streams *streams, int master, unsigned rows, unsigned cols, struct error *err)
{
	streams->tty = true;
	if (set_nonblocking(master) < 0 || watch_add(&streams->out[0].watch, master, EPOLLIN, err) < 0)
		return error_set(err, errno, "terminal");
	int input = fcntl(master, F_DUPFD_CLOEXEC, 3);
	if (input < 0 || watch_add(&streams->input, input, 0, err) < 0)
		return error_set(err, errno, "terminal");
	streams_resize(streams, rows, cols);
	streams_update(streams);
	return 0;
}

void streams_adopt(struct streams *streams, const struct streams *old, bool tty)
{
	streams->tty = tty;
	for (int i = 0; i < 2; i++)
		if (old->out[i].watch.fd >= 0)
			watch_add(&streams->out[i].watch, old->out[i].watch.fd, EPOLLIN, NULL);
	if (old->input.fd >= 0)
		watch_add(&streams->input, old->input.fd, 0, NULL);
}

bool streams_is_drained(const struct streams *streams)
{
	return streams->out[0].watch.fd < 0 && streams->out[1].watch.fd < 0;
}

static void forget_input(struct streams *streams)
{
	free(streams->pending);
	streams->pending = NULL;
	streams->pending_size = streams->pending_at = 0;
}

static void close_input(struct streams *streams)
{
	watch_close(&streams->input);
	forget_input(streams);
	clients_allow_input(streams, true);
}

void streams_close(struct streams *streams)
{
	watch_close(&streams->out[0].watch);
	watch_close(&streams->out[1].watch);
	close_input(streams);
	free(streams->replay.data);
	streams->replay = (struct replay){0};
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

static void head_put(struct head *head, const char *data, size_t size)
{
	size_t part = head->room - head->used < size ? head->room - head->used : size;
	memcpy(head->data + head->used, data, part);
	head->used += part;
	head->cut = head->cut || part < size;
}

static void spread(struct channel *channel, const char *data, size_t size)
{
	struct streams *streams = channel->streams;
	if (streams->log)
		log_write(streams->log, channel->stream, data, size);
	if (streams->head)
		head_put(streams->head, data, size);
	if (streams->replays)
		replay_put(&streams->replay, data, size);
	clients_output(streams, channel->stream, data, size);
}

static void close_channel(struct channel *channel)
{
	struct streams *streams = channel->streams;
	watch_close(&channel->watch);
	if (!streams_is_drained(streams))
		return;
	if (streams->log)
		log_finish(streams->log);
	streams->drained(streams);
}

static void output_ready(struct watch *watch, uint32_t events)
{
	struct channel *channel = container_of(watch, struct channel, watch);
	(void)events;
	for (int turn = 0; turn < TURNS && !streams_is_held(channel->streams); turn++) {
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

bool streams_is_held(const struct streams *streams)
{
	return clients_hold(streams);
}

void streams_update(struct streams *streams)
{
	uint32_t events = streams_is_held(streams) ? 0 : EPOLLIN;
	watch_change(&streams->out[0].watch, events);
	watch_change(&streams->out[1].watch, events);
}

/* How much the process took; -1 when it does not take anything ever again. */
static ssize_t push(struct streams *streams, const char *data, size_t size)
{
	size_t done = 0;
	while (done < size) {
		ssize_t n = write(streams->input.fd, data + done, size - done);
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

static bool keep_pending(struct streams *streams, const char *data, size_t size)
{
	char *grown = realloc(streams->pending, streams->pending_size + size);
	if (!grown)
		return false;
	memcpy(grown + streams->pending_size, data, size);
	streams->pending = grown;
	streams->pending_size += size;
	return true;
}

void streams_write(struct streams *streams, const char *data, size_t size)
{
	if (streams->input.fd < 0 || streams->input_ends)
		return;
	ssize_t done = streams->pending ? 0 : push(streams, data, size);
	if (done < 0) {
		close_input(streams);
		return;
	}
	if ((size_t)done == size)
		return;
	/* One frame at most comes from each client before it is told to wait, so this has a bound. */
	if (!keep_pending(streams, data + done, size - (size_t)done))
		return;
	watch_change(&streams->input, EPOLLOUT);
	clients_allow_input(streams, false);
}

static void input_ready(struct watch *watch, uint32_t events)
{
	struct streams *streams = container_of(watch, struct streams, input);
	(void)events;
	ssize_t done = push(streams, streams->pending + streams->pending_at, streams->pending_size - streams->pending_at);
	if (done < 0) {
		close_input(streams);
		return;
	}
	streams->pending_at += (size_t)done;
	if (streams->pending_at < streams->pending_size)
		return;
	forget_input(streams);
	watch_change(watch, 0);
	if (streams->input_ends)
		close_input(streams);
	else
		clients_allow_input(streams, true);
}

void streams_end_input(struct streams *streams)
{
	if (streams->tty || streams->input.fd < 0)
		return;
	streams->input_ends = true;
	if (!streams->pending)
		close_input(streams);
}

void streams_resize(struct streams *streams, unsigned rows, unsigned cols)
{
	struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};
	if (streams->tty && streams->out[0].watch.fd >= 0 && rows && cols)
		ioctl(streams->out[0].watch.fd, TIOCSWINSZ, &size);
}

void streams_read_rest(struct streams *streams, char *text, size_t size)
{
	ssize_t n = streams->out[1].watch.fd >= 0 ? read(streams->out[1].watch.fd, text, size - 1) : 0;
	text[n > 0 ? n : 0] = 0;
}

bool streams_trim(void)
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
