/* Checkers for jobs that bring their own name servers: one for each list of servers, shared by the
 * jobs that give the same list. It has an engine of its own, so windows, health and samples of
 * wildcards are not those of the daemon's servers, and no hosts file. One that has had nothing to
 * do for a minute is freed. Thread: loop. */
#pragma once

#include "check/checker.h"
#include "model/server_set.h"

struct checker_pool;

struct checker_pool_opts {
	struct loop *loop; /* borrowed */
	/* What checkers have in common; servers and the hosts file are not looked at. */
	struct checker_opts (*make_opts)(void *arg);
	/* Whether jobs may bring servers at all; and say why one may not be asked, in a few words,
	 * or return NULL. */
	bool (*is_allowed)(void *arg);
	const char *(*judge)(const struct endpoint *server, void *arg);
	void *arg;
};

struct checker_pool *checker_pool_new(const struct checker_pool_opts *opts);
void checker_pool_free(struct checker_pool *pool); /* checks under way are dropped */

/* Whether jobs may bring servers; and why this one may not be asked, or NULL. */
bool checker_pool_is_allowed(const struct checker_pool *pool);
const char *checker_pool_judge(struct checker_pool *pool, const struct endpoint *server);

/* The checker for these servers. If a server may not be asked any more, its checks end as errors by
 * policy. */
struct checker *checker_pool_get(struct checker_pool *pool, const struct server_set *servers);

/* Whether a check may start with these servers. At most 64 lists are made for jobs that ask this.
 */
bool checker_pool_has_room(struct checker_pool *pool, const struct server_set *servers);

/* Call `on_room` when one of them may have room again. */
void checker_pool_set_on_room(struct checker_pool *pool, void (*on_room)(void *arg), void *arg);

/* What the judge says, the defaults, or addresses and routes have changed. */
void checker_pool_renew(struct checker_pool *pool);
void checker_pool_on_network(struct checker_pool *pool);

usec_t checker_pool_overdue(const struct checker_pool *pool); /* the most of all */
