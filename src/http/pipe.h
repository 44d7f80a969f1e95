/* A pair of sockets through which libmicrohttpd serves one client. libmicrohttpd sees nothing of
 * the client but canonical requests. Inside the server. Thread: loop. */
#pragma once

#include <microhttpd.h>
#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "loop/loop.h"

struct server;

struct pipe {
	struct server *server;
	void *owner;        /* borrowed; NULL: it has closed the pipe */
	loop_fn *on_answer; /* called with the owner when there is something to read */
	loop_fn *on_room;   /* ... when nothing waits any more, which pipe_send left waiting */
	struct MHD_Connection *end; /* libmicrohttpd's; NULL: it has closed, or not begun */
	int fd;                     /* owned; our end; -1: closed */
	struct watch readable, writable;
	struct buf waiting; /* bytes that libmicrohttpd has not taken yet */
	bool is_reading;
	bool is_writing; /* libmicrohttpd has no room for what waits */
};

/* Connect to libmicrohttpd; NULL when the system or libmicrohttpd refuses. */
struct pipe *pipe_open(struct server *server, loop_fn *on_answer, loop_fn *on_room, void *owner);

/* Close our end. The pipe is freed when libmicrohttpd has closed its end. */
void pipe_close(struct pipe *p);

/* Add bytes to those that wait. */
void pipe_add(struct pipe *p, const void *bytes, size_t n_bytes);

/* Send pending bytes in one call. What does not fit stays pending; on_room is called when nothing
 * is pending. */
void pipe_send(struct pipe *p);

/* Watch for answers, or not. */
void pipe_listen(struct pipe *p, bool is_on);

/* The pipe behind a connection of libmicrohttpd's. */
struct pipe *pipe_of(struct MHD_Connection *end);

/* For MHD_OPTION_NOTIFY_CONNECTION; `arg` is the server. */
void pipe_on_connection(void *arg, struct MHD_Connection *end, void **context,
    enum MHD_ConnectionNotificationCode code);
