/* What a resolver may still do: answer, ask by the sockets that it has, read the names. */
#pragma once

#include "error.h"

/* `root` becomes "/"; no privilege, no way to make a process, a socket or a file stays. */
int sandbox_enter(int root, struct error *err);
