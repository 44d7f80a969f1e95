/* The headers Range and If-Range of a request for a file: what is sent lies within the file, and is
 * not nothing. The first byte is the size, with its bits spread; then the headers, a line each. */
#include "fuzz.h"

#include <string.h>

#include "api/range.h"
#include "base/alloc.h"

static void check(const char *range, const char *if_range, uint64_t size)
{
	struct range r;

	if (!range_choose(range, if_range, "tag", size, &r))
		return; /* 416 */
	if (r.is_part)
		FUZZ_CHECK(r.n_bytes > 0 && r.first < size && r.n_bytes <= size - r.first);
	else
		FUZZ_CHECK(r.first == 0 && r.n_bytes == size);
	/* another version is sent whole */
	FUZZ_CHECK(!r.is_part || if_range == NULL || strcmp(if_range, "\"tag\"") == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	uint64_t length = data[0] < 128 ? data[0] : (uint64_t)(data[0] & 127) << 50;
	AUTO_FREE char *text = xstrndup((const char *)data + 1, size - 1);
	char *rest = text;
	const char *range = strsep(&rest, "\n");
	struct buf b;

	check(range, rest, length);
	check(range, NULL, length);
	check(NULL, rest, length);
	buf_init(&b, 4 << 20);
	range_add_escaped(&b, range);
	for (size_t i = 0; i < b.len; i++)
		FUZZ_CHECK(
		    b.data[i] > 0x20 && b.data[i] < 0x7f && strchr("\"\\;,'", b.data[i]) == NULL);
	buf_done(&b);
	return 0;
}
