/* Results of files as rows. */
#include "base/utf8.h"
#include "model/tagged.h"
#include "wire/json_text.h"
#include "wire/row.h"

/* Texts of a file. */
#define ADD_SPAN(name, member)                                                                     \
	static bool add_##name(struct row *row, const struct result *r)                            \
	{                                                                                          \
		return row_add_span(row, r->file.member);                                          \
	}
ADD_SPAN(file_name, file_name)
ADD_SPAN(code_cell, code)
ADD_SPAN(detail, detail)
ADD_SPAN(content_type, content_type)
ADD_SPAN(content_encoding, content_encoding)
ADD_SPAN(final_url, final_url)
#undef ADD_SPAN

static bool add_tagged(struct row *row, const struct result *r, uint32_t tag)
{
	struct span text;

	return tagged_find(r->tagged, tag, &text) && row_add_span(row, text);
}

static bool add_etag(struct row *row, const struct result *r)
{
	return add_tagged(row, r, RESULT_ETAG);
}

static bool add_modified(struct row *row, const struct result *r)
{
	return add_tagged(row, r, RESULT_MODIFIED);
}

static bool add_code(struct row *row, const struct result *r)
{
	return r->file.code.len > 0 && row_add_text(row, r->file.code);
}

static bool add_http_status(struct row *row, const struct result *r)
{
	return r->file.http_status > 0 ? row_add_number(row, r->file.http_status)
				       : row_add_nothing(row);
}

static bool add_bytes(struct row *row, const struct result *r)
{
	return row_add_number(row, r->file.n_bytes);
}

static bool add_digest(struct row *row, const struct result *r)
{
	uint8_t digest[FILE_DIGEST_SIZE];
	char hex[FILE_DIGEST_TEXT + 1];

	if (!result_digest(r, digest))
		return row_add_nothing(row);
	file_digest_format(digest, hex);
	return row_add_word(row, hex);
}

static bool add_redirects(struct row *row, const struct result *r)
{
	return row_add_number(row, r->file.n_redirects);
}

static bool add_address(struct row *row, const struct result *r)
{
	char text[ADDRESS_TEXT_SIZE];

	if (r->n_addresses == 0)
		return row_add_nothing(row);
	address_format(&r->addresses[0], text);
	return row_add_word(row, text);
}

static bool add_http_version(struct row *row, const struct result *r)
{
	uint32_t v = r->file.http_version;

	return row_add_word(row, v == 10 ? "1.0" : v == 11 ? "1.1" : v == 20 ? "2" : NULL);
}

static bool add_timings(struct row *row, const struct result *r)
{
	const struct file_timings *t = &r->file.timings;

	buf_add_str(row->out, "{\"resolve_ms\":");
	json_add_msec(row->out, t->resolve);
	buf_add_str(row->out, ",\"connect_ms\":");
	json_add_msec(row->out, t->connect);
	buf_add_str(row->out, ",\"tls_ms\":");
	json_add_msec(row->out, t->tls);
	buf_add_str(row->out, ",\"first_byte_ms\":");
	json_add_msec(row->out, t->first_byte);
	buf_add_str(row->out, ",\"transfer_ms\":");
	json_add_msec(row->out, t->transfer);
	buf_add_char(row->out, '}');
	return true;
}

static bool add_country(struct row *row, const struct result *r)
{
	return r->file.wants_country && row_add_span(row, r->file.country);
}

static bool add_country_reason(struct row *row, const struct result *r)
{
	return r->file.wants_country && row_add_word(row, reason_name(r->file.country_reason));
}

/* The name under which the file is saved. */
static bool add_file(struct row *row, const struct result *r)
{
	return r->file.is_saved ? row_add_span(row, r->file.file_name) : row_add_nothing(row);
}

static void add_text(struct buf *b, const struct result *r)
{
	const struct file_result *f = &r->file;
	struct span subject = f->code.len > 0        ? f->code
			      : f->file_name.len > 0 ? f->file_name
						     : (struct span){r->name, r->name_len};

	utf8_add_visible(b, subject.bytes, subject.len, '?');
	if (r->status == ITEM_OK)
		buf_add_str(b, " OK\n");
	else if (r->status == ITEM_UNCHANGED)
		buf_add_str(b, " unchanged\n");
	else if (r->status == ITEM_NOT_FOUND)
		buf_add_str(b, " not found\n");
	else
		buf_addf(b, " error: %s\n", reason_name(r->reason));
}

static const struct row_field fields[] = {
    ROW_FIELD("seq", row_seq),
    ROW_FIELD("index", row_index),
    ROW_CSV("code", add_code_cell),
    ROW_FIELD("url", row_name),
    ROW_FIELD("name", add_file_name),
    ROW_JSON("code", add_code),
    ROW_FIELD("status", row_status),
    ROW_FIELD("reason", row_reason),
    ROW_FIELD("detail", add_detail),
    ROW_FIELD("attempts", row_attempts),
    ROW_FIELD("duration_ms", row_duration),
    ROW_FIELD("finished_at", row_finished),
    ROW_FIELD("http_status", add_http_status),
    ROW_FIELD("bytes", add_bytes),
    ROW_FIELD("sha256", add_digest),
    ROW_FIELD("content_type", add_content_type),
    ROW_JSON("content_encoding", add_content_encoding),
    ROW_JSON("etag", add_etag),
    ROW_JSON("last_modified", add_modified),
    ROW_FIELD("redirects", add_redirects),
    ROW_JSON("final_url", add_final_url),
    ROW_FIELD("address", add_address),
    ROW_FIELD("http_version", add_http_version),
    ROW_JSON("timings", add_timings),
    ROW_JSON("country", add_country),
    ROW_JSON("country_reason", add_country_reason),
    ROW_FIELD("file", add_file),
    ROW_END,
};

ROW_TABLE(row_of_files, fields, add_text, NULL)
