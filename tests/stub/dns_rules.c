/*
 * From a query to its replies, in the order of the README: black hole, every Nth dropped, SERVFAIL
 * for all, the zone file, the keyword that begins the first label, the default rule. A behaviour is
 * a body (what the reply says) and a delivery (which datagrams carry it); keywords are a table.
 */
#include "dns_rules.h"

#include <string.h>

enum body {
	BODY_FOUND,
	BODY_SIX,
	BODY_BOTH,
	BODY_NODATA,
	BODY_NX,
	BODY_SERVFAIL,
	BODY_REFUSED,
	BODY_NOTIMP,
	BODY_FORMERR,
	BODY_TRUNCATED,
	BODY_CNAME,
	BODY_MANY,
	BODY_MALFORMED, /* announces a record that is cut off */
};

enum delivery {
	SEND_ONCE,
	SEND_NEVER,
	SEND_TWICE,
	SEND_SPOOF_FIRST,      /* a forged NXDOMAIN from another port comes first */
	SEND_WRONG_ID_FIRST,   /* a forged NXDOMAIN with another id comes first */
	SEND_OTHER_NAME_FIRST, /* an NXDOMAIN of another name comes first */
	SEND_OTHER_TYPE_FIRST, /* one of another type */
	SEND_WRONG_NAME,       /* the reply repeats another name */
	SEND_GARBAGE,          /* random bytes instead of a reply */
};

struct behaviour {
	enum body body;
	enum delivery delivery;
	bool is_slow;
};

struct keyword {
	const char *word;
	struct behaviour later;
	bool has_first; /* the first query for a name is treated by `first` */
	struct behaviour first;
};

static const struct keyword keywords[] = {
    {.word = "found", .later = {.body = BODY_FOUND}},
    {.word = "six", .later = {.body = BODY_SIX}},
    {.word = "both", .later = {.body = BODY_BOTH}},
    {.word = "nodata", .later = {.body = BODY_NODATA}},
    {.word = "nx", .later = {.body = BODY_NX}},
    {.word = "servfail", .later = {.body = BODY_SERVFAIL}},
    {.word = "refused", .later = {.body = BODY_REFUSED}},
    {.word = "notimp", .later = {.body = BODY_NOTIMP}},
    {.word = "formerr", .later = {.body = BODY_FORMERR}},
    {.word = "trunc", .later = {.body = BODY_TRUNCATED}},
    {.word = "cname", .later = {.body = BODY_CNAME}},
    {.word = "many", .later = {.body = BODY_MANY}},
    {.word = "malformed", .later = {.body = BODY_MALFORMED}},
    {.word = "drop", .later = {.delivery = SEND_NEVER}},
    {.word = "slow", .later = {.body = BODY_FOUND, .is_slow = true}},
    {.word = "slownx", .later = {.body = BODY_NX, .is_slow = true}},
    {.word = "dup", .later = {.body = BODY_FOUND, .delivery = SEND_TWICE}},
    {.word = "dupnx", .later = {.body = BODY_NX, .delivery = SEND_TWICE}},
    {.word = "spoof", .later = {.body = BODY_FOUND, .delivery = SEND_SPOOF_FIRST}},
    {.word = "wrongid", .later = {.body = BODY_FOUND, .delivery = SEND_WRONG_ID_FIRST}},
    {.word = "othername", .later = {.body = BODY_FOUND, .delivery = SEND_OTHER_NAME_FIRST}},
    {.word = "othertype", .later = {.body = BODY_FOUND, .delivery = SEND_OTHER_TYPE_FIRST}},
    {.word = "wrongname", .later = {.body = BODY_FOUND, .delivery = SEND_WRONG_NAME}},
    {.word = "garbage", .later = {.delivery = SEND_GARBAGE}},
    {.word = "flaky",
	.later = {.body = BODY_FOUND},
	.has_first = true,
	.first = {.delivery = SEND_NEVER}},
    {.word = "flakynx",
	.later = {.body = BODY_NX},
	.has_first = true,
	.first = {.delivery = SEND_NEVER}},
    {.word = "servfailonce",
	.later = {.body = BODY_FOUND},
	.has_first = true,
	.first = {.body = BODY_SERVFAIL}},
    {.word = "nxonce",
	.later = {.body = BODY_FOUND},
	.has_first = true,
	.first = {.body = BODY_NX}},
};

static const uint8_t address4[4] = {192, 0, 2, 1};
static const uint8_t address6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};

/* Adds the records of an existing name, or the SOA of a negative answer when none fits the type. */
static void put_addresses(
    struct dns_reply *reply, const struct dns_query *query, bool has_a, bool has_aaaa)
{
	if (has_a && query->type == DNS_TYPE_A)
		dns_reply_put_address(reply, DNS_QUESTION_AT, DNS_TYPE_A, address4);
	else if (has_aaaa && query->type == DNS_TYPE_AAAA)
		dns_reply_put_address(reply, DNS_QUESTION_AT, DNS_TYPE_AAAA, address6);
	else
		dns_reply_put_soa(reply, query);
}

/* Adds 192.0.2.1 to 192.0.2.30, or as many of them as fit. */
static void put_many(struct dns_reply *reply, const struct dns_query *query)
{
	uint8_t address[4];

	if (query->type != DNS_TYPE_A) {
		dns_reply_put_soa(reply, query);
		return;
	}
	memcpy(address, address4, sizeof(address));
	for (uint8_t i = 1; i <= 30; i++) {
		address[3] = i;
		if (!dns_reply_put_address(reply, DNS_QUESTION_AT, DNS_TYPE_A, address))
			return;
	}
}

static void put_cname(struct dns_reply *reply, const struct dns_query *query)
{
	size_t owner = dns_reply_put_cname(reply, query);

	if (query->type == DNS_TYPE_A)
		dns_reply_put_address(reply, owner, DNS_TYPE_A, address4);
	else if (query->type != DNS_TYPE_CNAME)
		dns_reply_put_soa(reply, query);
}

/* Announces an A record and ends before its data does. */
static void put_cut_record(struct dns_reply *reply, const struct dns_query *query)
{
	if (dns_reply_put_address(reply, DNS_QUESTION_AT, query->type, address6))
		reply->n -= 3;
}

static enum dns_rcode rcode_of(enum body body)
{
	switch (body) {
	case BODY_NX:
		return DNS_NXDOMAIN;
	case BODY_SERVFAIL:
		return DNS_SERVFAIL;
	case BODY_REFUSED:
		return DNS_REFUSED;
	case BODY_NOTIMP:
		return DNS_NOTIMP;
	case BODY_FORMERR:
		return DNS_FORMERR;
	default:
		return DNS_NOERROR;
	}
}

static void write_reply(struct dns_reply *reply, const struct dns_query *query, enum body body)
{
	dns_reply_begin(reply, query, rcode_of(body));
	switch (body) {
	case BODY_FOUND:
		put_addresses(reply, query, true, false);
		break;
	case BODY_SIX:
		put_addresses(reply, query, false, true);
		break;
	case BODY_BOTH:
		put_addresses(reply, query, true, true);
		break;
	case BODY_NODATA:
	case BODY_NX:
		dns_reply_put_soa(reply, query);
		break;
	case BODY_TRUNCATED:
		dns_reply_set_truncated(reply);
		break;
	case BODY_CNAME:
		put_cname(reply, query);
		break;
	case BODY_MANY:
		put_many(reply, query);
		break;
	case BODY_MALFORMED:
		put_cut_record(reply, query);
		return;
	case BODY_SERVFAIL:
	case BODY_REFUSED:
	case BODY_NOTIMP:
	case BODY_FORMERR:
		break;
	}
	dns_reply_end(reply, query);
}

static void answer_from_zone(
    const struct dns_zone_entry *entry, const struct dns_query *query, struct dns_replies *replies)
{
	struct dns_reply *reply = &replies->item[0];
	bool is_a = query->type == DNS_TYPE_A;
	size_t n = 0;

	if (is_a || query->type == DNS_TYPE_AAAA)
		n = is_a ? entry->n_a : entry->n_aaaa;
	dns_reply_begin(reply, query, entry->is_absent ? DNS_NXDOMAIN : DNS_NOERROR);
	for (size_t i = 0; i < n; i++) {
		const void *address = is_a ? (const void *)&entry->a[i] : &entry->aaaa[i];

		if (!dns_reply_put_address(reply, DNS_QUESTION_AT, query->type, address))
			break;
	}
	if (n == 0)
		dns_reply_put_soa(reply, query);
	dns_reply_end(reply, query);
	replies->n = 1;
}

/* Finds the keyword that is the first label or, followed by '-', begins it. */
static const struct keyword *find_keyword(const struct dns_query *query)
{
	const char *dash = memchr(query->name, '-', query->n_first_label);
	size_t n = dash != NULL ? (size_t)(dash - query->name) : query->n_first_label;

	for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++) {
		const char *word = keywords[i].word;

		/* a label may hold a NUL byte: compare by length */
		if (strlen(word) == n && memcmp(word, query->name, n) == 0)
			return &keywords[i];
	}
	return NULL;
}

static bool is_invalid(const struct dns_query *query)
{
	static const char suffix[] = ".invalid";
	size_t n = sizeof(suffix) - 1;

	return query->n_name >= n && memcmp(query->name + query->n_name - n, suffix, n) == 0;
}

/* Bit 0 decides whether the name exists (DNS_DEFAULT_HALF), bits 16 to 31 whether it is slow. */
static struct behaviour apply_default(const struct dns_rules *rules, const struct dns_query *query)
{
	uint32_t hash = dns_hash32(query->name, query->n_name);
	bool exists = rules->otherwise == DNS_DEFAULT_FOUND ||
		      (rules->otherwise == DNS_DEFAULT_HALF && (hash & 1) != 0);

	if (!rules->is_lying && query->n_name == 0)
		return (struct behaviour){.body = BODY_NODATA};
	if (!rules->is_lying && is_invalid(query))
		return (struct behaviour){.body = BODY_NX};
	return (struct behaviour){
	    .body = exists ? BODY_FOUND : BODY_NX,
	    .is_slow = (hash >> 16) % 100 < rules->slow_share,
	};
}

/* Writes 64 random bytes (xorshift64) that don't begin with the query's id. */
static void write_garbage(
    struct dns_rules *rules, const struct dns_query *query, struct dns_reply *reply)
{
	for (reply->n = 0; reply->n < 64; reply->n++) {
		rules->noise ^= rules->noise << 13;
		rules->noise ^= rules->noise >> 7;
		rules->noise ^= rules->noise << 17;
		reply->bytes[reply->n] = (uint8_t)(rules->noise >> 32);
	}
	if (reply->bytes[0] == query->id >> 8)
		reply->bytes[0] ^= 0x55;
}

/* Make a reply one that is not of the query. */
static void forge(const struct dns_query *query, enum delivery delivery, struct dns_reply *reply)
{
	if (delivery == SEND_WRONG_NAME || delivery == SEND_OTHER_NAME_FIRST)
		reply->bytes[DNS_QUESTION_AT + 1] = 'x';
	if (delivery == SEND_OTHER_TYPE_FIRST)
		reply->bytes[DNS_QUESTION_AT + query->n_question - 3] ^= 0x55;
	if (delivery == SEND_WRONG_ID_FIRST)
		reply->bytes[0] ^= 0x55;
}

static void deliver(struct dns_rules *rules, const struct dns_query *query,
    struct behaviour behaviour, struct dns_replies *replies)
{
	struct dns_reply *item = replies->item;

	replies->is_slow = behaviour.is_slow;
	switch (behaviour.delivery) {
	case SEND_NEVER:
		return;
	case SEND_GARBAGE:
		write_garbage(rules, query, &item[0]);
		break;
	case SEND_ONCE:
	case SEND_TWICE:
	case SEND_WRONG_NAME:
		write_reply(&item[0], query, behaviour.body);
		break;
	case SEND_SPOOF_FIRST:
	case SEND_WRONG_ID_FIRST:
	case SEND_OTHER_NAME_FIRST:
	case SEND_OTHER_TYPE_FIRST:
		replies->n = 1;
		write_reply(&item[0], query, BODY_NX);
		write_reply(&item[1], query, behaviour.body);
		break;
	}
	replies->n++;
	if (behaviour.delivery == SEND_TWICE)
		item[replies->n++] = item[0];
	forge(query, behaviour.delivery, &item[0]);
	replies->is_first_forged = behaviour.delivery == SEND_SPOOF_FIRST;
}

static void answer_query(
    struct dns_rules *rules, const struct dns_query *query, struct dns_replies *replies)
{
	uint64_t hash = dns_hash64(query->name, query->n_name);
	bool is_first = dns_names_add(rules->seen, hash);
	const struct dns_zone_entry *entry;
	const struct keyword *keyword;

	rules->n_queries++;
	if (rules->is_black_hole)
		return;
	if (rules->drop_every > 0 && rules->n_queries % rules->drop_every == 0)
		return;
	if (rules->is_servfail_all) {
		deliver(rules, query, (struct behaviour){.body = BODY_SERVFAIL}, replies);
		return;
	}
	entry = dns_zone_find(rules->zone, query->name, query->n_name, hash);
	if (entry != NULL) {
		answer_from_zone(entry, query, replies);
		return;
	}
	keyword = find_keyword(query);
	if (keyword == NULL)
		deliver(rules, query, apply_default(rules, query), replies);
	else
		deliver(rules, query,
		    keyword->has_first && is_first ? keyword->first : keyword->later, replies);
}

void dns_rules_answer(
    struct dns_rules *rules, const uint8_t *packet, size_t n, struct dns_replies *ret_replies)
{
	struct dns_query query;
	enum dns_rcode rcode;

	ret_replies->n = 0;
	ret_replies->is_slow = false;
	ret_replies->is_first_forged = false;
	switch (dns_query_read(packet, n, &query, &rcode)) {
	case DNS_QUERY_IGNORE:
		return;
	case DNS_QUERY_REJECT:
		if (rules->is_black_hole)
			return;
		dns_reply_begin(&ret_replies->item[0], &query, rcode);
		dns_reply_end(&ret_replies->item[0], &query);
		ret_replies->n = 1;
		return;
	case DNS_QUERY_GOOD:
		answer_query(rules, &query, ret_replies);
		return;
	}
}
