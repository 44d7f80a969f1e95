/* Results of checks of registration as rows. */
#include <string.h>

#include "base/utf8.h"
#include "model/registration.h"
#include "model/tagged.h"
#include "wire/json_text.h"
#include "wire/row.h"

static struct registration_facts facts_of(const struct result *r)
{
	struct registration_facts facts;
	struct span bytes = {NULL, 0};

	(void)tagged_find(r->tagged, RESULT_TAG_REGISTRATION, &bytes);
	registration_facts_read(bytes, &facts);
	return facts;
}

static bool add_flag(struct row *row, bool is_true)
{
	buf_add_str(row->out, is_true ? "true" : "false");
	return true;
}

static bool add_likely_available(struct row *row, const struct result *r)
{
	return add_flag(row, facts_of(r).is_likely_available);
}

/* What RDAP says of a name that it knows; where it says nothing, null. */

static bool add_registrar(struct row *row, const struct result *r)
{
	struct registration_facts facts = facts_of(r);

	return facts.has_details && row_add_span(row, facts.registrar);
}

static bool add_date(struct row *row, usec_t date)
{
	char text[CLOCK_TEXT_SIZE];

	if (date == 0)
		return row_add_nothing(row);
	clock_format(date, text);
	return row_add_word(row, text);
}

static bool add_created(struct row *row, const struct result *r)
{
	struct registration_facts facts = facts_of(r);

	return facts.has_details && add_date(row, facts.created);
}

static bool add_expires(struct row *row, const struct result *r)
{
	struct registration_facts facts = facts_of(r);

	return facts.has_details && add_date(row, facts.expires);
}

static bool add_statuses(struct row *row, const struct result *r)
{
	struct registration_facts facts = facts_of(r);
	char list[REGISTRATION_MAX_STATUSES * 50];
	size_t n = 0;

	if (!facts.has_details)
		return false;
	if (row->is_json)
		buf_add_char(row->out, '[');
	for (uint32_t i = 0; i < facts.n_statuses; i++) {
		const struct span *status = &facts.statuses[i];
		if (row->is_json && i > 0)
			buf_add_char(row->out, ',');
		if (row->is_json)
			row_add_text(row, *status);
		else if (n + status->len + 1 < sizeof(list)) {
			memcpy(list + n, status->bytes, status->len);
			n += status->len;
			list[n++] = ';';
		}
	}
	if (row->is_json)
		buf_add_char(row->out, ']');
	else if (n > 0)
		row_add_text(row, (struct span){list, n - 1});
	return true;
}

static bool add_drops(struct row *row, const struct result *r)
{
	struct registration_facts facts = facts_of(r);

	return facts.has_details && add_flag(row, facts.drops);
}

/* A list in JSON, a cell in CSV. */
static bool add_for_sale(struct row *row, const struct result *r)
{
	struct registration_facts facts = facts_of(r);
	struct buf joined;

	if (!facts.knows_for_sale)
		return false;
	buf_init(&joined, RESULT_MAX_FIELDS);
	buf_add_str(row->out, row->is_json ? "[" : "");
	for (uint32_t i = 0; i < facts.n_for_sale; i++) {
		buf_add_str(&joined, i > 0 ? " " : "");
		buf_add(&joined, facts.for_sale[i].bytes, facts.for_sale[i].len);
		buf_add_str(row->out, row->is_json && i > 0 ? "," : "");
		if (row->is_json)
			row_add_text(row, facts.for_sale[i]);
	}
	buf_add_str(row->out, row->is_json ? "]" : "");
	if (!row->is_json && joined.len > 0)
		row_add_text(row, (struct span){joined.data, joined.len});
	buf_done(&joined);
	return true;
}

static bool add_conflict(struct row *row, const struct result *r)
{
	return facts_of(r).has_conflict && add_flag(row, true);
}

static bool add_cached(struct row *row, const struct result *r)
{
	return facts_of(r).is_cached && add_flag(row, true);
}

static void add_rdap_piece(struct buf *b, const struct registration_facts *facts)
{
	buf_add_str(b, "{\"source\":\"rdap\",\"url\":");
	json_add_string(b, facts->rdap_url.bytes, facts->rdap_url.len);
	buf_add_str(b, ",\"status\":");
	if (facts->rdap_status > 0)
		buf_add_u64(b, facts->rdap_status);
	else
		buf_add_str(b, "null");
	buf_add_str(b, ",\"detail\":");
	if (facts->rdap_detail.len > 0)
		json_add_string(b, facts->rdap_detail.bytes, facts->rdap_detail.len);
	else
		buf_add_str(b, "null");
	buf_add_str(b, ",\"asked_at\":");
	json_add_time(b, facts->rdap_at);
	buf_add_str(b, ",\"rtt_ms\":");
	json_add_msec(b, facts->rdap_duration);
	buf_add_char(b, '}');
}

static bool add_evidence(struct row *row, const struct result *r)
{
	struct registration_facts facts = facts_of(r);

	row_evidence(row, r);
	if (facts.rdap_url.len == 0)
		return true;
	buf_truncate(row->out, row->out->len - 1); /* the closing bracket */
	if (r->n_evidence > 0)
		buf_add_char(row->out, ',');
	add_rdap_piece(row->out, &facts);
	buf_add_char(row->out, ']');
	return true;
}

/* `+ name` available, `  name` registered, `- name reason` reserved, `? name reason` unknown. */
static void add_text(struct buf *b, const struct result *r)
{
	const char *reason = reason_name(r->reason);

	buf_add_char(b, r->status == ITEM_AVAILABLE    ? '+'
			: r->status == ITEM_REGISTERED ? ' '
			: r->status == ITEM_RESERVED   ? '-'
						       : '?');
	buf_add_char(b, ' ');
	utf8_add_visible(b, r->name, r->name_len, '?');
	if (reason != NULL)
		buf_addf(b, " %s", reason);
	buf_add_char(b, '\n');
}

static const struct row_field fields[] = {
    ROW_NAME,
    ROW_OUTCOME,
    ROW_FIELD("likely_available", add_likely_available),
    ROW_FIELD("registrar", add_registrar),
    ROW_FIELD("created", add_created),
    ROW_FIELD("expires", add_expires),
    ROW_FIELD("rdap_status", add_statuses),
    ROW_FIELD("drops", add_drops),
    ROW_FIELD("conflict", add_conflict),
    ROW_FIELD("for_sale", add_for_sale),
    ROW_FIELD("cached", add_cached),
    ROW_JSON("evidence", add_evidence),
    ROW_END,
};

ROW_TABLE(row_of_registrations, fields, add_text, NULL)
