/* What is known of a name's registration, beside its status: a result carries it as one tagged
 * field. Thread: any. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/span.h"

enum { REGISTRATION_MAX_STATUSES = 16, REGISTRATION_MAX_FOR_SALE = 4 };

struct registration_facts {
	bool is_likely_available; /* the DNS does not know the name; RDAP has not said */
	bool has_conflict;        /* the DNS knows the name, and RDAP does not */
	bool has_details;         /* RDAP knows the name; what it did not say of it is absent */
	bool drops;               /* it is about to be deleted */
	struct span registrar;    /* borrowed, like all texts here; empty: not said */
	usec_t created, expires;  /* wall; 0: not said */
	uint32_t n_statuses;
	struct span statuses[REGISTRATION_MAX_STATUSES];
	bool knows_for_sale; /* `for_sale` was asked for and answered */
	uint32_t n_for_sale;
	struct span for_sale[REGISTRATION_MAX_FOR_SALE]; /* what the holder says */
	/* what was asked of RDAP last */
	struct span rdap_url; /* empty: nothing */
	uint32_t rdap_status; /* of HTTP; 0: no answer */
	bool is_cached;       /* it was asked before, for another job or name */
	usec_t rdap_at;       /* wall */
	usec_t rdap_duration;
	struct span rdap_detail; /* why the answer tells nothing; empty: it does */
};

/* Write them as bytes, and read such bytes; texts are borrowed from them. Fields that are not known
 * are passed over. */
void registration_facts_add(struct buf *b, const struct registration_facts *facts);
void registration_facts_read(struct span bytes, struct registration_facts *ret_facts);
