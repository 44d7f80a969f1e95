/* What resolv.conf(5) says, read as the C library reads it. Thread: any; reading blocks. */
#pragma once

#include "base/buf.h"
#include "model/address.h"

enum { RESOLV_CONF_MAX_SERVERS = 32 };

struct resolv_conf {
	size_t n_servers;
	struct endpoint servers[RESOLV_CONF_MAX_SERVERS]; /* port 53 unless they name one */
	bool is_implied; /* the file names no server, or there is none: 127.0.0.1 is the only one */
	bool use_vc, rotate, no_aaaa; /* options that are obeyed */
};

/* Read the file. Options that the daemon has no use for are appended to `ignored`, each after a
 * blank. */
void resolv_conf_read(const char *path, struct resolv_conf *ret_conf, struct buf *ignored);
