/* Internal to the server: types shared by its files. */
#pragma once

#include <microhttpd.h>
#include <sys/queue.h>

#include "base/metrics.h"
#include "http/connection.h"
#include "http/door.h"
#include "http/listener.h"
#include "http/request_metrics.h"
#include "http/server.h"
#include "loop/loop.h"
#include "model/bucket.h"

enum { SERVER_PIECE = 64 << 10 };

struct server {
	struct loop *loop;
	struct server_opts opts;
	size_t n_listeners;
	struct listener *listeners; /* owned */
	struct timer accept_timer;  /* set while the process is out of descriptors */
	struct defer room;          /* a connection has ended, and a listener rests */
	bool is_resting;
	struct door door;
	struct MHD_Daemon *daemon; /* owned; has no sockets but the ends of pipes */
	struct watch watch;        /* of its epoll descriptor */
	struct defer pump;
	struct timer pump_timer;
	struct pipe *opening;               /* borrowed; while libmicrohttpd is given its end */
	TAILQ_HEAD(, connection) completed; /* their answers lie in their pipes */
	struct connections closed;          /* to be freed */
	struct defer reap;
	char *scratch;    /* owned; SERVER_PIECE bytes, for one read at a time */
	struct buf frame; /* a chunk for libmicrohttpd */
	/* Finds the route of a request, or refuses it. */
	void (*route)(struct request *rq, const char *path);
	TAILQ_HEAD(, request) requests;
	size_t n_live, n_finite; /* streams: that wait for events, and that end by themselves */
	struct request_metrics *metrics; /* owned */
	struct bucket refusals;          /* how often one may be logged */
	bool is_handing_over;            /* new connections are left to the next process */
	bool is_ending;
};
