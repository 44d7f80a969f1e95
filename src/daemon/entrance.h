/* Access control from the settings in api: the checks for each request, and whether the server may
 * listen on its addresses. Thread: loop. */
#pragma once

#include <stdbool.h>

#include "http/access.h"
#include "http/server.h"
#include "http/tls.h"
#include "daemon/conf.h"

struct entrance {
	struct access access; /* what requests are judged by */
	bool is_loaded;
	bool is_exposed; /* others than this machine can connect, and api.insecure doesn't say so */
	struct tls tls;
	bool has_group;
	gid_t group; /* of Unix sockets */
	unsigned mode;
};

/* Read and judge the settings and the files they name. At the start `e` is zeroed; later, what
 * requests are judged by is replaced, while what listeners have (TLS, mode and group of Unix
 * sockets) waits for the next start. On a fault false with *ret_why new text that says file and
 * line where there is one; what was loaded before stays. */
bool entrance_load(struct entrance *e, const struct conf *conf, char **ret_why);

/* Whether the server may listen on its sockets; passed sockets can differ from the settings. Call
 * before the loop runs. False with *ret_why as entrance_load. */
bool entrance_judge(struct entrance *e, const struct conf *conf, const struct endpoint *endpoints,
    size_t n_endpoints, char **ret_why);

/* Load it and forget it again: are the settings good? */
bool entrance_check(const struct conf *conf, char **ret_why);

/* Set those options of the server that are about it; borrowed from `e`. */
void entrance_fill(struct entrance *e, struct server_opts *opts);

void entrance_done(struct entrance *e); /* a zeroed one is fine */
