/*
 * Queries are read strictly: one question of class IN without compression, nothing in the answer
 * and authority sections, at most an EDNS record after it, and not a byte more. Replies never pass
 * 512 bytes, 1232 with EDNS; the longest name leaves room for an SOA and the EDNS record.
 */
#include "dns_message.h"

#include <assert.h>
#include <string.h>

enum {
	HEADER_BYTES = 12,
	OPT_BYTES = 11,
	RECORD_BYTES = 12, /* a record with a compressed owner, without its data */
	CLASS_IN = 1,
	TTL_SECONDS = 300,
	NEGATIVE_TTL_SECONDS = 60,
	FLAG_REPLY = 0x8000,
	FLAG_TRUNCATED = 0x0200,
	FLAG_RECURSION_AVAILABLE = 0x0080,
	MASK_OPCODE = 0x7800,
	MASK_KEPT = 0x7900, /* opcode and "recursion desired" */
	AT_FLAGS = 2,
	AT_QUESTIONS = 4,
	AT_ANSWERS = 6,
	AT_AUTHORITIES = 8,
	AT_ADDITIONALS = 10,
};

static uint16_t get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static void put16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* Reads the question's name; returns the offset after it, or 0. */
static size_t read_name(const uint8_t *packet, size_t n, struct dns_query *query)
{
	size_t at = HEADER_BYTES;
	size_t n_text = 0;

	query->last_label = at;
	query->n_first_label = at < n ? packet[at] : 0;
	while (at < n && packet[at] != 0) {
		size_t n_label = packet[at];

		/* 255 bytes in all, with the root: RFC 1035 section 2.3.4 */
		if (n_label > 63 || at + 1 + n_label >= n || at + 1 + n_label - HEADER_BYTES >= 255)
			return 0;
		if (n_text > 0)
			query->name[n_text++] = '.';
		query->last_label = at++;
		for (size_t i = 0; i < n_label; i++, at++) {
			uint8_t c = packet[at];

			query->name[n_text++] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
		}
	}
	query->n_name = n_text;
	return at < n ? at + 1 : 0;
}

/* Reads what follows the question: nothing, or one EDNS record that ends the message. */
static bool read_additional(const uint8_t *at, size_t n, unsigned n_records, bool *ret_has_edns)
{
	*ret_has_edns = n_records == 1;
	if (n_records == 0)
		return n == 0;
	if (n_records != 1 || n < OPT_BYTES || at[0] != 0 || get16(at + 1) != DNS_TYPE_OPT)
		return false;
	return get16(at + 9) == n - OPT_BYTES;
}

enum dns_verdict dns_query_read(
    const uint8_t *packet, size_t n, struct dns_query *ret_query, enum dns_rcode *ret_rcode)
{
	struct dns_query *query = ret_query;
	size_t end;

	query->n_question = 0;
	query->has_edns = false;
	if (n < HEADER_BYTES)
		return DNS_QUERY_IGNORE;
	query->id = get16(packet);
	query->flags = get16(packet + AT_FLAGS);
	if (query->flags & FLAG_REPLY)
		return DNS_QUERY_IGNORE;
	if (query->flags & MASK_OPCODE) {
		*ret_rcode = DNS_NOTIMP;
		return DNS_QUERY_REJECT;
	}
	*ret_rcode = DNS_FORMERR;
	if (get16(packet + AT_QUESTIONS) != 1 || get16(packet + AT_ANSWERS) != 0 ||
	    get16(packet + AT_AUTHORITIES) != 0)
		return DNS_QUERY_REJECT;
	end = read_name(packet, n, query);
	if (end == 0 || n - end < 4)
		return DNS_QUERY_REJECT;
	if (!read_additional(
		packet + end + 4, n - end - 4, get16(packet + AT_ADDITIONALS), &query->has_edns)) {
		query->has_edns = false;
		return DNS_QUERY_REJECT;
	}
	query->question = packet + HEADER_BYTES;
	query->n_question = end + 4 - HEADER_BYTES;
	query->type = get16(packet + end);
	if (get16(packet + end + 2) != CLASS_IN) {
		*ret_rcode = DNS_REFUSED;
		return DNS_QUERY_REJECT;
	}
	return DNS_QUERY_GOOD;
}

void dns_reply_begin(struct dns_reply *reply, const struct dns_query *query, enum dns_rcode rcode)
{
	memset(reply->bytes, 0, HEADER_BYTES);
	put16(reply->bytes, query->id);
	put16(reply->bytes + AT_FLAGS,
	    FLAG_REPLY | FLAG_RECURSION_AVAILABLE | (query->flags & MASK_KEPT) | rcode);
	reply->n = HEADER_BYTES;
	/* a query with EDNS says that it takes more (RFC 6891) */
	reply->limit = query->has_edns ? DNS_REPLY_MAX - OPT_BYTES : DNS_PLAIN_MAX;
	if (query->n_question == 0)
		return;
	put16(reply->bytes + AT_QUESTIONS, 1);
	memcpy(reply->bytes + HEADER_BYTES, query->question, query->n_question);
	reply->n += query->n_question;
}

void dns_reply_set_truncated(struct dns_reply *reply)
{
	put16(reply->bytes + AT_FLAGS, get16(reply->bytes + AT_FLAGS) | FLAG_TRUNCATED);
}

static void count_record(struct dns_reply *reply, size_t section)
{
	put16(reply->bytes + section, get16(reply->bytes + section) + 1u);
}

/* Writes a record's fixed part: compressed owner, type, class, TTL, length of the data. */
static uint8_t *put_record(
    struct dns_reply *reply, size_t owner, unsigned type, unsigned ttl, size_t n_data)
{
	uint8_t *at = reply->bytes + reply->n;

	assert(reply->n + RECORD_BYTES + n_data <= reply->limit);
	put16(at, 0xc000 | (unsigned)owner);
	put16(at + 2, type);
	put16(at + 4, CLASS_IN);
	put16(at + 6, 0);
	put16(at + 8, ttl);
	put16(at + 10, (unsigned)n_data);
	reply->n += RECORD_BYTES + n_data;
	return at + RECORD_BYTES;
}

bool dns_reply_put_address(
    struct dns_reply *reply, size_t owner, uint16_t type, const uint8_t *address)
{
	size_t n_data = type == DNS_TYPE_A ? 4 : 16;

	if (reply->n + RECORD_BYTES + n_data > reply->limit)
		return false;
	memcpy(put_record(reply, owner, type, TTL_SECONDS, n_data), address, n_data);
	count_record(reply, AT_ANSWERS);
	return true;
}

size_t dns_reply_put_cname(struct dns_reply *reply, const struct dns_query *query)
{
	static const uint8_t alias[] = {5, 'a', 'l', 'i', 'a', 's'};
	size_t at = reply->n + RECORD_BYTES;
	size_t parent = DNS_QUESTION_AT;
	uint8_t *data =
	    put_record(reply, DNS_QUESTION_AT, DNS_TYPE_CNAME, TTL_SECONDS, sizeof(alias) + 2);

	/* the root name has no first label to take off */
	if (query->n_first_label > 0)
		parent += 1 + query->n_first_label;
	memcpy(data, alias, sizeof(alias));
	put16(data + sizeof(alias), 0xc000 | (unsigned)parent);
	count_record(reply, AT_ANSWERS);
	return at;
}

void dns_reply_put_soa(struct dns_reply *reply, const struct dns_query *query)
{
	/* ns.stub.invalid root.stub.invalid, serial 1, refresh 3600, retry 900, expire 86400,
	 * minimum 60 */
	static const char data[] = "\2ns\4stub\7invalid\0"
				   "\4root\4stub\7invalid\0"
				   "\0\0\0\1"
				   "\0\0\16\20"
				   "\0\0\3\204"
				   "\0\1\121\200"
				   "\0\0\0\74";
	const size_t n_data = sizeof(data) - 1;

	memcpy(put_record(reply, query->last_label, DNS_TYPE_SOA, NEGATIVE_TTL_SECONDS, n_data),
	    data, n_data);
	count_record(reply, AT_AUTHORITIES);
}

void dns_reply_end(struct dns_reply *reply, const struct dns_query *query)
{
	static const uint8_t opt[OPT_BYTES] = {0, 0, DNS_TYPE_OPT, 1232 >> 8, 1232 & 0xff};

	if (!query->has_edns)
		return;
	assert(reply->n + OPT_BYTES <= DNS_REPLY_MAX);
	memcpy(reply->bytes + reply->n, opt, OPT_BYTES);
	reply->n += OPT_BYTES;
	count_record(reply, AT_ADDITIONALS);
}
