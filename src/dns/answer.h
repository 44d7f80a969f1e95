/* What a message says about its question. Only records that the question reaches count: those of
 * the name asked for, or of the end of its chain of CNAMEs. Thread: any. */
#pragma once

#include "dns/message.h"

enum dns_outcome {
	DNS_DATA,      /* records of the type asked for */
	DNS_NODATA,    /* the name exists, without such records (RFC 2308) */
	DNS_NXDOMAIN,  /* the name, or with CNAMEs the end of the chain (RFC 6604), doesn't exist */
	DNS_REFERRAL,  /* the server names others and has no answer itself */
	DNS_LAME,      /* NOERROR that says nothing: not from a server that could know */
	DNS_FAILED,    /* another response code */
	DNS_TRUNCATED, /* to be asked over TCP */
	DNS_MALFORMED, /* can't be read, or contradicts itself */
	DNS_TIMED_OUT, /* no answer; never the outcome of a message */
	DNS_N_OUTCOMES
};

enum { DNS_MAX_CHAIN = 16 };

struct dns_answer {
	const struct dns_message *message; /* borrowed */
	enum dns_outcome outcome;
	uint32_t ttl; /* the least of the chain and of the data; without data, how long to believe
			 that */
	unsigned n_chain;            /* CNAMEs followed */
	size_t chain[DNS_MAX_CHAIN]; /* where their targets stand in the message */
	size_t owner;                /* where the name stands whose records these are */
	unsigned n_data;
};

/* Judge a message that dns_message_parse accepted; its records of class IN count. */
void dns_answer_judge(const struct dns_message *m, struct dns_answer *ret_answer);

/* Judge anew what a server answered that was asked as an authority of a zone, whose name is the
 * last `n_zone` octets of the question's. An answer is authoritative, and without data it has the
 * SOA of that zone or of one below it; else it is DNS_LAME. DNS_REFERRAL is to a name below the
 * zone that the question's name is, or is below; `owner` is where that name stands. A name with a
 * CNAME is DNS_NODATA, wherever that leads. */
void dns_answer_judge_authority(struct dns_answer *a, size_t n_zone);

/* Go through the data: begin with a zeroed cursor; false after the last record. */
struct dns_cursor {
	unsigned n_seen;
	size_t at;
};
bool dns_answer_next(
    const struct dns_answer *a, struct dns_cursor *cursor, struct dns_record *ret_record);

/* The name of a response code in upper case, or NULL for one without a name. */
const char *dns_rcode_name(unsigned rcode);
