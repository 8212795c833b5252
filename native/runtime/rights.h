/* Descriptors over Unix sockets. */
#pragma once

#include <stddef.h>

#include "error.h"

/* Connects to a stream socket; its path may be longer than the 107 bytes that an address has room for. */
int rights_connect(const char *path, struct error *err);
/* Sends `fd` beside the bytes. 0, or -1 with errno. */
int rights_send(int socket, int fd, const void *data, size_t size);
/* One descriptor, and up to `*size` bytes that came with it; does not wait when `flags` has MSG_DONTWAIT. -1: none came. */
int rights_receive(int socket, void *data, size_t *size, int flags);
