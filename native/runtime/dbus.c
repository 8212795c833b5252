/* A connection to a bus, or to a service itself. Nothing on it is waited for longer than our patience lasts. */
#include "dbus.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "util.h"

#define PATIENCE_NS 10000000000
enum { FIELD_PATH = 1, FIELD_INTERFACE = 2, FIELD_NAME = 3, FIELD_DESTINATION = 6, FIELD_TYPES = 8 };

static int wait_for(struct bus *bus, short events, struct error *err)
{
	for (;;) {
		int64_t left = bus->end - monotonic_ns();
		struct pollfd event = {.fd = bus->fd, .events = events};
		int n = left > 0 ? poll(&event, 1, (int)(left / 1000000) + 1) : 0;
		if (n > 0)
			return 0;
		if (n == 0)
			return error_set(err, 0, "%s gave no answer for %d seconds", bus->where, (int)(PATIENCE_NS / 1000000000));
		if (errno != EINTR)
			return error_set(err, errno, "wait for %s", bus->where);
	}
}

static int send_all(struct bus *bus, const void *data, size_t size, struct error *err)
{
	for (size_t done = 0; done < size;) {
		ssize_t n = send(bus->fd, (const char *)data + done, size - done, MSG_NOSIGNAL);
		if (n < 0 && errno == EAGAIN) {
			if (wait_for(bus, POLLOUT, err) < 0)
				return -1;
		} else if (n < 0 && errno != EINTR) {
			return error_set(err, errno, "write to %s", bus->where);
		}
		done += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

static int receive_all(struct bus *bus, void *data, size_t size, struct error *err)
{
	for (size_t done = 0; done < size;) {
		if (wait_for(bus, POLLIN, err) < 0)
			return -1;
		ssize_t n = recv(bus->fd, (char *)data + done, size - done, 0);
		if (n == 0)
			return error_set(err, 0, "%s closed the connection", bus->where);
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return error_set(err, errno, "read from %s", bus->where);
		done += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

/* Our user id in hexadecimal digits of its decimal ones: the kernel tells the other side whether it is true. BEGIN goes with it and not
 * after the answer: systemd overlooks a call that it reads in one go with BEGIN, until something else comes. */
static int authenticate(struct bus *bus, uid_t uid, struct error *err)
{
	char id[16], hex[40] = "", line[256];
	snprintf(id, sizeof id, "%u", uid);
	for (size_t i = 0; id[i]; i++)
		snprintf(hex + 2 * i, 3, "%02x", (unsigned char)id[i]);
	int size = snprintf(line, sizeof line, "%cAUTH EXTERNAL %s\r\nBEGIN\r\n", 0, hex);
	if (send_all(bus, line, (size_t)size, err) < 0)
		return -1;
	size_t length = 0;
	do {
		if (length == sizeof line - 1)
			return error_set(err, 0, "%s does not speak D-Bus", bus->where);
		if (receive_all(bus, line + length++, 1, err) < 0)
			return -1;
	} while (line[length - 1] != '\n');
	line[length] = 0;
	if (strncmp(line, "OK ", 3) != 0)
		return error_set(err, 0, "%s does not let user %u in: %.*s", bus->where, uid, (int)strcspn(line, "\r\n"), line);
	return 0;
}

int bus_open(struct bus *bus, const char *where, bool direct, uid_t uid, struct error *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t length = strlen(where);
	*bus = (struct bus){.fd = -1, .direct = direct, .end = monotonic_ns() + PATIENCE_NS};
	if (length >= sizeof address.sun_path)
		return error_set(err, ENAMETOOLONG, "%s", where);
	memcpy(bus->where, where, length);
	memcpy(address.sun_path, where, length);
	bool abstract = *where == '@';
	if (abstract)
		address.sun_path[0] = 0;
	bus->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (bus->fd < 0 ||
		connect(bus->fd, (struct sockaddr *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + !abstract)) < 0)
		return error_set(err, errno, "connect to %s", where);
	return authenticate(bus, uid, err);
}

void bus_close(struct bus *bus)
{
	if (bus->fd >= 0)
		close(steal_fd(&bus->fd));
}

static void put_field(struct dbus_writer *writer, uint8_t code, const char *type, const char *text)
{
	if (!text)
		return;
	dbus_put(writer, 8, &code, 1);
	dbus_put_signature(writer, type);
	if (*type == 'g')
		dbus_put_signature(writer, text);
	else
		dbus_put_string(writer, text);
}

static void put_header(struct dbus_writer *writer, uint32_t serial, const struct bus_call *call, size_t body)
{
	dbus_put_u8(writer, __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 'l' : 'B');
	dbus_put_u8(writer, DBUS_CALL);
	dbus_put_u8(writer, 0);
	dbus_put_u8(writer, 1);
	dbus_put_u32(writer, (uint32_t)body);
	dbus_put_u32(writer, serial);
	struct dbus_array fields = dbus_begin(writer, 8);
	put_field(writer, FIELD_PATH, "o", call->path);
	put_field(writer, FIELD_DESTINATION, "s", call->destination);
	put_field(writer, FIELD_INTERFACE, "s", call->interface);
	put_field(writer, FIELD_NAME, "s", call->member);
	put_field(writer, FIELD_TYPES, "g", body ? call->signature : NULL);
	dbus_end(writer, fields);
	dbus_put(writer, 8, "", 0);
}

int bus_receive(struct bus *bus, struct dbus_message *message, struct error *err)
{
	unsigned char head[16];
	*message = (struct dbus_message){0};
	if (receive_all(bus, head, sizeof head, err) < 0)
		return -1;
	size_t size = dbus_message_size(head);
	if (!size)
		return error_set(err, 0, "%s sent what is no D-Bus message, or one of over %u KiB", bus->where, DBUS_READ_LIMIT >> 10);
	unsigned char *data = message->data = malloc(size);
	if (!data)
		return error_set(err, ENOMEM, "read from %s", bus->where);
	memcpy(data, head, sizeof head);
	if (receive_all(bus, data + sizeof head, size - sizeof head, err) < 0)
		return -1;
	return dbus_parse(message, data, size) ? 0 : error_set(err, 0, "%s sent a damaged D-Bus message", bus->where);
}

static int refused(const struct bus_call *call, struct dbus_message *answer, char refusal[REFUSAL_TEXT], struct error *err)
{
	const char *sentence = *answer->signature == 's' ? dbus_string(&answer->body) : "";
	snprintf(refusal, REFUSAL_TEXT, "%s", answer->error);
	return error_set(err, 0, "%s: %.500s", call->member, *sentence ? sentence : answer->error);
}

int bus_call(struct bus *bus, const struct bus_call *call, const struct dbus_writer *body, struct dbus_message *answer,
	char refusal[REFUSAL_TEXT], struct error *err)
{
	struct dbus_writer header = {0};
	uint32_t serial = ++bus->serial;
	*answer = (struct dbus_message){0};
	*refusal = 0;
	put_header(&header, serial, call, body ? body->size : 0);
	if (header.full || (body && body->full))
		return error_set(err, E2BIG, "%s", call->member);
	if (send_all(bus, header.data, header.size, err) < 0 || (body && send_all(bus, body->data, body->size, err) < 0))
		return -1;
	for (;; dbus_message_finish(answer)) {
		if (bus_receive(bus, answer, err) < 0)
			return -1;
		if (answer->answers != serial)
			continue;
		if (answer->type == DBUS_ANSWER)
			return 0;
		if (answer->type == DBUS_ERROR)
			return refused(call, answer, refusal, err);
	}
}
