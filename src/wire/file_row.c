/* Results of files as rows. */
#include "wire/file_row.h"

#include <string.h>

#include "base/utf8.h"
#include "wire/cells.h"
#include "wire/json_text.h"

static void add_span(struct buf *b, const char *key, struct span s)
{
	buf_addf(b, ",\"%s\":", key);
	if (s.len > 0)
		json_add_string(b, s.bytes, s.len);
	else
		buf_add_str(b, "null");
}

static const char *version_text(uint32_t version)
{
	return version == 10 ? "1.0" : version == 11 ? "1.1" : version == 20 ? "2" : NULL;
}

static void add_timings(struct buf *b, const struct file_timings *t)
{
	buf_add_str(b, ",\"timings\":{\"resolve_ms\":");
	json_add_msec(b, t->resolve);
	buf_add_str(b, ",\"connect_ms\":");
	json_add_msec(b, t->connect);
	buf_add_str(b, ",\"tls_ms\":");
	json_add_msec(b, t->tls);
	buf_add_str(b, ",\"first_byte_ms\":");
	json_add_msec(b, t->first_byte);
	buf_add_str(b, ",\"transfer_ms\":");
	json_add_msec(b, t->transfer);
	buf_add_char(b, '}');
}

static void add_answer(struct buf *b, const struct result *r)
{
	const struct file_result *f = &r->file;
	char address[ADDRESS_TEXT_SIZE];

	if (f->http_status > 0)
		buf_addf(b, ",\"http_status\":%u", f->http_status);
	else
		buf_add_str(b, ",\"http_status\":null");
	buf_add_str(b, ",\"bytes\":");
	buf_add_u64(b, f->n_bytes);
	buf_add_str(b, ",\"sha256\":");
	if (f->is_saved) {
		char hex[FILE_DIGEST_TEXT + 1];
		file_digest_format(f->digest, hex);
		json_add_string(b, hex, FILE_DIGEST_TEXT);
	} else {
		buf_add_str(b, "null");
	}
	add_span(b, "content_type", f->content_type);
	add_span(b, "content_encoding", f->content_encoding);
	buf_addf(b, ",\"redirects\":%u", f->n_redirects);
	add_span(b, "final_url", f->final_url);
	buf_add_str(b, ",\"address\":");
	if (r->n_addresses > 0)
		address_format(&r->addresses[0], address);
	json_add_optional(b, r->n_addresses > 0 ? address : NULL);
	buf_add_str(b, ",\"http_version\":");
	json_add_optional(b, version_text(f->http_version));
}

void file_row_add_json(struct buf *b, const struct result *r)
{
	const struct file_result *f = &r->file;

	buf_addf(b, "{\"seq\":%llu,\"index\":%u,\"url\":", (unsigned long long)r->seq, r->index);
	json_add_string(b, r->name, r->name_len);
	add_span(b, "name", f->file_name);
	if (f->code.len > 0)
		add_span(b, "code", f->code);
	buf_addf(b, ",\"status\":\"%s\",\"reason\":", item_status_name(r->status));
	json_add_optional(b, reason_name(r->reason));
	add_span(b, "detail", f->detail);
	buf_addf(b, ",\"attempts\":%u,\"duration_ms\":", r->attempts);
	json_add_msec(b, r->duration);
	buf_add_str(b, ",\"finished_at\":");
	json_add_time(b, r->finished_at);
	add_answer(b, r);
	add_timings(b, &f->timings);
	if (f->wants_country) {
		add_span(b, "country", f->country);
		buf_add_str(b, ",\"country_reason\":");
		json_add_optional(b, reason_name(f->country_reason));
	}
	add_span(b, "file", f->is_saved ? f->file_name : (struct span){0});
	buf_add_char(b, '}');
}

void file_row_add_csv_head(struct buf *b)
{
	buf_add_str(b,
	    "seq,index,code,url,name,status,reason,detail,attempts,duration_ms,finished_at,"
	    "http_status,bytes,sha256,content_type,redirects,address,http_version,file\r\n");
}

static void add_cell(struct buf *b, struct span s, bool is_guarded)
{
	buf_add_char(b, ',');
	if (s.len > 0)
		cell_add_csv(b, s.bytes, s.len, is_guarded);
}

static void add_text_cell(struct buf *b, const char *text)
{
	buf_add_char(b, ',');
	if (text != NULL)
		buf_add_str(b, text);
}

void file_row_add_csv(struct buf *b, const struct result *r, bool is_guarded)
{
	const struct file_result *f = &r->file;
	char text[FILE_DIGEST_TEXT + 1], address[ADDRESS_TEXT_SIZE];

	buf_addf(b, "%llu,%u", (unsigned long long)r->seq, r->index);
	add_cell(b, f->code, is_guarded);
	add_cell(b, (struct span){r->name, r->name_len}, is_guarded);
	add_cell(b, f->file_name, is_guarded);
	add_text_cell(b, item_status_name(r->status));
	add_text_cell(b, reason_name(r->reason));
	add_cell(b, f->detail, is_guarded);
	buf_addf(b, ",%u,", r->attempts);
	json_add_msec(b, r->duration);
	clock_format(r->finished_at, text);
	add_text_cell(b, text);
	if (f->http_status > 0)
		buf_addf(b, ",%u", f->http_status);
	else
		buf_add_char(b, ',');
	buf_addf(b, ",%llu", (unsigned long long)f->n_bytes);
	file_digest_format(f->digest, text);
	add_text_cell(b, f->is_saved ? text : NULL);
	add_cell(b, f->content_type, is_guarded);
	buf_addf(b, ",%u", f->n_redirects);
	if (r->n_addresses > 0)
		address_format(&r->addresses[0], address);
	add_text_cell(b, r->n_addresses > 0 ? address : NULL);
	add_text_cell(b, version_text(f->http_version));
	add_cell(b, f->is_saved ? f->file_name : (struct span){0}, is_guarded);
	buf_add_str(b, "\r\n");
}

void file_row_add_text(struct buf *b, const struct result *r)
{
	const struct file_result *f = &r->file;
	struct span subject = f->code.len > 0        ? f->code
			      : f->file_name.len > 0 ? f->file_name
						     : (struct span){r->name, r->name_len};

	utf8_add_visible(b, subject.bytes, subject.len, '?');
	if (r->status == ITEM_OK)
		buf_add_str(b, " OK\n");
	else if (r->status == ITEM_NOT_FOUND)
		buf_add_str(b, " not found\n");
	else
		buf_addf(b, " error: %s\n", reason_name(r->reason));
}
