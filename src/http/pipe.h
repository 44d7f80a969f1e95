/* A pair of sockets through which libmicrohttpd serves one client. libmicrohttpd sees nothing of
 * the client but canonical requests. Inside the server. Thread: loop. */
#pragma once

#include <microhttpd.h>
#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "loop/loop.h"

struct connection;
struct server;

struct pipe {
	struct connection *connection; /* shared; NULL: the client has gone */
	struct MHD_Connection *end;    /* libmicrohttpd's; NULL: it has closed, or not begun */
	int fd;                        /* owned; our end; -1: closed */
	struct watch readable, writable;
	struct buf waiting; /* bytes that libmicrohttpd has not taken yet */
	bool is_reading, is_writing;
};

/* Connect to libmicrohttpd; NULL when the system or libmicrohttpd refuses. */
struct pipe *pipe_open(struct connection *c);

/* Close our end: the client has gone, or needs libmicrohttpd no more. The pipe is freed when
 * libmicrohttpd has closed its end. */
void pipe_close(struct pipe *p);

/* Write all of the bytes; what libmicrohttpd does not take now waits. False: it has closed. */
bool pipe_write(struct pipe *p, const void *bytes, size_t n_bytes);

/* Watch for answers, or not. */
void pipe_listen(struct pipe *p, bool is_on);

/* The pipe behind a connection of libmicrohttpd's. */
struct pipe *pipe_of(struct MHD_Connection *end);

/* For MHD_OPTION_NOTIFY_CONNECTION; `arg` is the server. */
void pipe_on_connection(void *arg, struct MHD_Connection *end, void **context,
    enum MHD_ConnectionNotificationCode code);
