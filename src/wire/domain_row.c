/* Results of names as rows. */
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "model/rrtype.h"
#include "model/tagged.h"
#include "model/target.h"
#include "wire/json_text.h"
#include "wire/row.h"

/* The name in Unicode: new text, or NULL when it is in ASCII only. */
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

bool row_unicode(struct row *row, const struct result *r)
{
	AUTO_FREE char *unicode = unicode_of(r);

	return unicode != NULL && row_add_text(row, (struct span){unicode, strlen(unicode)});
}

/* False where a label is none by IDNA2008; absent otherwise. */
bool row_idna2008(struct row *row, const struct result *r)
{
	AUTO_FREE char *unicode = unicode_of(r);

	if (unicode == NULL || target_is_idna2008(r->name, r->name_len))
		return false;
	buf_add_str(row->out, "false");
	return true;
}

/* Whether only a wildcard answers for the name, or null if that is unknown; absent unless the job
 * asked for it. */
bool row_wildcard(struct row *row, const struct result *r)
{
	static const char *const words[] = {"false", "true", "null"};
	uint64_t verdict;

	if (!tagged_find_number(r->tagged, RESULT_TAG_WILDCARD, &verdict) || verdict > 2)
		return false;
	buf_add_str(row->out, words[verdict]);
	return true;
}

bool row_is_wildcard(const struct result *r)
{
	uint64_t verdict;

	return r->status == ITEM_FOUND &&
	       tagged_find_number(r->tagged, RESULT_TAG_WILDCARD, &verdict) && verdict == 1;
}

static bool add_addresses(struct row *row, const struct result *r)
{
	struct address_walk walk = {.n_seen = 0};
	char text[ADDRESS_TEXT_SIZE];
	struct address a;

	if (row->is_json)
		buf_add_char(row->out, '[');
	for (bool is_first = true; result_next_address(r, &walk, &a); is_first = false) {
		address_format(&a, text);
		if (!is_first)
			buf_add_char(row->out, row->is_json ? ',' : ' ');
		row_add_word(row, text);
	}
	if (row->is_json)
		buf_add_char(row->out, ']');
	return true;
}

static bool add_ttl(struct row *row, const struct result *r)
{
	return r->n_addresses > 0 ? row_add_number(row, r->ttl) : row_add_nothing(row);
}

static void add_zone(struct buf *b, const struct result *r, size_t n_zone)
{
	if (n_zone == 0 || n_zone > r->name_len)
		return;
	buf_add_str(b, ",\"zone\":");
	json_add_string(b, r->name + r->name_len - n_zone, n_zone);
}

static void add_piece(struct buf *b, const struct result *r, const struct evidence *e)
{
	if (e->source == SOURCE_HOSTS) {
		buf_add_str(b, "{\"source\":\"hosts\"}");
		return;
	}
	char server[ENDPOINT_TEXT_SIZE], type[DNS_TYPE_TEXT_SIZE];
	endpoint_format(&e->server, server);
	dns_type_format(e->type, type);
	buf_add_str(b, "{\"source\":\"dns\",\"server\":\"");
	buf_add_str(b, server);
	buf_add_str(b, "\",\"type\":\"");
	buf_add_str(b, type);
	buf_add_str(b, "\",\"rcode\":\"");
	buf_add_str(b, rcode_name(e->rcode));
	buf_add_str(b, "\",\"rtt_ms\":");
	json_add_msec(b, e->rtt);
	if (e->cname.len > 0) {
		buf_add_str(b, ",\"cname\":");
		row_add_list(b, e->cname);
	}
	if (e->is_sinkhole)
		buf_add_str(b, ",\"sinkhole\":true");
	if (e->proof != PROOF_NONE)
		buf_addf(b, ",\"proof\":\"%s\"", proof_name(e->proof));
	add_zone(b, r, e->n_zone);
	buf_add_char(b, '}');
}

bool row_evidence(struct row *row, const struct result *r)
{
	buf_add_char(row->out, '[');
	for (uint32_t i = 0; i < r->n_evidence; i++) {
		if (i > 0)
			buf_add_char(row->out, ',');
		add_piece(row->out, r, &r->evidence[i]);
	}
	buf_add_char(row->out, ']');
	return true;
}

/* `+ name` found, `+ name wildcard` if only a wildcard answers for it, `  name` doesn't exist, `-
 * name` exists without what was asked for, `? name reason` an error. */
static void add_text(struct buf *b, const struct result *r)
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
	if (row_is_wildcard(r))
		buf_add_str(b, " wildcard");
	buf_add_char(b, '\n');
}

/* What the last answer shows. */
static bool add_proof(struct row *row, const struct result *r)
{
	enum proof proof = r->n_evidence > 0 ? r->evidence[r->n_evidence - 1].proof : PROOF_NONE;

	return row_add_word(row, proof_name(proof));
}

static const struct row_field delegation_fields[] = {
    ROW_NAME,
    ROW_JSON("idna2008", row_idna2008),
    ROW_OUTCOME,
    ROW_FIELD("proof", add_proof),
    ROW_JSON("evidence", row_evidence),
    ROW_END,
};

static const struct row_field fields[] = {
    ROW_NAME,
    ROW_JSON("idna2008", row_idna2008),
    ROW_OUTCOME,
    ROW_FIELD("addresses", add_addresses),
    ROW_FIELD("ttl", add_ttl),
    ROW_JSON("wildcard", row_wildcard),
    ROW_JSON("evidence", row_evidence),
    ROW_END,
};

ROW_TABLE(row_of_domains, fields, add_text, NULL)
ROW_TABLE(row_of_delegations, delegation_fields, add_text, NULL)
