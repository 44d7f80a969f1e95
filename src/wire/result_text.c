/* Results as text. */
#include "wire/result_text.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "model/target.h"
#include "wire/json_text.h"

static char *unicode_of(const struct result *r)
{
	char name[TARGET_MAX + 1];

	if (r->reason == REASON_INVALID_NAME || r->name_len > TARGET_MAX ||
	    !target_is_idn(r->name, r->name_len))
		return NULL;
	memcpy(name, r->name, r->name_len);
	name[r->name_len] = '\0';
	return target_to_unicode(name);
}

static void add_evidence(struct buf *b, const struct evidence *e)
{
	if (e->source == SOURCE_HOSTS) {
		buf_add_str(b, "{\"source\":\"hosts\"}");
		return;
	}
	char server[ENDPOINT_TEXT_SIZE];
	endpoint_format(&e->server, server);
	buf_add_str(b, "{\"source\":\"dns\",\"server\":\"");
	buf_add_str(b, server);
	buf_add_str(b, e->type == RR_A ? "\",\"type\":\"A\",\"rcode\":\""
				       : "\",\"type\":\"AAAA\",\"rcode\":\"");
	buf_add_str(b, rcode_name(e->rcode));
	buf_add_str(b, "\",\"rtt_ms\":");
	json_add_msec(b, e->rtt);
	buf_add_char(b, '}');
}

static void add_addresses(
    struct buf *b, const struct result *r, const char *before, const char *between)
{
	char text[ADDRESS_TEXT_SIZE];

	for (uint32_t i = 0; i < r->n_addresses; i++) {
		address_format(&r->addresses[i], text);
		if (i > 0)
			buf_add_str(b, between);
		buf_add_str(b, before);
		buf_add_str(b, text);
		buf_add_str(b, before);
	}
}

static void add_json(struct buf *b, const struct result *r)
{
	AUTO_FREE char *unicode = unicode_of(r);

	buf_add_str(b, "{\"seq\":");
	buf_add_u64(b, r->seq);
	buf_add_str(b, ",\"index\":");
	buf_add_u64(b, r->index);
	buf_add_str(b, ",\"domain\":");
	json_add_string(b, r->name, r->name_len);
	if (unicode != NULL) {
		buf_add_str(b, ",\"unicode\":");
		json_add_string(b, unicode, strlen(unicode));
	}
	buf_add_str(b, ",\"status\":\"");
	buf_add_str(b, item_status_name(r->status));
	buf_add_str(b, "\",\"reason\":");
	json_add_optional(b, reason_name(r->reason));
	buf_add_str(b, ",\"attempts\":");
	buf_add_u64(b, r->attempts);
	buf_add_str(b, ",\"duration_ms\":");
	json_add_msec(b, r->duration);
	buf_add_str(b, ",\"finished_at\":");
	json_add_time(b, r->finished_at);
	buf_add_str(b, ",\"addresses\":[");
	add_addresses(b, r, "\"", ",");
	buf_add_str(b, "],\"ttl\":");
	if (r->n_addresses > 0)
		buf_add_u64(b, r->ttl);
	else
		buf_add_str(b, "null");
	buf_add_str(b, ",\"evidence\":[");
	for (uint32_t i = 0; i < r->n_evidence; i++) {
		if (i > 0)
			buf_add_char(b, ',');
		add_evidence(b, &r->evidence[i]);
	}
	buf_add_str(b, "]}");
}

/* Whether the UTF-8 character of `n` bytes is a control character: C0, delete or C1. */
static bool is_control(const char *s, size_t n)
{
	const unsigned char *u = (const unsigned char *)s;

	return (n == 1 && (u[0] < 0x20 || u[0] == 0x7f)) || (n == 2 && u[0] == 0xc2 && u[1] < 0xa0);
}

/* Names that are no names may hold anything: control characters become `?`, so that a row stays a
 * row, and a terminal a terminal. */
static void add_visible(struct buf *b, const char *s, size_t len)
{
	while (len > 0) {
		size_t n = utf8_length(s, len);
		if (n == 0 || is_control(s, n)) {
			buf_add_char(b, '?');
			n = n == 0 ? 1 : n;
		} else {
			buf_add(b, s, n);
		}
		s += n;
		len -= n;
	}
}

/* A field is quoted when it needs to be (RFC 4180 section 2, rules 5 to 7). */
static void add_csv_text(struct buf *b, const char *s, size_t len)
{
	if (memchr(s, '"', len) == NULL && memchr(s, ',', len) == NULL) {
		add_visible(b, s, len);
		return;
	}
	buf_add_char(b, '"');
	for (const char *quote; (quote = memchr(s, '"', len)) != NULL;) {
		size_t n = (size_t)(quote - s) + 1;
		add_visible(b, s, n);
		buf_add_char(b, '"');
		s += n;
		len -= n;
	}
	add_visible(b, s, len);
	buf_add_char(b, '"');
}

static void add_csv(struct buf *b, const struct result *r)
{
	AUTO_FREE char *unicode = unicode_of(r);
	char time[CLOCK_TEXT_SIZE];

	clock_format(r->finished_at, time);
	buf_addf(b, "%llu,%u,", (unsigned long long)r->seq, r->index);
	add_csv_text(b, r->name, r->name_len);
	buf_add_char(b, ',');
	if (unicode != NULL)
		add_csv_text(b, unicode, strlen(unicode));
	const char *reason = reason_name(r->reason);
	buf_addf(b, ",%s,%s,%u,", item_status_name(r->status), reason != NULL ? reason : "",
	    r->attempts);
	json_add_msec(b, r->duration);
	buf_addf(b, ",%s,", time);
	add_addresses(b, r, "", " ");
	buf_add_char(b, ',');
	if (r->n_addresses > 0)
		buf_add_u64(b, r->ttl);
	buf_add_str(b, "\r\n");
}

static void add_text(struct buf *b, const struct result *r)
{
	static const char marks[ITEM_N_STATUSES] = {
	    [ITEM_FOUND] = '+', [ITEM_NOT_FOUND] = ' ', [ITEM_ERROR] = '?'};

	buf_add_char(b, marks[r->status]);
	buf_add_char(b, ' ');
	add_visible(b, r->name, r->name_len);
	buf_add_char(b, '\n');
}

void result_add_head(struct buf *b, enum result_format format)
{
	if (format == FORMAT_JSON)
		buf_add_str(b, "{\"results\":[");
	if (format == FORMAT_CSV)
		buf_add_str(b,
		    "seq,index,domain,unicode,status,reason,attempts,duration_ms,finished_at,"
		    "addresses,ttl\r\n");
}

void result_add_tail(struct buf *b, enum result_format format, uint64_t next)
{
	if (format == FORMAT_JSON)
		buf_addf(b, "],\"next\":%llu}\n", (unsigned long long)next);
}

void result_add_row(struct buf *b, enum result_format format, const struct result *r, bool is_first)
{
	switch (format) {
	case FORMAT_NDJSON:
		add_json(b, r);
		buf_add_char(b, '\n');
		break;
	case FORMAT_JSON:
		if (!is_first)
			buf_add_char(b, ',');
		add_json(b, r);
		break;
	case FORMAT_CSV:
		add_csv(b, r);
		break;
	case FORMAT_TEXT:
		add_text(b, r);
		break;
	case FORMAT_EVENTS:
		buf_addf(b, "event: result\nid: %llu\ndata: ", (unsigned long long)r->seq);
		add_json(b, r);
		buf_add_str(b, "\n\n");
		break;
	case N_FORMATS:
		break;
	}
}
