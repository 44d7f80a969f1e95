/* Packing, undone by zlib itself. */
#include "../unit.h"

#include <stdlib.h>
#include <zlib.h>

#include "api/gzip.h"
#include "base/alloc.h"

static const size_t sizes[] = {0, 1, 100, 25000, 1000000};

TEST(comes_back)
{
	size_t n = sizes[_i];
	struct buf text, packed;
	AUTO_FREE char *back = xmalloc(n + 1);

	buf_init(&text, 1 << 20);
	buf_init(&packed, 2 << 20);
	for (size_t i = 0; i < n; i++)
		buf_add_char(&text, (char)(i * i >> (i % 11)));
	ck_assert(gzip_pack(&text, &packed));
	z_stream z = {.next_in = (Bytef *)packed.data,
	    .avail_in = (uInt)packed.len,
	    .next_out = (Bytef *)back,
	    .avail_out = (uInt)n + 1};
	ck_assert_int_eq(inflateInit2(&z, 15 + 16), Z_OK);
	ck_assert_int_eq(inflate(&z, Z_FINISH), Z_STREAM_END);
	ck_assert(z.total_out == n && z.avail_in == 0);
	ck_assert(n == 0 || memcmp(back, text.data, n) == 0);
	inflateEnd(&z);
	buf_done(&text);
	buf_done(&packed);
}

TEST(too_little_room_is_seen)
{
	struct buf text, packed;

	buf_init(&text, 1 << 20);
	buf_init(&packed, 10);
	buf_add_str(&text, "some text");
	ck_assert(!gzip_pack(&text, &packed));
	buf_done(&text);
	buf_done(&packed);
}

SUITE(gzip)
{
	ADD_ROWS(comes_back, sizes);
	ADD(too_little_room_is_seen);
}
