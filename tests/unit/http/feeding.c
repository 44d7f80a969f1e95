/* Bytes given to the reader. */
#include "feeding.h"

#include <stdlib.h>

#include "../unit.h"
#include "base/alloc.h"

const struct reader_limits small_limits = {200, 600, 12, 5, 1000};

static void add_head(struct buf *trace, const struct request_head *head)
{
	for (size_t i = 0; i < head->text.len; i++) {
		if (head->text.data[i] == '\r')
			continue;
		buf_add_char(trace, head->text.data[i] == '\n' ? '|' : head->text.data[i]);
	}
	/* the other flags are seen in the text */
	ck_assert_int_eq(head->is_head, strncmp(head->text.data, "HEAD ", 5) == 0);
	ck_assert_int_eq(head->is_http_1_0, strstr(head->text.data, "HTTP/1.0\r\n") != NULL);
	ck_assert_int_eq(head->is_last, strstr(head->text.data, "Connection: close\r\n") != NULL);
	ck_assert_int_eq(head->is_chunked, strstr(head->text.data, "Transfer-Encoding: ") != NULL);
	ck_assert_int_eq(head->expects_continue, strstr(head->text.data, "Expect: ") != NULL);
	ck_assert(head->has_body || (!head->is_chunked && head->content_length == 0));
}

static void add_body(struct buf *trace, const char *piece, size_t n)
{
	ck_assert_uint_gt(n, 0);
	if (trace->len > 0 && trace->data[trace->len - 1] == '}')
		trace->len--;
	else
		buf_add_char(trace, '{');
	buf_add(trace, piece, n);
	buf_add_char(trace, '}');
}

/* Returns false when nothing more is read. */
static bool add_event(
    struct buf *trace, struct reader *r, enum reader_event event, const char *piece, size_t n)
{
	switch (event) {
	case READER_HEAD:
		add_head(trace, &r->head);
		break;
	case READER_BODY:
		add_body(trace, piece, n);
		break;
	case READER_END:
		buf_add_char(trace, '.');
		break;
	case READER_BAD:
		buf_addf(trace, "!%d", r->status);
		ck_assert_ptr_nonnull(r->detail);
		return false;
	case READER_MORE:
		break;
	}
	return true;
}

/* Feed one piece, which is freed then as far as the reader is concerned. */
static bool feed_piece(struct buf *trace, struct reader *r, const char *bytes, size_t n)
{
	AUTO_FREE char *own = xmalloc(n + 1);
	enum reader_event event = READER_END;
	size_t at = 0;

	memcpy(own, bytes, n);
	while (event != READER_MORE) {
		const char *piece = NULL;
		size_t n_piece = 0,
		       taken = reader_feed(r, own + at, n - at, &event, &piece, &n_piece);
		ck_assert_uint_le(taken, n - at);
		at += taken;
		if (!add_event(trace, r, event, piece, n_piece))
			return false;
	}
	ck_assert_uint_eq(at, n);
	return true;
}

char *feed(
    const struct reader_limits *limits, const char *bytes, size_t n, size_t first, size_t most)
{
	struct reader r;
	struct buf trace;
	bool goes_on = true;
	enum reader_event event = READER_MORE;

	buf_init(&trace, 1 << 20);
	reader_init(&r, limits);
	for (size_t at = 0; at < n && goes_on;) {
		size_t size = at == 0 ? first : most;
		size = size < n - at ? size : n - at;
		goes_on = feed_piece(&trace, &r, bytes + at, size);
		at += size;
	}
	if (!goes_on) {
		ck_assert_uint_eq(reader_feed(&r, "GET", 3, &event, NULL, NULL), 0);
		ck_assert_int_eq(event, READER_BAD);
	} else if (reader_is_in_head(&r)) {
		buf_add_char(&trace, '~');
	}
	reader_done(&r);
	return buf_take(&trace, NULL);
}

static void check_feed(
    const struct reader_limits *limits, const struct row *row, size_t first, size_t most)
{
	AUTO_FREE char *got = feed(limits, row->bytes, row->n, first, most);

	ck_assert_msg(strcmp(got, row->want) == 0, "%s, %zu then %zu bytes:\n got: %s\nwant: %s",
	    row->name, first, most, got, row->want);
}

void check_row(const struct reader_limits *limits, const struct row *row)
{
	check_feed(limits, row, row->n, row->n);
	check_feed(limits, row, 1, 1);
	check_feed(limits, row, 2, 3);
	for (size_t cut = 1; cut < row->n; cut++)
		check_feed(limits, row, cut, row->n);
}
