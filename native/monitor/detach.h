/* Away from whoever started us: another session, no descriptors but the one for the answer, no working folder but ours. */
#pragma once

#include <stddef.h>

#include "error.h"

/* Descriptor of the pipe that waits for the frame. */
#define ANSWER_FD 3

/* Returns in a child only, which leads a session. The answer's descriptor stays open, and closes on exec. */
int detach(struct error *err);
/* The one frame on the answer's pipe, and its end. */
void answer(const char *text, size_t size);
/* It was given by somebody else. */
void answer_nobody(void);
