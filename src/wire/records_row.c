/* Results of check: records as rows: an object of types in JSON, a line a record in CSV and, as in
 * zone files, in text. */
#include <string.h>

#include "base/utf8.h"
#include "model/rrtype.h"
#include "model/tagged.h"
#include "wire/json_text.h"
#include "wire/row.h"

static struct span records_of(const struct result *r)
{
	struct span records = {NULL, 0};

	(void)tagged_find(r->tagged, RESULT_TAG_RECORDS, &records);
	return records;
}

/* --- JSON --- */

static void add_ede(struct buf *b, struct span ede)
{
	const char *between = ",\"ede\":[";
	size_t offset = 0;
	struct span text;
	uint16_t code;

	for (; records_next_ede(ede, &offset, &code, &text); between = ",") {
		buf_addf(b, "%s{\"code\":%u,\"text\":", between, code);
		json_add_string(b, text.bytes, text.len);
		buf_add_char(b, '}');
	}
	if (ede.len > 0)
		buf_add_char(b, ']');
}

static void add_set(struct buf *b, const struct record_set *set)
{
	buf_addf(b, "{\"rcode\":\"%s\"", rcode_name(set->rcode));
	if (set->reason != REASON_NONE)
		buf_addf(b, ",\"reason\":\"%s\"", reason_name(set->reason));
	if (set->cname.len > 0) {
		buf_add_str(b, ",\"cname\":");
		row_add_list(b, set->cname);
	}
	if (set->data.len > 0) {
		buf_addf(b, ",\"ttl\":%u,\"data\":", set->ttl);
		row_add_list(b, set->data);
	}
	add_ede(b, set->ede);
	buf_add_char(b, '}');
}

static bool add_records(struct row *row, const struct result *r)
{
	struct span records = records_of(r);
	char type[DNS_TYPE_TEXT_SIZE];
	const char *between = "";
	struct record_set set;
	size_t offset = 0;

	buf_add_char(row->out, '{');
	for (; records_next(records, &offset, &set); between = ",") {
		dns_type_format(set.type, type);
		buf_addf(row->out, "%s\"%s\":", between, type);
		add_set(row->out, &set);
	}
	buf_add_char(row->out, '}');
	return true;
}

static bool has_addresses(const struct record_set *set)
{
	return (set->type == RR_A || set->type == RR_AAAA) && set->data.len > 0;
}

static bool add_addresses(struct row *row, const struct result *r)
{
	const char *between = "", *text;
	struct record_set set;
	size_t offset = 0;

	buf_add_char(row->out, '[');
	while (records_next(records_of(r), &offset, &set)) {
		size_t at = 0;
		while (has_addresses(&set) && (text = records_next_text(set.data, &at)) != NULL) {
			buf_addf(row->out, "%s\"%s\"", between, text);
			between = ",";
		}
	}
	buf_add_char(row->out, ']');
	return true;
}

static bool add_ttl(struct row *row, const struct result *r)
{
	struct record_set set;
	uint32_t ttl = UINT32_MAX;
	size_t offset = 0;

	while (records_next(records_of(r), &offset, &set)) {
		if (has_addresses(&set) && set.ttl < ttl)
			ttl = set.ttl;
	}
	return ttl < UINT32_MAX ? row_add_number(row, ttl) : row_add_nothing(row);
}

static bool add_evidence(struct row *row, const struct result *r)
{
	char type[DNS_TYPE_TEXT_SIZE], server[ENDPOINT_TEXT_SIZE];
	const char *between = "";
	struct record_set set;
	size_t offset = 0;

	buf_add_char(row->out, '[');
	while (records_next(records_of(r), &offset, &set)) {
		if (set.server.port == 0)
			continue; /* nobody was asked */
		dns_type_format(set.type, type);
		endpoint_format(&set.server, server);
		buf_addf(row->out,
		    "%s{\"source\":\"dns\",\"server\":\"%s\",\"type\":\"%s\",\"rcode\":\"%s\","
		    "\"rtt_"
		    "ms\":",
		    between, server, type, rcode_name(set.rcode));
		json_add_msec(row->out, set.rtt);
		buf_add_char(row->out, '}');
		between = ",";
	}
	buf_add_char(row->out, ']');
	return true;
}

/* --- CSV: a line a record, and one for a type without any --- */

static bool next_line(struct row *row, const struct result *r)
{
	bool is_first = !row->is_begun;

	row->is_begun = true;
	if (row->datum != NULL)
		row->datum = records_next_text(row->set.data, &row->datum_at);
	if (row->datum != NULL)
		return true;
	row->has_set = records_next(records_of(r), &row->set_at, &row->set);
	row->datum_at = 0;
	if (row->has_set)
		row->datum = records_next_text(row->set.data, &row->datum_at);
	return row->has_set || is_first;
}

static bool add_type(struct row *row, const struct result *r)
{
	char type[DNS_TYPE_TEXT_SIZE];

	(void)r;
	dns_type_format(row->set.type, type);
	return row->has_set && row_add_word(row, type);
}

static bool add_rcode(struct row *row, const struct result *r)
{
	(void)r;
	return row->has_set && row_add_word(row, rcode_name(row->set.rcode));
}

static bool add_line_ttl(struct row *row, const struct result *r)
{
	(void)r;
	return row->datum != NULL && row_add_number(row, row->set.ttl);
}

static bool add_datum(struct row *row, const struct result *r)
{
	(void)r;
	return row->datum != NULL &&
	       row_add_text(row, (struct span){row->datum, strlen(row->datum)});
}

/* --- Text: the lines of a zone file; what there is none for is a comment --- */

static void add_owner(struct buf *b, const struct result *r)
{
	for (size_t i = 0; i < r->name_len; i++) {
		if (strchr(";()$", r->name[i]) != NULL)
			buf_add_char(b, '\\');
		buf_add_char(b, r->name[i]);
	}
	buf_add_char(b, '.');
}

static void add_set_text(struct buf *b, const struct result *r, const struct record_set *set)
{
	char type[DNS_TYPE_TEXT_SIZE];
	size_t offset = 0;
	const char *owner = NULL, *text;

	dns_type_format(set->type, type);
	if (set->reason != REASON_NONE) {
		buf_add_str(b, "; ");
		add_owner(b, r);
		buf_addf(b, " %s %s\n", type, reason_name(set->reason));
	}
	while (set->data.len > 0 && (text = records_next_text(set->cname, &offset)) != NULL) {
		if (owner != NULL)
			buf_add_str(b, owner);
		else
			add_owner(b, r);
		buf_addf(b, " %u IN CNAME %s\n", set->ttl, text);
		owner = text;
	}
	for (offset = 0; (text = records_next_text(set->data, &offset)) != NULL;) {
		if (owner != NULL)
			buf_add_str(b, owner);
		else
			add_owner(b, r);
		buf_addf(b, " %u IN %s %s\n", set->ttl, type, text);
	}
}

static void add_text(struct buf *b, const struct result *r)
{
	struct record_set set;
	size_t offset = 0, start = b->len;

	while (records_next(records_of(r), &offset, &set))
		add_set_text(b, r, &set);
	bool is_wildcard = row_is_wildcard(r);
	if (b->len > start && (r->status == ITEM_FOUND || r->status == ITEM_ERROR) && !is_wildcard)
		return;
	buf_add_str(b, "; ");
	if (r->reason == REASON_INVALID_NAME)
		utf8_add_visible(b, r->name, r->name_len, '?');
	else
		add_owner(b, r);
	buf_addf(b, " %s\n",
	    is_wildcard                ? "wildcard"
	    : r->reason != REASON_NONE ? reason_name(r->reason)
				       : "");
}

static const struct row_field fields[] = {
    ROW_NAME,
    ROW_JSON("idna2008", row_idna2008),
    ROW_OUTCOME,
    ROW_JSON("addresses", add_addresses),
    ROW_JSON("ttl", add_ttl),
    ROW_JSON("records", add_records),
    ROW_JSON("wildcard", row_wildcard),
    ROW_JSON("evidence", add_evidence),
    ROW_CSV("type", add_type),
    ROW_CSV("rcode", add_rcode),
    ROW_CSV("ttl", add_line_ttl),
    ROW_CSV("data", add_datum),
    ROW_END,
};

ROW_TABLE(row_of_records, fields, add_text, next_line)
