/* HTTP exchanges of the daemon's own: one request to a URL, and what came of it. Each goes, once,
 * to an address that the policy of targets allows. Hosts have windows and addresses as for
 * downloads (origin.h), but of their own: neither waits for the other. No redirect is followed,
 * nothing is tried again. Thread: loop. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/span.h"
#include "model/result.h"

struct checker;
struct exchange;
struct exchanger;
struct loop;
struct policy;
struct url;

struct exchanger_opts {
	struct loop *loop; /* borrowed, like the checker, which resolves names */
	struct checker *checker;
	const char *ca_file, *user_agent; /* borrowed for the call; ca_file NULL: the system's */
	unsigned total, per_host;         /* at one time */
	usec_t timeout;                   /* from the connection to the end of the answer */
};

/* Make an exchanger; NULL when libcurl refuses. */
struct exchanger *exchanger_new(const struct exchanger_opts *opts);
void exchanger_free(
    struct exchanger *exchanger); /* exchanges under way are dropped, without a call */

/* From now on: the time-out; the policy, borrowed, without which nothing is sent. */
void exchanger_set_timeout(struct exchanger *exchanger, usec_t timeout);
void exchanger_set_policy(struct exchanger *exchanger, const struct policy *policy);
bool exchanger_has_policy(const struct exchanger *exchanger);

/* Return NULL when the URL may be asked, as far as that can be told before its name is resolved,
 * else why not; static. */
const char *exchanger_judge(const struct exchanger *exchanger, const struct url *url);

struct exchange_request {
	const char *url;     /* borrowed for the call */
	struct span body;    /* of a POST, and borrowed until the end; without one it is a GET */
	uint64_t most_bytes; /* of the answer's body that are kept; 0: it is passed over */
	/* Add the headers, `Name: value` lines each ended by a line feed, just before they are
	 * sent. False: it can't be sent. NULL: there are none. */
	bool (*add_headers)(struct buf *headers, void *arg);
};

struct exchange_outcome {
	uint32_t status;    /* of the answer; 0: there was none */
	enum reason reason; /* why not; NONE: there was one */
	const char *detail; /* for people; NULL: none; borrowed until the call returns, like all
			       texts here */
	const char *content_type; /* NULL: none */
	const char *etag;         /* likewise */
	struct span body;
	bool is_cut;        /* the body is longer, or did not come whole */
	usec_t retry_after; /* 0: not said */
};

/* Called exactly once, never before exchange_start returned; the exchange is dead then. The
 * callback may start exchanges. */
typedef void exchange_fn(const struct exchange_outcome *outcome, void *arg);

/* `arg` is that of add_headers too. */
struct exchange *exchange_start(struct exchanger *exchanger, const struct exchange_request *request,
    exchange_fn *on_done, void *arg);

/* Say whether it still waits for a place or for the host's address: nothing was sent. */
bool exchange_is_waiting(const struct exchange *exchange);
void exchange_cancel(struct exchange *exchange); /* ends it without its callback */
