/* Bodies of lines: the items are the same in whatever pieces the body arrives, and files are packed
 * so that they can be read. The first byte chooses format and kind, the second how the rest is cut.
 */
#include "fuzz.h"

#include <string.h>

#include "base/alloc.h"
#include "model/file.h"
#include "wire/lines.h"

struct outcome {
	struct buf items; /* each with its length in front */
	bool is_good;
	struct problem problem;
};

static void on_item(const char *item, size_t len, void *arg)
{
	struct buf *items = arg;

	buf_addf(items, "%zu ", len);
	buf_add(items, item, len);
}

/* A file reads back, and what it is made of stays within its bounds. */
static void on_file(const char *item, size_t len, void *arg)
{
	struct file_item file;
	uint8_t digest[FILE_DIGEST_SIZE];

	FUZZ_CHECK(len <= FILE_ITEM_MAX && file_item_read(item, len, &file));
	FUZZ_CHECK(
	    file.headers.len <= FILE_MAX_HEADERS && file.code.len == 0 && !file.options.by_country);
	FUZZ_CHECK(file.sha256.len == 0 || file_digest_parse(file.sha256, digest));
	on_item(item, len, arg);
}

/* Feed in pieces of up to `most` bytes, their sizes derived from `seed`. */
static struct outcome feed(enum lines_format format, bool has_files, const char *body, size_t size,
    size_t most, unsigned seed)
{
	lines_fn *on_one = has_files ? on_file : on_item;
	struct outcome o = {.is_good = true};
	struct lines l;

	buf_init(&o.items, 1 << 24);
	lines_init(&l, format, has_files);
	while (size > 0 && o.is_good) {
		seed = seed * 1103515245 + 12345;
		size_t n = 1 + (seed >> 8) % most;
		n = n < size ? n : size;
		AUTO_FREE char *piece = xmalloc(n);
		memcpy(piece, body, n);
		o.is_good = lines_feed(&l, piece, n, on_one, &o.items, &o.problem);
		body += n;
		size -= n;
	}
	o.is_good = o.is_good && lines_finish(&l, on_one, &o.items, &o.problem);
	lines_done(&l);
	return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	enum lines_format format = data[0] & 1 ? LINES_NDJSON : LINES_TEXT;
	bool has_files = (data[0] & 2) != 0;
	struct outcome whole =
	    feed(format, has_files, (const char *)data + 2, size - 2, SIZE_MAX, 0);

	FUZZ_CHECK(whole.is_good == (whole.problem.status == 0));
	FUZZ_CHECK(whole.is_good || format == LINES_NDJSON);
	for (size_t most = 1; most < 20000; most *= 19) {
		struct outcome o =
		    feed(format, has_files, (const char *)data + 2, size - 2, most, data[1]);
		FUZZ_CHECK(o.is_good == whole.is_good && o.problem.status == whole.problem.status);
		FUZZ_CHECK(o.is_good || strcmp(o.problem.detail, whole.problem.detail) == 0);
		FUZZ_CHECK(o.items.len == whole.items.len);
		FUZZ_CHECK(
		    o.items.len == 0 || memcmp(o.items.data, whole.items.data, o.items.len) == 0);
		problem_done(&o.problem);
		buf_done(&o.items);
	}
	problem_done(&whole.problem);
	buf_done(&whole.items);
	return 0;
}
