/* Listening sockets, opened here or passed by the service manager. Internal to the server. Thread:
 * loop. */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "loop/loop.h"
#include "model/result.h"

struct server;
struct server_socket;

struct listener {
	struct server *server;
	int fd; /* owned; -1: closed */
	struct watch watch;
	bool is_watched;
	char *unix_path;          /* owned; NULL for TCP, and for a socket that was passed */
	struct endpoint endpoint; /* where it listens by TCP; port 0 for a Unix socket */
};

/* Open the socket at an address, or with `passed` take that one, and log where it listens. On an
 * error false with *ret_why new text. */
bool listener_open(struct listener *l, struct server *server, const char *where,
    const struct server_socket *passed, char **ret_why) MUST_CHECK;

/* Close it, and remove the file of a Unix socket that was opened here. Closing twice is fine. */
void listener_close(struct listener *l);

/* Accept clients while the limits allow. */
void listeners_resume(struct server *server);
