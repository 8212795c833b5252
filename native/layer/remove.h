/* Taking trees away: by descriptors, without following a link or crossing into another mount. */
#pragma once

#include "error.h"

/* Removes whatever is called `name` in `parent`, with all below it. Nothing there is no error. */
int remove_at(int parent, const char *name, struct error *err);

/* Removes all that is in the folder. */
int remove_content(int folder, struct error *err);
