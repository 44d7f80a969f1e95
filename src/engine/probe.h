/* Inside the engine: a probe under way, and what a kind of check must offer. Not for other folders.
 * Thread: loop. */
#pragma once

#include <sys/queue.h>

#include "dns/engine.h"
#include "engine/engine.h"
#include "engine/hosts.h"
#include "loop/loop.h"
#include "model/target.h"

enum { PROBE_MAX_QUERIES = 4 };

/* starting --> asking <--> pausing --> finished
 *
 * starting: waits for its first turn, or for room to ask again; pausing: between two attempts;
 * finished: the verdict is known and handed over. */
struct probe {
	TAILQ_ENTRY(probe) link; /* in engine->probes */
	TAILQ_ENTRY(probe) turn; /* in engine->turns while has_turn */
	struct engine *engine;
	const struct check_ops *ops;
	probe_fn *on_done;
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
	    *queries[PROBE_MAX_QUERIES]; /* open ones, the latest first; NULL where there is none */
	struct dns_lookup *lookup;       /* under way in the DNS engine, or NULL */
	enum reason failure; /* why there is no answer for A; REASON_NONE: there is one */
};

struct check_ops {
	/* Ask the first or the next question. False when there is no room: the probe gets a turn
	 * later. */
	bool (*ask)(struct probe *probe);
	/* Drop what is under way. */
	void (*stop)(struct probe *probe);
};

struct engine {
	struct loop *loop;               /* borrowed */
	struct dns_engine *dns;          /* owned; NULL: evdns asks */
	struct dns_metrics *dns_metrics; /* owned */
	struct resolver *resolver;       /* owned; NULL: the DNS engine asks */
	struct hosts *hosts;             /* owned; NULL: none */
	usec_t timeout;
	uint32_t attempts;
	size_t n_probes;
	TAILQ_HEAD(, probe) probes;
	TAILQ_HEAD(, probe) turns; /* probes that wait for a turn, served before new ones */
	TAILQ_HEAD(, probe) spare; /* ended probes to be used again */
	struct defer serve;
	void (*on_room)(void *arg);
	void *on_room_arg;
	struct metric_cell *confirmations;
};

const struct check_ops *resolve_check(void);
const struct check_ops *resolve_evdns_check(void);

/* Say whether the probe needs no question: the hosts file has its name, or there is no server. Its
 * verdict waits for the first turn, for a probe never ends inside probe_start. */
bool probe_ask_nobody(struct probe *probe);

/* Give the probe a turn as soon as there is room, or after `delay`. */
void probe_take_turn(struct probe *probe);
void probe_pause(struct probe *probe, usec_t delay);

/* End the probe with this verdict: stop, note the time, call back, free. */
void probe_finish(struct probe *probe, enum item_status status, enum reason reason);
