/* What an RDAP server's answer says of a domain name (RFC 7480, RFC 9082, RFC 9083). The answer is
 * judged by itself: who was asked, and whether that server can be trusted, is the caller's
 * business. Thread: any. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "model/file.h"

enum {
	RDAP_MAX_BODY = 1 << 20, /* bytes */
	RDAP_MAX_STATUSES = 16,
	RDAP_MAX_TEXT = 256 /* bytes of a text, with its terminator; longer ones are cut */
};

enum rdap_verdict {
	RDAP_REGISTERED,
	RDAP_ABSENT,  /* the registry does not have the name */
	RDAP_PREMIUM, /* likewise, and it is sold at a higher price for now */
	RDAP_BLOCKED, /* likewise, and it can't be registered */
	RDAP_LIMITED, /* the server refuses because of too many requests */
	RDAP_UNKNOWN  /* the answer says nothing of the name */
};

struct rdap_reply {
	uint32_t status;          /* of HTTP */
	const char *content_type; /* NULL: none */
	struct span body;         /* as much as RDAP_MAX_BODY */
	bool is_cut;              /* the body was longer, or did not come whole */
};

struct rdap_answer {
	enum rdap_verdict verdict;
	const char *why; /* RDAP_UNKNOWN and RDAP_LIMITED: for people; static */
	/* RDAP_REGISTERED, where the server says so: */
	char registrar[RDAP_MAX_TEXT]; /* "": not said */
	usec_t created, expires;       /* wall; 0: not said */
	uint32_t n_statuses;
	char statuses[RDAP_MAX_STATUSES][48]; /* without repeats, in the order of the answer */
	bool drops;                           /* it is about to be deleted */
};

/* Judge the answer to a GET for domain/`name`. `name` is in lower case and consists of A-labels.
 * `has_401`: this server answers 401 for a registered name. */
void rdap_judge(
    const char *name, bool has_401, const struct rdap_reply *reply, struct rdap_answer *ret_answer);
