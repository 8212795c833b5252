/* Between client.c and queue.c: what a client has not been sent yet. */
#pragma once

#include "client.h"

/* Sends what the socket takes now. false: the peer is gone. */
bool queue_send(struct client *client);
void queue_drop(struct client *client);
void client_update_events(struct client *client);
