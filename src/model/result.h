/* The outcome of one item: plain values. Thread: any. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "model/address.h"
#include "base/buf.h"
#include "model/file.h"
#include "model/outcome.h"

enum evidence_source { SOURCE_DNS, SOURCE_HOSTS };
enum rrtype { RR_A = 1, RR_AAAA = 28 }; /* and the other numbers of model/rrtype.h */

/* What an answer to a question of delegation shows. Part of the store's format: add at the end. */
#define PROOFS(X)                                                                                  \
	X(NONE, NULL)                                                                              \
	X(REFERRAL, "referral")                                                                    \
	X(NS, "ns") X(DS, "ds") X(EXISTS, "exists") X(NOT_CUT, "not_cut") X(ABSENT, "absent")

enum proof {
#define X(id, name) PROOF_##id,
	PROOFS(X)
#undef X
	    N_PROOFS
};

const char *proof_name(enum proof proof); /* NULL for PROOF_NONE */

/* What was asked of whom and what came back. */
struct evidence {
	enum evidence_source source;
	uint16_t type;
	enum rcode rcode;
	usec_t rtt;
	struct endpoint server; /* zero for SOURCE_HOSTS */
	bool is_sinkhole;       /* it led to 0.0.0.0 or to loopback, as filters answer */
	enum proof proof;
	uint8_t n_zone;    /* so many last bytes of the name are the zone; 0: not known */
	struct span cname; /* borrowed: the chain of CNAMEs, as model/records.h has it */
};

enum {
	RESULT_MAX_ADDRESSES = 32,
	RESULT_MAX_EVIDENCE = 4,
	RESULT_MAX_NAME = FILE_MAX_URL,
	RESULT_MAX_FIELDS = 320 * 1024 /* bytes; more than RECORDS_MAX */
};

/* Tags of `tagged`. Part of the store's format: a number is never used again. */
enum {
	RESULT_TAG_RECORDS = 1,      /* model/records.h */
	RESULT_TAG_ADDRESSES = 2,    /* those past the 32nd; may repeat */
	RESULT_TAG_REGISTRATION = 3, /* model/registration.h */
	RESULT_TAG_WILDCARD = 8,     /* a number: 0 no, 1 yes, 2 unknown */
	RESULT_SHA256 = 100,         /* of a file that is not saved */
	RESULT_KEEPS_LAST = 101, /* a number: a schedule keeps the last copy of the file alone */
	RESULT_ETAG = 102,
	RESULT_MODIFIED = 103, /* with `if_changed`: as the server said them */
	RESULT_ASKED = 104     /* a number: file_item_asked, with `if_changed` alone */
};

/* What is known of a file; all texts are borrowed, absent ones are empty. */
struct file_result {
	struct span file_name;        /* under which it is, or would be, saved */
	struct span code;             /* of a flag */
	struct span detail;           /* of an error, for people */
	struct span content_type;     /* as the origin said */
	struct span content_encoding; /* likewise; the body is kept in it */
	struct span final_url;        /* the one that answered, when redirects led there */
	struct span country;          /* by which a flag was named */
	bool wants_country;
	enum reason country_reason; /* why there is none */
	bool is_saved;              /* then size and digest are those of the file */
	uint8_t digest[FILE_DIGEST_SIZE];
	uint64_t n_bytes;
	uint32_t http_status;  /* 0: no answer */
	uint32_t http_version; /* 10, 11 or 20; 0: no answer */
	uint32_t n_redirects;
	struct file_timings timings;
};

struct result {
	uint64_t seq;      /* place in the order of completion, from 1; 0 until committed */
	uint32_t index;    /* place in the job, from 0 */
	uint32_t attempts; /* queries of the deciding type, confirmations not counted */
	enum item_status status;
	enum reason reason;
	usec_t duration;    /* from the first query to the verdict */
	usec_t finished_at; /* wall */
	const char *name;   /* borrowed, not terminated; the normalised name or the URL, or the raw
			       input when invalid */
	size_t name_len;    /* at most RESULT_MAX_NAME */
	bool is_file;       /* `file` is meaningful, and the first of `addresses` answered */
	uint32_t ttl;       /* seconds; meaningful with addresses only */
	uint32_t n_addresses, n_evidence;
	struct address addresses[RESULT_MAX_ADDRESSES];
	struct evidence evidence[RESULT_MAX_EVIDENCE];
	struct file_result file;
	struct span tagged; /* borrowed; what else is known (model/tagged.h); at most
			       RESULT_MAX_FIELDS bytes */
};
/* Go through all addresses: begin with a zeroed walk; false after the last one. */
struct address_walk {
	uint32_t n_seen;
	size_t field, at; /* past the inline ones: offsets in `tagged`, and in the field there */
	struct span packed;
};
bool result_next_address(
    const struct result *r, struct address_walk *walk, struct address *ret_address);
void result_pack_address(struct buf *field, const struct address *a);

/* Find the digest of a file, saved or not; false when there is none. */
bool result_digest(const struct result *r, uint8_t ret_digest[static FILE_DIGEST_SIZE]);

/* Add a piece of evidence; when there is no room the last one is replaced, so the deciding one is
 * always kept. */
void result_add_evidence(struct result *r, const struct evidence *e);
