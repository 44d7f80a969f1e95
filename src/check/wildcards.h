/* Whether a name has an answer of its own, or only that of a wildcard (RFC 4592).
 *
 * A wildcard that answers for a name also answers for random labels beside it, since both have the
 * same closest encloser. So each level, which is the parent of a name and a type, is sampled with
 * random labels:
 *
 *   no answer to the first            there is no wildcard: the name is its own
 *   the answer of the name was seen   the wildcard's
 *   three samples are alike           the wildcard has one answer: that of the name is its own
 *   they differ                       the wildcard rotates: further samples, until the answer of
 *                                     the name is seen or four samples bring nothing new; after 24
 *                                     it is unknown whose the answer is, unless a part was seen
 *
 * What counts of an answer is its first CNAME, or the data if there is none, or if the CNAME keeps
 * the first label of the name, as those of a DNAME do. Samples are kept for ten minutes, for at
 * most 16,384 levels. Thread: loop. */
#pragma once

#include <sys/queue.h>

#include "base/buf.h"
#include "dns/engine.h"

struct wildcards;
struct level;

enum wildcard { WILDCARD_NO, WILDCARD_YES, WILDCARD_UNKNOWN, WILDCARD_PENDING };

/* Who waits for samples; embedded. */
struct wildcard_wait {
	LIST_ENTRY(wildcard_wait) link;
	struct level *level; /* NULL: it does not wait */
	const char *name;    /* that is judged; borrowed while it waits */
	usec_t timeout;      /* of a question, */
	unsigned attempts;
	void (*on_sample)(void *arg); /* a sample is there: judge again */
	void *arg;
};

struct wildcards *wildcards_new(struct loop *loop, struct dns_engine *engine); /* borrowed */
void wildcards_free(struct wildcards *wildcards);                              /* nobody may wait */

size_t wildcards_n_levels(const struct wildcards *wildcards);

/* Add to `seen` what an answer says of the name. */
void wildcards_note(struct buf *seen, const struct dns_answer *answer);

/* Judge what was noted of the wait's name. WILDCARD_PENDING: a sample is under way, and on_sample
 * will be called, not before this has returned. */
enum wildcard wildcards_judge(
    struct wildcards *wildcards, const struct buf *seen, struct wildcard_wait *wait);
void wildcards_stop(struct wildcard_wait *wait); /* one that does not wait is fine */
