#pragma once

#include "container.h"

/* Which of /dev, /proc and /sys a target is, however it is spelled: NULL for others. They carry what protects the rest. */
const char *mount_plain_place(const char *target);
/* A descriptor of the place for the detached mount `fd`, made when it is missing, and checked. */
int mount_open_place(struct container *c, const struct mount *mount, int fd, struct error *err);
