/* Signed POSTs to URLs that users gave: each goes, once, to an address that the policy of targets
 * allows, and what it ends with is told. Hosts have windows and addresses as for downloads
 * (origin.h), but of their own: neither waits for the other. No redirect is followed, nothing is
 * tried again. Thread: loop. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/id.h"
#include "fetch/exchange.h"
#include "fetch/signature.h"
#include "model/result.h"

struct policy;
struct post;
struct poster;
struct url;

/* Make a poster with an exchanger of its own; NULL when libcurl refuses. */
struct poster *poster_new(const struct exchanger_opts *opts);
void poster_free(struct poster *poster); /* posts under way are dropped, without a call */

/* From now on: the time-out; the policy, borrowed, without which nothing is sent; the keys, copied.
 */
void poster_set_timeout(struct poster *poster, usec_t timeout);
void poster_set_policy(struct poster *poster, const struct policy *policy);
void poster_set_keys(struct poster *poster, const struct signature_keys *keys);

/* Say whether posts can be sent: there are a policy and a key. */
bool poster_is_ready(const struct poster *poster);

/* Return NULL when the URL may be posted to, as far as that can be told before its name is
 * resolved, else why not; static. */
const char *poster_judge(const struct poster *poster, const struct url *url);

struct post_request {
	const char *url;  /* borrowed for the call */
	struct id id;     /* the header webhook-id */
	struct span body; /* JSON; borrowed until the end */
};

struct post_outcome {
	uint32_t status;    /* of the answer; 0: there was none */
	enum reason reason; /* why not; NONE: there was one */
	const char *detail; /* for people; NULL: none; borrowed until the call returns */
	usec_t retry_after; /* 0: not said */
};

/* Called exactly once, never before post_start returned; the post is dead then. The callback may
 * start posts. */
typedef void post_fn(const struct post_outcome *outcome, void *arg);

struct post *post_start(
    struct poster *poster, const struct post_request *request, post_fn *on_done, void *arg);

/* Say whether it still waits for a place or for the host's address: nothing was sent. */
bool post_is_waiting(const struct post *post);
void post_cancel(struct post *post); /* ends it without its callback */
