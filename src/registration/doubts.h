/* Is an NXDOMAIN to be believed where the registry does not confirm it? Yes, if two name servers
 * say it; or if one does, the zone that says it is the public suffix or an ancestor of it, and the
 * server passes a test: it says NXDOMAIN for a random name under .invalid. Private to this room.
 * Thread: loop. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "check/checker.h"

struct doubts;

/* One name; embedded in its owner. */
struct doubt {
	TAILQ_ENTRY(doubt) link;
	struct doubts *doubts; /* NULL: it is not under way */
	struct check *check;   /* the second opinion; NULL: the test is waited for */
	struct evidence first;
	bool is_right_zone;
	void (*on_done)(bool is_believed, void *arg);
	void (*on_evidence)(const struct evidence *e, void *arg); /* of the second opinion */
	void *arg;
};

struct doubts *doubts_new(struct loop *loop, struct checker *checker);
void doubts_free(struct doubts *doubts); /* none may be under way */

/* Begin. `request` is the question that `first` answers, `suffix` the public suffix of its name.
 * The callbacks of `doubt` are set; they are not called before this returned. */
void doubt_start(struct doubt *doubt, struct doubts *doubts, const struct check_request *request,
    const struct evidence *first, const char *suffix);
void doubt_cancel(struct doubt *doubt); /* one that is not under way is fine */
