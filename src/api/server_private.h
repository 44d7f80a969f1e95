/* Inside the server: what server.c (listeners, the loop), server_door.c (connections) and
 * server_request.c (one request's life) share. */
#pragma once

#include <microhttpd.h>
#include <sys/queue.h>

#include "api/request_metrics.h"
#include "api/server.h"
#include "api/server_door.h"
#include "base/metrics.h"
#include "loop/loop.h"
#include "model/bucket.h"

struct server {
	struct loop *loop;
	struct server_opts opts;
	size_t n_listeners;
	struct listener *listeners; /* owned */
	struct defer pump;
	struct timer pump_timer;
	struct door door;
	TAILQ_HEAD(, request) requests;
	size_t n_streams;
	struct request_metrics *metrics; /* owned */
	struct bucket refusals;          /* how often one may be logged */
	bool is_handing_over; /* whoever has the sockets next takes the new connections */
	bool is_ending;
};

struct request {
	TAILQ_ENTRY(request) link;
	struct server *server;
	struct MHD_Connection *connection; /* NULL once libmicrohttpd is through with it */
	struct peer *peer;                 /* borrowed; until then */
	const struct route *route;         /* NULL: unknown */
	const char *method;                /* borrowed from libmicrohttpd */
	char *param, *name;                /* owned; what stood for `{id}` and `{name}` */
	char *token_name;                  /* owned; NULL: none was asked for */
	usec_t started_at;
	struct body_events body;
	void *body_arg;
	bool has_body_events, is_body_ended;
	uint64_t n_body;  /* bytes of the body read */
	bool is_handled;  /* the handler was called */
	bool is_answered; /* ... and has answered */
	bool is_suspended;
	bool is_inside; /* in a callback of libmicrohttpd: resuming would be wrong */
	bool is_slow;   /* a long poll: its time is no measure of ours */
	int status;
	struct MHD_Response *response; /* owned; NULL until answered */
	bool is_queued;
	struct buf headers; /* of the answer: name NUL value NUL ... */
	struct stream_events stream;
	void *stream_arg;
	uint64_t n_streamed; /* bytes of it up to now */
	bool is_streaming;   /* the answer is a stream */
	bool is_stream_open; /* ... whose close is still to be called */
	bool is_turned_away; /* a stream too many: an error is answered, close is still to be called
			      */
	bool is_cut;         /* ... and which ends now */
};

/* Find the route of a request and check its head; refuses where something is wrong. */
void server_route_request(struct request *rq, const char *path);

/* Refuse what its sender may not ask for. The route may be unknown. */
void server_check_access(struct request *rq);

/* Add the headers of the request's answer, and those of every answer. */
void server_add_headers(const struct request *rq, struct MHD_Response *response);

/* MHD's callbacks for a request. */
enum MHD_Result server_on_access(void *arg, struct MHD_Connection *connection, const char *url,
    const char *method, const char *version, const char *upload_data, size_t *upload_data_size,
    void **con_cls);
void server_on_completed(void *arg, struct MHD_Connection *connection, void **con_cls,
    enum MHD_RequestTerminationCode code);

/* Let libmicrohttpd do what is to be done now. */
void server_pump(struct server *server);

/* End a stream that waits. */
void server_cut_stream(struct request *rq);

/* Tell the client of a body that came too slowly so; its connection is then to be cut. */
void server_refuse_slow_body(struct request *rq);

/* End streams and answer whoever still waits. */
void server_end_requests(struct server *server);
