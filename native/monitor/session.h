/* Exec sessions: further processes in the container, with streams of their own, that outlive their client. */
#pragma once

#include "client.h"

/* Runs what the client's request and its process JSON say; answers the client when it runs, or why not. */
void session_begin(struct client *client, const char *process, size_t size);
/* Joins the session that the request names. */
void session_attach(struct client *client);
void sessions_list(struct client *client);
/* A client is gone. */
void sessions_forget(struct client *client);
/* The container has ended, and they with it. */
void sessions_end(void);
