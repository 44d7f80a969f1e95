/* Bodies of lines: the names are the same in whatever pieces the body arrives. The first byte
 * chooses the format, the second how the rest is cut. */
#include "fuzz.h"

#include <string.h>

#include "base/alloc.h"
#include "wire/lines.h"

struct outcome {
	struct buf names; /* each with its length in front */
	bool is_good;
	struct problem problem;
};

static void on_name(const char *name, size_t len, void *arg)
{
	struct buf *names = arg;

	buf_addf(names, "%zu ", len);
	buf_add(names, name, len);
}

/* Feed in pieces of up to `most` bytes, their sizes derived from `seed`. */
static struct outcome feed(
    enum lines_format format, const char *body, size_t size, size_t most, unsigned seed)
{
	struct outcome o = {.is_good = true};
	struct lines l;

	buf_init(&o.names, 1 << 24);
	lines_init(&l, format);
	while (size > 0 && o.is_good) {
		seed = seed * 1103515245 + 12345;
		size_t n = 1 + (seed >> 8) % most;
		n = n < size ? n : size;
		AUTO_FREE char *piece = xmalloc(n);
		memcpy(piece, body, n);
		o.is_good = lines_feed(&l, piece, n, on_name, &o.names, &o.problem);
		body += n;
		size -= n;
	}
	o.is_good = o.is_good && lines_finish(&l, on_name, &o.names, &o.problem);
	lines_done(&l);
	return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	enum lines_format format = data[0] & 1 ? LINES_NDJSON : LINES_TEXT;
	struct outcome whole = feed(format, (const char *)data + 2, size - 2, SIZE_MAX, 0);

	FUZZ_CHECK(whole.is_good == (whole.problem.status == 0));
	FUZZ_CHECK(whole.is_good || format == LINES_NDJSON);
	for (size_t most = 1; most < 20000; most *= 19) {
		struct outcome o = feed(format, (const char *)data + 2, size - 2, most, data[1]);
		FUZZ_CHECK(o.is_good == whole.is_good && o.problem.status == whole.problem.status);
		FUZZ_CHECK(o.is_good || strcmp(o.problem.detail, whole.problem.detail) == 0);
		FUZZ_CHECK(o.names.len == whole.names.len);
		FUZZ_CHECK(
		    o.names.len == 0 || memcmp(o.names.data, whole.names.data, o.names.len) == 0);
		problem_done(&o.problem);
		buf_done(&o.names);
	}
	problem_done(&whole.problem);
	buf_done(&whole.names);
	return 0;
}
