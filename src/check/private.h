/* Inside this room: a check under way, and what a kind of check must offer. Not for other folders.
 * Thread: loop. */
#pragma once

#include <sys/queue.h>

#include "dns/engine.h"
#include "check/checker.h"
#include "check/hosts.h"
#include "loop/loop.h"
#include "model/target.h"

enum { CHECK_MAX_QUERIES = 4 };

/* starting --> asking <--> pausing --> finished
 *
 * starting: waits for its first turn, or for room to ask again; pausing: between two attempts;
 * finished: the verdict is known and handed over. */
struct check {
	TAILQ_ENTRY(check) link; /* in checker->checks */
	TAILQ_ENTRY(check) turn; /* in checker->turns while has_turn */
	struct checker *checker;
	const struct check_ops *ops;
	check_fn *on_done;
	void *arg;
	bool has_turn;
	struct timer pause;
	usec_t started_at;
	usec_t timeout;
	uint32_t max_attempts;
	struct result result;
	char name[TARGET_MAX + 1];

	/* for check: resolve */
	enum rrtype type;
	uint32_t attempts;  /* of this type */
	bool is_confirming; /* an NXDOMAIN came that needs a second one */
	enum rcode last_failure;
	const struct endpoint *avoid; /* server of the last attempt; borrowed from the resolver */
	struct query
	    *queries[CHECK_MAX_QUERIES]; /* open ones, the latest first; NULL where there is none */
	struct dns_lookup *lookup;       /* under way in the DNS engine, or NULL */
	enum reason failure; /* why there is no answer for A; REASON_NONE: there is one */
};

struct check_ops {
	/* Ask the first or the next question. False when there is no room: the check gets a turn
	 * later. */
	bool (*ask)(struct check *check);
	/* Drop what is under way. */
	void (*stop)(struct check *check);
};

struct checker {
	struct loop *loop;               /* borrowed */
	struct dns_engine *dns;          /* owned; NULL: evdns asks */
	struct dns_metrics *dns_metrics; /* owned */
	struct resolver *resolver;       /* owned; NULL: the DNS engine asks */
	struct hosts *hosts;             /* owned; NULL: none */
	usec_t timeout;
	uint32_t attempts;
	size_t n_checks;
	TAILQ_HEAD(, check) checks;
	TAILQ_HEAD(, check) turns; /* checks that wait for a turn, served before new ones */
	TAILQ_HEAD(, check) spare; /* ended checks to be used again */
	struct defer serve;
	void (*on_room)(void *arg);
	void *on_room_arg;
	struct metric_cell *confirmations;
};

const struct check_ops *resolve_check(void);
const struct check_ops *resolve_evdns_check(void);

/* Say whether the check needs no question: the hosts file has its name, or there is no server. Its
 * verdict waits for the first turn, for a check never ends inside check_start. */
bool check_ask_nobody(struct check *check);

/* Give the check a turn as soon as there is room, or after `delay`. */
void check_take_turn(struct check *check);
void check_pause(struct check *check, usec_t delay);

/* End the check with this verdict: stop, note the time, call back, free. */
void check_finish(struct check *check, enum item_status status, enum reason reason);
