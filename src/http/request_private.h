/* A request as the server's own files see it. Inside the server. */
#pragma once

#include "http/server_private.h"

struct request {
	TAILQ_ENTRY(request) link;
	struct server *server;
	struct MHD_Connection *connection; /* NULL once libmicrohttpd is through with it */
	struct connection *client;         /* borrowed; NULL once it is gone */
	const struct route *route;         /* NULL: unknown */
	const char *method;                /* borrowed from libmicrohttpd */
	char *param, *name;                /* owned; what stood for `{id}` and `{name}` */
	char *token_name;                  /* owned; NULL: none was asked for */
	usec_t started_at;
	struct body_events body;
	void *body_arg;
	bool has_body_events, is_body_ended;
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
	struct share *shares[2]; /* of the client's address and token, which the stream counts in;
				    NULL: none */
	bool is_streaming;       /* the answer is a stream */
	bool is_stream_open;     /* ... whose close is still to be called */
	bool is_turned_away; /* a stream too many: an error is answered, close is still to be called
			      */
	bool is_cut;         /* ... and which ends now */
	bool is_waiting;     /* for an event; it counts as a stream */
	loop_fn *on_gone;    /* ... called with wait_arg when the client has gone */
	void *wait_arg;
};

/* Let libmicrohttpd leave the request alone until request_wake or request_continue. */
void request_suspend(struct request *rq);

/* The request waits no more. */
void request_end_wait(struct request *rq);

/* Hand the complete answer to libmicrohttpd, or throw it away when the request is over. */
void request_answer(struct request *rq, int status, struct MHD_Response *response);

/* Free the request when both libmicrohttpd and its handler are through with it. */
void request_free_when_over(struct request *rq);

/* Find the route of a request; refuses where there is none, or its query is wrong. */
void server_route_request(struct request *rq, const char *path);

/* Refuse what its sender may not ask for. The route may be unknown. */
void server_check_access(struct request *rq);

/* MHD's callbacks for a request. */
enum MHD_Result server_on_access(void *arg, struct MHD_Connection *connection, const char *url,
    const char *method, const char *version, const char *upload_data, size_t *upload_data_size,
    void **con_cls);
void server_on_completed(void *arg, struct MHD_Connection *connection, void **con_cls,
    enum MHD_RequestTerminationCode code);

/* End all streams and answer all waiting requests. */
void server_end_requests(struct server *server);
