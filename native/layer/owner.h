/* The numbers of `NAME|UID[:GROUP|GID]` by the /etc/passwd and /etc/group of "/". A name that nobody has is an error, a number is not. */
#pragma once

#include <sys/types.h>

#include "error.h"

int owner_find(const char *text, uid_t *uid, gid_t *gid, struct error *err);
