/* One HTTP request and its answer, by libcurl. Follows nothing and retries nothing: that is the
 * business of fetch.h and post.h. Connects to the one address it is told, and only when the policy
 * of targets allows it, new connection or old. Thread: loop. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "model/result.h"
#include "model/url.h"

struct loop;
struct policy;
struct transfer;
struct transfers;

struct transfers_opts {
	struct loop *loop;
	const char *ca_file;    /* borrowed for the call; NULL: the system's */
	const char *user_agent; /* likewise */
	usec_t connect_timeout;
	unsigned most; /* at one time */
};

/* Make the part that transfers share. NULL when libcurl refuses. */
struct transfers *transfers_new(const struct transfers_opts *opts);
void transfers_free(struct transfers *transfers); /* with no transfer running */

/* The policy from now on, borrowed; without one nothing is connected to. */
void transfers_set_policy(struct transfers *transfers, const struct policy *policy);

/* For those that start from now on. */
void transfers_set_connect_timeout(struct transfers *transfers, usec_t connect_timeout);

struct transfer_request {
	const struct url *url;  /* borrowed for the call, like all here */
	struct address address; /* where to connect to */
	int socket; /* connected to it already, and the transfer's now; not above 0: none */
	struct span headers;   /* `Name: value` lines, each ended by a line feed */
	struct span more;      /* likewise: what is asked for by ourselves */
	struct span body;      /* of a POST, and borrowed until the end; without one it is a GET */
	usec_t timeout;        /* from the connection to the last byte */
	uint64_t most_bytes;   /* of a body: one that is announced as longer is not taken; 0: any */
	bool keeps_connection; /* another transfer may use it */
	/* Whose connections it may share, to be compared only, and how many of them may be open; 0:
	 * any number. */
	const void *group;
	unsigned most_connections;
	bool is_decoded; /* bodies are handed on without the codings that libcurl knows */
};

/* How a transfer ended; all texts are borrowed until on_done returns. */
struct transfer_outcome {
	enum reason reason;        /* NONE: an answer came, whole */
	const char *detail;        /* for people; NULL: none */
	uint32_t status, version;  /* as struct file_result; 0: no answer */
	const char *content_type;  /* NULL: none */
	char content_encoding[64]; /* in lower case; "": none, or none that can be told */
	char *location;            /* absolute; NULL: none */
	usec_t retry_after;        /* 0: not said */
	struct file_timings timings;
	bool is_congestion; /* the host, or the way there, may have too much to do */
	bool is_http2;      /* the answer came by HTTP/2 */
	bool is_crowded; /* it needed a connection more than `most_connections`; nothing was sent */
	bool is_unconnected; /* the connection could not be made */
	bool is_unsecured;   /* it was, but TLS not: REASON_TLS or REASON_TIMEOUT */
};

enum transfer_verdict { TRANSFER_TAKEN, TRANSFER_PAUSE, TRANSFER_STOP };

struct transfer_events {
	/* A piece of the body; `status` is that of the answer. PAUSE: it is offered again after
	 * transfer_resume. STOP: the transfer ends, on_done says REASON_CANCELLED. */
	enum transfer_verdict (*on_body)(const char *bytes, size_t n_bytes, long status, void *arg);
	/* Called once, never before transfer_start returned; the transfer is dead then. */
	void (*on_done)(const struct transfer_outcome *outcome, void *arg);
};

/* Begin. NULL when libcurl refuses. `events` must outlive it. */
struct transfer *transfer_start(struct transfers *transfers, const struct transfer_request *request,
    const struct transfer_events *events, void *arg);
void transfer_resume(struct transfer *transfer);
/* In on_body and on_done: the value of a header of the answer, borrowed until the next call; NULL:
 * there is none. */
const char *transfer_header(const struct transfer *transfer, const char *name);
/* The length of the body that the header announced; 0: none. */
uint64_t transfer_announced(const struct transfer *transfer);
/* The same for a date, in seconds since 1970; -1: there is none. */
int64_t transfer_header_date(const struct transfer *transfer, const char *name);
void transfer_cancel(struct transfer *transfer); /* nothing is called any more */
