/* The notify descriptor of a filter: it comes into being in the child, and goes, by the caller, to whoever answers for the
 * container (linux.seccomp.listenerPath). */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>

#include "container.h"
#include "rights.h"
#include "state.h"
#include "sync.h"
#include "util.h"

bool listener_is_wanted(const struct container *c)
{
	return c->filter.listens;
}

/* Before anything is made: a listener that is not there is an error, not a container that stands still. */
int listener_connect(struct container *c, struct error *err)
{
	if (!c->filter.listens)
		return 0;
	const char *path = json_string_value(json_object_get(c->spec.seccomp, "listenerPath"));
	c->listener_fd = rights_connect(path, err);
	return c->listener_fd < 0 ? error_wrap(err, "linux.seccomp.listenerPath") : 0;
}

/* The child's part, under its filter: from here on only the listener's answers, read() and write() are sure. */
int listener_offer(struct container *c, int fd, struct error *err)
{
	if (sync_send(c->sync_child, SYNC_LISTENER, fd, err) < 0 || sync_expect(c->sync_child, SYNC_GO, NULL, err) < 0)
		return -1;
	close(fd);
	return 0;
}

/* The "container process state" of the specification. */
static char *process_state(const struct container *c, const char *status)
{
	cleanup_free char *state = state_text(c->id, status, c->launch.joins ? c->init : c->pid, c->bundle, c->spec.annotations, NULL);
	json_t *json = json_pack("{s:s, s:[s], s:i, s:o*}", "ociVersion", SPEC_VERSION, "fds", "seccompFd", "pid", (int)c->pid, "state",
		state ? json_loads(state, 0, NULL) : NULL);
	const json_t *metadata = json_object_get(c->spec.seccomp, "listenerMetadata");
	if (json && json_is_string(metadata))
		json_object_set(json, "metadata", (json_t *)metadata);
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
	json_decref(json);
	return text;
}

/* The caller's part: takes the descriptor out of the child and sends it on. */
int listener_pass(struct container *c, int number, struct error *err)
{
	cleanup_close int process = pidfd_open(c->pid, 0);
	cleanup_close int fd = process < 0 ? -1 : pidfd_getfd(process, number, 0);
	if (fd < 0)
		return error_set(err, errno, "take the seccomp listener's descriptor");
	cleanup_free char *text = process_state(c, c->launch.joins ? "running" : "creating");
	if (!text || rights_send(c->listener_fd, fd, text, strlen(text)) < 0)
		return error_set(err, errno, "send to linux.seccomp.listenerPath");
	close(steal_fd(&c->listener_fd));
	return sync_send(c->sync_parent, SYNC_GO, 0, err);
}
