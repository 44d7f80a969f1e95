/* Inside this room: a check under way, and what a kind of check must offer. A new kind is one file
 * with its struct check_ops, and one row in checker.c. Not for other folders. Thread: loop. */
#pragma once

#include <stddef.h>
#include <sys/queue.h>

#include "dns/engine.h"
#include "check/checker.h"
#include "check/hosts.h"
#include "check/wildcards.h"
#include "loop/loop.h"
#include "model/target.h"

/* starting --> asking <--> pausing --> finished
 *
 * starting: waits for room; asking: a question is under way; pausing: between two attempts;
 * finished: the verdict is known and handed over. */
struct check {
	TAILQ_ENTRY(check) link; /* in checker->checks, or in the spare list of its kind */
	TAILQ_ENTRY(check) turn; /* in checker->turns while has_turn */
	struct checker *checker;
	struct check_kind *kind;
	check_fn *on_done;
	void *arg;
	bool has_turn;
	bool has_verdict; /* in `result`; the check ends with `pause` */
	struct timer pause;
	usec_t started_at;
	usec_t timeout;
	uint32_t max_attempts;
	enum check_families families;
	struct check_spec asked;
	bool has_avoid;           /* `avoid` is meaningful */
	struct endpoint avoid;    /* as in check_request */
	struct buf texts, tagged; /* of the kind and of `result`; empty at the start */
	struct buf seen;          /* of the answers, for `wildcard`; if the job wants that */
	struct wildcard_wait wildcard;
	struct result result;
	char name[TARGET_MAX + 1];
	max_align_t state[]; /* of the kind; state_size bytes, all 0 at the start */
};

/* What a kind of check does. Its state is its own. */
struct check_ops {
	size_t state_size;
	/* Fill `result` if the name is found without a question, and return whether it was. May be
	 * NULL. */
	bool (*answer_locally)(struct check *check);
	/* Ask the first or the next question. Return false if there is no room: the check gets a
	 * turn later. */
	bool (*ask)(struct check *check);
	/* Drop what is under way. */
	void (*stop)(struct check *check);
};

struct check_kind {
	const struct check_ops *ops;
	TAILQ_HEAD(, check) spare; /* ended checks, for reuse */
};

struct checker {
	struct loop *loop;               /* borrowed */
	struct dns_engine *dns;          /* owned */
	struct dns_metrics *dns_metrics; /* owned */
	struct wildcards *wildcards;     /* owned */
	struct resolver *resolver;       /* owned: asks for addresses first; NULL: nobody does */
	size_t next_server;              /* of the resolver, unless */
	bool is_in_order;                /* the first that works is asked */
	struct hosts *hosts;             /* owned; NULL: none */
	struct parents *wild, *zones; /* owned; what is known of parents (check/wild.h, zones.h) */
	struct authority_table *authority_table; /* owned */
	bool asks_authorities;                   /* as in checker_opts, like the next two */
	double max_qps;
	usec_t pause;
	bool (*may_ask)(const struct endpoint *authority, void *arg); /* NULL: none */
	void *may_ask_arg;
	bool has_no_aaaa, is_implied; /* as in checker_opts */
	usec_t timeout;
	uint32_t attempts;
	size_t n_checks, max_checks;
	bool is_denied;
	TAILQ_HEAD(, check) checks;
	TAILQ_HEAD(, check) turns; /* checks that wait for a turn, served before new ones */
	struct check_kind kinds[N_CHECKS];
	struct defer serve;
	void (*on_room)(void *arg);
	void *on_room_arg;
	LIST_HEAD(, room_listener) listeners;
};

const struct check_ops *resolve_check(void);
const struct check_ops *records_check(void);
const struct check_ops *delegation_check(void);

/* Give the check a turn as soon as there is room, or after `delay`. */
void check_await_turn(struct check *check);
void check_pause(struct check *check, usec_t delay);

/* Drop what the check has done: it asks its first question after `delay`. */
void check_begin_anew(struct check *check, usec_t delay);

/* End the check with this verdict: stop, note the time, call back, free. `result` gets what is in
 * `tagged`. */
void check_finish(struct check *check, enum item_status status, enum reason reason);
/* The same in the next turn of the loop: a check never ends inside check_start. */
void check_finish_soon(struct check *check, enum item_status status, enum reason reason);

/* Note an answer, if the job looks for wildcards; and end the check as it wants to, when the name
 * was found. */
void check_note(struct check *check, const struct dns_answer *answer);
void check_finish_found(struct check *check);
