/* Frames of a child that is in the container already. */
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../runtime/sync.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err = {0};
	struct sync_frame frame;
	int parent, child, code;
	if (size == 0 || sync_open(&parent, &child, &err) < 0)
		return 0;
	if (send(child, data, size, MSG_DONTWAIT) == (ssize_t)size && send(child, data, size, MSG_DONTWAIT) == (ssize_t)size) {
		sync_receive(parent, &frame, &err);
		sync_expect(parent, SYNC_READY, &code, &err);
	}
	close(parent);
	close(child);
	return 0;
}
