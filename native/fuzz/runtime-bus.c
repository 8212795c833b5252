/* A message of D-Bus, from systemd or whoever answers in its place. */
#include <stdlib.h>
#include <string.h>

#include "../runtime/dbus.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dbus_message message = {0};
	if (size < 16 || dbus_message_size(data) == 0)
		return 0;
	unsigned char *copy = malloc(size);
	if (!copy)
		abort();
	memcpy(copy, data, size);
	if (dbus_parse(&message, copy, size)) {
		dbus_u8(&message.body);
		while (!message.body.failed && message.body.at < message.body.size) {
			dbus_u32(&message.body);
			dbus_string(&message.body);
			dbus_signature(&message.body);
		}
	}
	dbus_message_finish(&message);
	return 0;
}
