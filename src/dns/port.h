/* The UDP sockets of a server: how many, which one next, and when one is replaced. Inside the
 * engine. A socket is used for a minute or 262144 questions, so that its port is not worth
 * guessing; then it is drained: only answers to what it asked are read, for ten seconds. Thread:
 * loop. */
#pragma once

#include "dns/private.h"

/* Choose a socket with room at random, a new one if need be. NULL: none; `ret_error` is 0 when all
 * are full, or the system's error number. */
struct port *port_choose(struct server *s, usec_t now, int *ret_error);

/* Use none of the sockets any more; what they asked is still heard. */
void ports_retire(struct server *s);

void ports_sweep(struct server *s, usec_t now); /* close those that are drained */
void ports_close(struct server *s);
