/* Who has a host port: for the error, when binding it has failed. */
#pragma once

#include "plan.h"

/* " by NAME (pid N)", or "" when nobody is seen to have it. */
void holder_describe(const struct port *port, char *text, size_t room);
