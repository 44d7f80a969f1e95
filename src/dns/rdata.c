/* The text form of data. */
#include "dns/rdata.h"

#include <arpa/inet.h>
#include <string.h>
#include <time.h>

#include "model/rrtype.h"
#include "dns/svcb.h"

/* What is left of the data; the names in it may point into the message. */
struct reader {
	const uint8_t *message;
	size_t at, end;
	struct buf *b;
};

static size_t left(const struct reader *r)
{
	return r->end - r->at;
}

static bool add_integer(struct reader *r, size_t n_bytes)
{
	uint64_t value = 0;

	if (left(r) < n_bytes)
		return false;
	for (size_t i = 0; i < n_bytes; i++)
		value = value << 8 | r->message[r->at++];
	buf_add_u64(r->b, value);
	return true;
}

static bool add_address(struct reader *r, int family)
{
	char text[INET6_ADDRSTRLEN];
	size_t n = family == AF_INET ? 4 : 16;

	if (left(r) < n)
		return false;
	inet_ntop(family, r->message + r->at, text, sizeof(text));
	buf_add_str(r->b, text);
	r->at += n;
	return true;
}

static bool add_name(struct reader *r)
{
	struct dns_name name;

	if (!dns_name_read(r->message, r->end, &r->at, &name))
		return false;
	dns_name_format(&name, r->b);
	return true;
}

static bool add_quoted(struct reader *r, size_t n)
{
	if (left(r) < n)
		return false;
	buf_add_char(r->b, '"');
	for (; n > 0; n--) {
		uint8_t c = r->message[r->at++];
		if (c == '"' || c == '\\')
			buf_addf(r->b, "\\%c", c);
		else if (c < ' ' || c >= 0x7f)
			buf_addf(r->b, "\\%03u", c);
		else
			buf_add_char(r->b, (char)c);
	}
	buf_add_char(r->b, '"');
	return true;
}

static bool add_string(struct reader *r)
{
	return left(r) > 0 && add_quoted(r, r->message[r->at++]);
}

static bool add_strings(struct reader *r)
{
	if (!add_string(r))
		return false;
	while (left(r) > 0) {
		buf_add_char(r->b, ' ');
		if (!add_string(r))
			return false;
	}
	return true;
}

/* The tag of CAA: letters and digits (RFC 8659). */
static bool add_tag(struct reader *r)
{
	if (left(r) < 1 || r->message[r->at] == 0 || left(r) - 1 < r->message[r->at])
		return false;
	for (size_t n = r->message[r->at++]; n > 0; n--) {
		uint8_t c = r->message[r->at++], low = (uint8_t)(c | 0x20);
		if (!((c >= '0' && c <= '9') || (low >= 'a' && low <= 'z')))
			return false;
		buf_add_char(r->b, (char)c);
	}
	return true;
}

static bool add_hex(struct reader *r, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	if (left(r) < n)
		return false;
	for (; n > 0; n--) {
		uint8_t c = r->message[r->at++];
		buf_add_char(r->b, digits[c >> 4]);
		buf_add_char(r->b, digits[c & 15]);
	}
	return true;
}

static bool add_salt(struct reader *r)
{
	if (left(r) == 0)
		return false;
	size_t n = r->message[r->at++];
	if (n == 0)
		buf_add_char(r->b, '-');
	return add_hex(r, n);
}

/* Groups of `bits` bits, the rest filled with zeros; RFC 4648. */
static void add_base(struct reader *r, size_t n, const char *digits, int bits)
{
	uint32_t stock = 0;
	int n_stock = 0;

	for (; n > 0; n--) {
		stock = stock << 8 | r->message[r->at++];
		for (n_stock += 8; n_stock >= bits; n_stock -= bits)
			buf_add_char(r->b, digits[stock >> (n_stock - bits) & ((1U << bits) - 1)]);
	}
	if (n_stock > 0)
		buf_add_char(r->b, digits[stock << (bits - n_stock) & ((1U << bits) - 1)]);
}

static bool add_base64(struct reader *r)
{
	size_t n = left(r);

	add_base(r, n, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", 6);
	for (; n % 3 != 0; n++)
		buf_add_char(r->b, '=');
	return true;
}

static bool add_hash(struct reader *r)
{
	if (left(r) == 0 || left(r) - 1 < r->message[r->at] || r->message[r->at] == 0)
		return false;
	size_t n = r->message[r->at++];
	add_base(r, n, "0123456789abcdefghijklmnopqrstuv", 5);
	return true;
}

static void add_type(struct reader *r, uint16_t type)
{
	char text[DNS_TYPE_TEXT_SIZE];

	dns_type_format(type, text);
	buf_add_str(r->b, text);
}

static bool add_covered(struct reader *r)
{
	if (left(r) < 2)
		return false;
	add_type(r, (uint16_t)(r->message[r->at] << 8 | r->message[r->at + 1]));
	r->at += 2;
	return true;
}

/* RFC 4034 section 4.1.2: windows in ascending order, each with 1 to 32 octets. */
static bool add_bitmap(struct reader *r)
{
	int last = -1;
	bool is_first = true;

	while (left(r) > 0) {
		if (left(r) < 2)
			return false;
		int window = r->message[r->at], n = r->message[r->at + 1];
		r->at += 2;
		if (window <= last || n < 1 || n > 32 || left(r) < (size_t)n)
			return false;
		for (int bit = 0; bit < 8 * n; bit++) {
			if ((r->message[r->at + (size_t)bit / 8] >> (7 - bit % 8) & 1) == 0)
				continue;
			if (!is_first)
				buf_add_char(r->b, ' ');
			is_first = false;
			add_type(r, (uint16_t)(window << 8 | bit));
		}
		r->at += (size_t)n;
		last = window;
	}
	return true;
}

/* Seconds since 1970 in serial number arithmetic; read as the next 136 years. */
static bool add_time(struct reader *r)
{
	char text[32];
	struct tm tm;
	uint32_t seconds = 0;

	if (left(r) < 4)
		return false;
	for (int i = 0; i < 4; i++)
		seconds = seconds << 8 | r->message[r->at++];
	gmtime_r(&(time_t){seconds}, &tm);
	strftime(text, sizeof(text), "%Y%m%d%H%M%S", &tm);
	buf_add_str(r->b, text);
	return true;
}

static bool add_eui(struct reader *r)
{
	if (left(r) != 6 && left(r) != 8)
		return false;
	while (left(r) > 0) {
		add_hex(r, 1);
		if (left(r) > 0)
			buf_add_char(r->b, '-');
	}
	return true;
}

static bool add_svcb(struct reader *r)
{
	bool is_good = dns_svcb_format(r->message + r->at, left(r), r->b);

	r->at = r->end;
	return is_good;
}

static bool add_field(struct reader *r, char field)
{
	switch (field) {
	case 'n':
		return add_name(r);
	case '1':
	case '2':
	case '4':
		return add_integer(r, (size_t)(field - '0'));
	case 'a':
		return add_address(r, AF_INET);
	case 'A':
		return add_address(r, AF_INET6);
	case 's':
		return add_string(r);
	case 'S':
		return add_strings(r);
	case 'q':
		return add_quoted(r, left(r));
	case 'g':
		return add_tag(r);
	case 'h':
		return add_hex(r, left(r));
	case 'b':
		return add_base64(r);
	case 'x':
		return add_salt(r);
	case 'H':
		return add_hash(r);
	case 't':
		return add_covered(r);
	case 'T':
		return add_bitmap(r);
	case 'D':
		return add_time(r);
	case 'E':
		return add_eui(r);
	default: /* 'V' */
		return add_svcb(r);
	}
}

static bool add_fields(struct reader *r, const char *fields)
{
	for (const char *field = fields; *field != '\0'; field++) {
		/* what may be empty leaves no space behind */
		if (field > fields && (left(r) > 0 || strchr("TVhb", *field) == NULL))
			buf_add_char(r->b, ' ');
		if (!add_field(r, *field))
			return false;
	}
	return left(r) == 0;
}

void dns_rdata_format(const struct dns_message *m, const struct dns_record *record, struct buf *b)
{
	struct reader r = {.message = m->bytes,
	    .at = record->rdata,
	    .end = record->rdata + record->n_rdata,
	    .b = b};
	const char *fields = record->class == DNS_CLASS_IN ? dns_type_fields(record->type) : NULL;
	size_t before = b->len;

	if (fields != NULL && add_fields(&r, fields))
		return;
	buf_truncate(b, before);
	r.at = record->rdata;
	buf_addf(b, "\\# %u", record->n_rdata);
	if (record->n_rdata > 0)
		buf_add_char(b, ' ');
	add_hex(&r, record->n_rdata);
}
