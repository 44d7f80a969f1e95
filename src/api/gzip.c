/* Bodies in gzip. */
#include "api/gzip.h"

#include <string.h>
#include <zlib.h>

/* 15 bits of window, the most, and 16 for the header and trailer of gzip (zlib.h). The fastest
 * level makes /metrics five times smaller; the best takes three times as long for an eighth less.
 */
enum { WINDOW = 15 + 16, LEVEL = 1, MEMORY = 8 };

bool gzip_pack(const struct buf *text, struct buf *packed)
{
	z_stream z = {.next_in = (Bytef *)text->data, .avail_in = (uInt)text->len};

	if (text->len > UINT32_MAX ||
	    deflateInit2(&z, LEVEL, Z_DEFLATED, WINDOW, MEMORY, Z_DEFAULT_STRATEGY) != Z_OK)
		return false;
	size_t room = deflateBound(&z, text->len);
	char *at = buf_reserve(packed, room);
	z.next_out = (Bytef *)at;
	z.avail_out = (uInt)room;
	bool is_good = at != NULL && room <= UINT32_MAX && deflate(&z, Z_FINISH) == Z_STREAM_END;
	if (is_good)
		buf_commit(packed, z.total_out);
	deflateEnd(&z);
	return is_good;
}
