/* A DNS message as it came: checked as a whole before anything in it is used. Every record lies in
 * the message, every name is well formed (dns/name.h), and the counts of the header are those of
 * the records that are there. Octets behind the last record are not looked at. Thread: any. */
#pragma once

#include "dns/name.h"

enum { DNS_HEADER_SIZE = 12, DNS_COOKIE_MAX = 40, DNS_COOKIE_CLIENT = 8, DNS_MAX_EDE = 4 };

enum {
	DNS_FLAG_QR = 0x8000,
	DNS_FLAG_AA = 0x0400,
	DNS_FLAG_TC = 0x0200,
	DNS_FLAG_RD = 0x0100,
	DNS_FLAG_RA = 0x0080,
	DNS_FLAG_AD = 0x0020,
	DNS_FLAG_CD = 0x0010
};

/* Types that the engine itself looks at; any number may be asked for. */
enum {
	DNS_A = 1,
	DNS_NS = 2,
	DNS_CNAME = 5,
	DNS_SOA = 6,
	DNS_AAAA = 28,
	DNS_DNAME = 39,
	DNS_OPT = 41,
	DNS_DS = 43,
	DNS_ANY = 255
};

enum { DNS_CLASS_IN = 1 };

/* Response codes that the engine acts upon (RFC 1035, RFC 6891, RFC 7873). */
enum {
	DNS_RCODE_NOERROR = 0,
	DNS_RCODE_FORMERR = 1,
	DNS_RCODE_SERVFAIL = 2,
	DNS_RCODE_NXDOMAIN = 3,
	DNS_RCODE_NOTIMP = 4,
	DNS_RCODE_REFUSED = 5,
	DNS_RCODE_BADVERS = 16,
	DNS_RCODE_BADCOOKIE = 23
};

enum dns_section { DNS_ANSWER, DNS_AUTHORITY, DNS_ADDITIONAL, DNS_N_SECTIONS };

struct dns_record {
	uint16_t type, class;
	uint32_t ttl; /* one with its highest bit set is 0 (RFC 2181 section 8) */
	uint16_t n_rdata;
	size_t owner, rdata; /* where they stand in the message */
};

/* An extended error (RFC 8914). */
struct dns_ede {
	uint16_t code, n_text;
	const uint8_t *text; /* borrowed from the message; said to be UTF-8, not checked */
};

struct dns_message {
	const uint8_t *bytes; /* borrowed */
	size_t len;
	uint16_t id, flags, rcode; /* rcode with the upper bits from EDNS */
	uint16_t qtype, qclass;
	uint16_t n_records[DNS_N_SECTIONS];
	size_t at[DNS_N_SECTIONS];
	bool has_edns, has_soa, has_ns; /* the latter two: in the authority section */
	uint32_t negative_ttl;          /* RFC 2308 section 5; meaningful with an SOA */
	size_t soa_owner;
	uint8_t edns_version, n_cookie;
	uint16_t udp_size;
	uint8_t cookie[DNS_COOKIE_MAX]; /* the client's 8 octets, then the server's 8 to 32 */
	uint8_t n_ede;
	struct dns_ede ede[DNS_MAX_EDE];
};

/* How a packet relates to a question that was sent. */
enum dns_match {
	DNS_MATCH,
	DNS_MATCH_CASE,   /* the same question but for the case of its letters */
	DNS_MATCH_HEADER, /* an error without a question: a server that couldn't read ours */
	DNS_NO_MATCH
};

/* Compare a packet with the question that it may answer, as it was sent (name, type and class): the
 * id, QR, the opcode, and the whole question. Nothing else of the packet is looked at. */
enum dns_match dns_message_match(
    const uint8_t *packet, size_t len, uint16_t id, const uint8_t *question, size_t n_question);

/* Read a response with one question. False when it is malformed. */
bool dns_message_parse(const uint8_t *packet, size_t len, struct dns_message *ret_message)
    MUST_CHECK;

/* Read the record at *at, which is one that dns_message_parse found good, and move *at behind it.
 */
void dns_message_record(const struct dns_message *m, size_t *at, struct dns_record *ret_record);
