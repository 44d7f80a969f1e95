/* Inside this room: hosts and their origins, and what the files of origins do for each other. Not
 * for other folders. Thread: loop. */
#pragma once

#include <sys/queue.h>

#include "fetch/host.h"

TAILQ_HEAD(ticket_list, ticket);

struct rest {
	struct address address;
	usec_t until;
};

struct origin {
	LIST_ENTRY(origin) port_link;
	struct host *host;
	uint16_t port;
	TAILQ_ENTRY(origin) turn; /* in `ready` while is_ready, in `idle` while is_idle */
	bool is_ready, is_idle, is_failed;
	struct ticket_list waiting;
	struct ticket_list failed; /* to be told, while is_failed */
	TAILQ_ENTRY(origin) fault; /* in `failed` while is_failed */
	struct {
		enum reason reason;
		bool is_attempt;
		char detail[RACE_DETAIL + 48];
	} failure; /* of those in `failed` */
	unsigned n_running;
	bool is_http2;
	unsigned most_streams; /* that the server has been found to allow; 0: not known */
	usec_t hold_until;
	struct timer wake;
	/* the way there */
	bool has_winner, is_blocked; /* blocked: in `blocked`, until a race may begin */
	TAILQ_ENTRY(origin) block;
	struct address winner;
	usec_t won_at, race_began_at;
	struct race *race; /* NULL: none is run */
	size_t n_order;
	struct address order[RACE_MAX]; /* of the race */
	int fd;                         /* owned; the winning connection; -1: it was taken */
	usec_t fd_took;
	size_t n_rests;
	struct rest rests[RACE_MAX];
	/* what goes wrong there */
	unsigned n_failures; /* in a row */
	bool needs_transfer; /* a race does not find it */
	usec_t failing_since, rest_until;
	usec_t seen_at; /* wall */
	usec_t least_patience;
	enum reason reason;
	char detail[RACE_DETAIL];
};

TAILQ_HEAD(origin_list, origin);

struct origins {
	struct origins_opts opts;
	struct host *table; /* by name */
	struct origin_list ready, idle, blocked, failed;
	size_t n_idle, n_running, n_races;
	struct defer serve;
};

/* origin.c: put the origin on the list where it belongs now. When it has nothing to do, others that
 * have had nothing to do for longer may be freed. */
void origin_sort_in(struct origin *o);
/* origin.c: say why those fail that follow; `detail` is copied. */
void origin_set_failure(struct origin *o, enum reason reason, bool is_attempt, const char *detail);
/* origin.c: the ticket, which waits, will be told so; origin_sort_in is to follow. */
void origin_fail(struct origin *o, struct ticket *t);

/* way.c */
/* Say whether there is a way that a transfer may take now; otherwise see to it that there is one
 * later. Those who need not wait any longer fail. */
bool way_is_open(struct origin *o, usec_t now);
/* The ticket was added to those that wait. */
void way_add(struct origin *o, const struct ticket *t);
void way_is_good(struct origin *o); /* an answer came */
void way_close(struct origin *o);   /* stop what runs, close what is kept */
