/* DNS over TCP: messages cut out of a stream are the same in whatever pieces it arrives. The first
 * byte says how it is cut. */
#include "fuzz.h"

#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "dns/tcp.h"

static bool on_message(const uint8_t *message, size_t len, void *arg)
{
	struct buf *seen = arg;

	FUZZ_CHECK(len >= DNS_HEADER_SIZE && len <= TCP_MESSAGE_MAX);
	buf_addf(seen, "%zu ", len);
	buf_add(seen, message, len);
	return true;
}

/* Feed in pieces of at most `most` octets. Returns whether the stream is good to its end. */
static bool feed(const uint8_t *bytes, size_t size, size_t most, struct buf *seen)
{
	AUTO_FREE uint8_t *in = xmalloc(size + 1);
	size_t n_in = 0;
	bool is_bad = false;

	while (size > 0 && !is_bad) {
		size_t n = size < most ? size : most;
		memcpy(in + n_in, bytes, n);
		n_in += n;
		bytes += n;
		size -= n;
		size_t used = tcp_cut(in, n_in, on_message, seen, &is_bad);
		FUZZ_CHECK(used <= n_in);
		n_in -= used;
		memmove(in, in + used, n_in);
	}
	FUZZ_CHECK(is_bad || n_in < 2 || n_in < 2U + (size_t)(in[0] << 8 | in[1]));
	return !is_bad;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf whole, pieces;

	if (size < 1)
		return 0;
	buf_init(&whole, 1 << 24);
	buf_init(&pieces, 1 << 24);
	bool is_good = feed(data + 1, size - 1, SIZE_MAX, &whole);
	FUZZ_CHECK(feed(data + 1, size - 1, 1U + data[0], &pieces) == is_good);
	FUZZ_CHECK(whole.len == pieces.len &&
		   (whole.len == 0 || memcmp(whole.data, pieces.data, whole.len) == 0));
	buf_done(&whole);
	buf_done(&pieces);
	return 0;
}
