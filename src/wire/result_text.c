/* Results as text. */
#include "wire/result_text.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "model/target.h"
#include "wire/cells.h"
#include "wire/file_row.h"
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

static void add_domain_json(struct buf *b, const struct result *r)
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
	if (unicode != NULL && !target_is_idna2008(r->name, r->name_len))
		buf_add_str(b, ",\"idna2008\":false");
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

static void add_domain_csv(struct buf *b, const struct result *r, bool is_guarded)
{
	AUTO_FREE char *unicode = unicode_of(r);
	char time[CLOCK_TEXT_SIZE];

	clock_format(r->finished_at, time);
	buf_addf(b, "%llu,%u,", (unsigned long long)r->seq, r->index);
	cell_add_csv(b, r->name, r->name_len, is_guarded);
	buf_add_char(b, ',');
	if (unicode != NULL)
		cell_add_csv(b, unicode, strlen(unicode), is_guarded);
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

/* `+ name` found, `  name` doesn't exist, `- name` exists without what was asked for, `? name
 * reason` an error. */
static void add_domain_text(struct buf *b, const struct result *r)
{
	char mark = ' ';

	if (r->status == ITEM_FOUND)
		mark = '+';
	else if (r->status == ITEM_ERROR)
		mark = '?';
	else if (r->reason != REASON_NXDOMAIN)
		mark = '-';
	buf_add_char(b, mark);
	buf_add_char(b, ' ');
	utf8_add_visible(b, r->name, r->name_len, '?');
	if (r->status == ITEM_ERROR && reason_name(r->reason) != NULL) {
		buf_add_char(b, ' ');
		buf_add_str(b, reason_name(r->reason));
	}
	buf_add_char(b, '\n');
}

static void add_json(struct buf *b, const struct result *r)
{
	if (r->is_file)
		file_row_add_json(b, r);
	else
		add_domain_json(b, r);
}

void result_add_head(struct buf *b, enum result_format format, enum job_kind kind)
{
	if (format == FORMAT_JSON)
		buf_add_str(b, "{\"results\":[");
	bool is_csv = format == FORMAT_CSV || format == FORMAT_CSV_SAFE;
	if (is_csv && job_kind_is_files(kind))
		file_row_add_csv_head(b);
	else if (is_csv)
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
	case FORMAT_CSV_SAFE:
		if (r->is_file)
			file_row_add_csv(b, r, format == FORMAT_CSV_SAFE);
		else
			add_domain_csv(b, r, format == FORMAT_CSV_SAFE);
		break;
	case FORMAT_TEXT:
		if (r->is_file)
			file_row_add_text(b, r);
		else
			add_domain_text(b, r);
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
