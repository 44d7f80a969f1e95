/* Requests: the same is made of them in whatever pieces they arrive, and a head that is passed on
 * reads as itself. The first byte chooses the limits, the second how the rest is cut. */
#include "fuzz.h"

#include <string.h>

#include "base/alloc.h"
#include "http/reader.h"

static const struct reader_limits limits[] = {
    {8192, 32768, 100, 1000, 1 << 30}, {100, 300, 6, 3, 50}};
/* For heads that were passed on: a little more fits. */
static const struct reader_limits wide = {8192, 65536, 102, 1000, 1 << 30};

/* A head that was passed on is its own canonical text, and tells the same. */
static void check_head(const struct request_head *head)
{
	struct reader r;
	enum reader_event event;
	const char *piece;
	size_t n_piece;

	reader_init(&r, &wide);
	FUZZ_CHECK(reader_feed(&r, head->text.data, head->text.len, &event, &piece, &n_piece) ==
		   head->text.len);
	FUZZ_CHECK(event == READER_HEAD && r.head.text.len == head->text.len);
	FUZZ_CHECK(memcmp(r.head.text.data, head->text.data, head->text.len) == 0);
	FUZZ_CHECK(r.head.is_head == head->is_head && r.head.is_http_1_0 == head->is_http_1_0);
	FUZZ_CHECK(r.head.is_last == head->is_last && r.head.has_body == head->has_body);
	FUZZ_CHECK(r.head.expects_continue == head->expects_continue);
	FUZZ_CHECK(r.head.is_chunked == head->is_chunked);
	FUZZ_CHECK(r.head.content_length == head->content_length);
	reader_done(&r);
}

/* Feed one piece from memory of its own. Returns false when nothing more is read. */
static bool feed_piece(struct reader *r, const char *bytes, size_t n, struct buf *trace)
{
	AUTO_FREE char *own = xmalloc(n + 1);
	enum reader_event event = READER_END;
	size_t at = 0;

	memcpy(own, bytes, n);
	while (event != READER_MORE && event != READER_BAD) {
		const char *piece = NULL;
		size_t n_piece = 0,
		       taken = reader_feed(r, own + at, n - at, &event, &piece, &n_piece);
		FUZZ_CHECK(taken <= n - at);
		at += taken;
		if (event == READER_HEAD) {
			check_head(&r->head);
			buf_add(trace, r->head.text.data, r->head.text.len);
		} else if (event == READER_BODY) {
			FUZZ_CHECK(n_piece > 0 && piece >= own && piece + n_piece <= own + at);
			buf_add(trace, piece, n_piece);
		} else if (event == READER_END) {
			buf_add_str(trace, "<end>");
		}
	}
	FUZZ_CHECK(event == READER_BAD || at == n);
	return event == READER_MORE;
}

/* Feed in pieces of up to `most` bytes, their sizes derived from `seed`. */
static struct buf feed(
    const struct reader_limits *own, const char *bytes, size_t n, size_t most, unsigned seed)
{
	struct buf trace;
	struct reader r;
	bool goes_on = true;

	buf_init(&trace, 1 << 24);
	reader_init(&r, own);
	while (n > 0 && goes_on) {
		seed = seed * 1103515245 + 12345;
		size_t size = 1 + (seed >> 8) % most;
		size = size < n ? size : n;
		goes_on = feed_piece(&r, bytes, size, &trace);
		bytes += size;
		n -= size;
	}
	if (!goes_on)
		buf_addf(&trace, "<%d %s>", r.status, r.detail);
	buf_addf(&trace, "<in head: %d>", reader_is_in_head(&r));
	reader_done(&r);
	return trace;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	const struct reader_limits *own = &limits[data[0] & 1];
	const char *bytes = (const char *)data + 2;
	struct buf whole = feed(own, bytes, size - 2, SIZE_MAX, 0);

	for (size_t most = 1; most < 5000; most *= 17) {
		struct buf cut = feed(own, bytes, size - 2, most, data[1]);
		FUZZ_CHECK(cut.len == whole.len && memcmp(cut.data, whole.data, cut.len) == 0);
		buf_done(&cut);
	}
	buf_done(&whole);
	return 0;
}
