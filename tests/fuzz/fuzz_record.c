/* A block of packed results: whatever is read shows as UTF-8 without anything hidden in every
 * format, as JSON where it should, as one row; and packed again it is the same result. */
#include "fuzz.h"

#include <jansson.h>
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "wire/json_text.h"
#include "wire/record.h"
#include "wire/result_text.h"

static void check_visible(const struct buf *b)
{
	for (size_t at = 0, n; at < b->len; at += n) {
		const char *s = b->data + at;
		n = utf8_length(s, b->len - at);
		FUZZ_CHECK(n > 0);
		FUZZ_CHECK(*s == '\n' || *s == '\r' || !utf8_is_unsafe(s, n));
	}
}

static void check_json(const char *text, size_t len, const char *key)
{
	json_auto_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);

	FUZZ_CHECK(root != NULL && json_object_get(root, key) != NULL);
}

static const struct row_table *table_of(const struct result *r)
{
	return row_table_of(r->is_file ? KIND_DOWNLOADS : KIND_DOMAINS, CHECK_RESOLVE);
}

static void check_row(const struct result *r, enum result_format format)
{
	static const char *const ends[N_FORMATS] = {[FORMAT_NDJSON] = "\n",
	    [FORMAT_JSON] = "}\n",
	    [FORMAT_CSV] = "\r\n",
	    [FORMAT_TEXT] = "\n",
	    [FORMAT_CSV_SAFE] = "\r\n",
	    [FORMAT_EVENTS] = "\n\n"};
	const char *subject = r->is_file ? "url" : "domain";
	struct buf b;

	buf_init(&b, 1 << 20);
	if (format == FORMAT_JSON)
		result_add_head(&b, format, table_of(r));
	result_add_row(&b, format, table_of(r), r, true);
	if (format == FORMAT_JSON)
		result_add_tail(&b, format, r->seq);
	FUZZ_CHECK(!b.overflow);
	check_visible(&b);
	const char *line_end = b.data + b.len - strlen(ends[format]);
	FUZZ_CHECK(strcmp(line_end, ends[format]) == 0);
	if (format == FORMAT_NDJSON)
		check_json(b.data, b.len, subject);
	if (format == FORMAT_JSON)
		check_json(b.data, b.len, "results");
	const char *row = format == FORMAT_EVENTS ? strstr(b.data, "\ndata: ") + 7 : b.data;
	if (format == FORMAT_EVENTS)
		check_json(row, (size_t)(line_end - row), subject);
	FUZZ_CHECK(format == FORMAT_JSON || strcspn(row, "\r\n") == (size_t)(line_end - row));
	buf_done(&b);
}

static void check_packs_again(const struct result *r)
{
	struct buf block, before, after;
	struct result again;
	size_t offset = 0;

	buf_init(&block, 1 << 18);
	buf_init(&before, 1 << 20);
	buf_init(&after, 1 << 20);
	record_add(&block, r);
	FUZZ_CHECK(record_next(block.data, block.len, &offset, &again) && offset == block.len);
	again.seq = r->seq;
	result_add_row(&before, FORMAT_NDJSON, table_of(r), r, true);
	result_add_row(&after, FORMAT_NDJSON, table_of(r), &again, true);
	FUZZ_CHECK(strcmp(before.data, after.data) == 0);
	FUZZ_CHECK(r->tagged.len == again.tagged.len);
	FUZZ_CHECK(
	    r->tagged.len == 0 || memcmp(r->tagged.bytes, again.tagged.bytes, r->tagged.len) == 0);
	buf_done(&block);
	buf_done(&before);
	buf_done(&after);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t offset = 0, before = 0;
	struct result r;

	for (uint64_t seq = 1; record_next((const char *)data, size, &offset, &r); seq++) {
		FUZZ_CHECK(offset > before && offset <= size);
		before = offset;
		r.seq = seq;
		for (int format = 0; format < N_FORMATS; format++) {
			if (format != FORMAT_GRID) /* no text, but values for grid_read */
				check_row(&r, (enum result_format)format);
		}
		check_packs_again(&r);
	}
	FUZZ_CHECK(offset == before);
	return 0;
}
