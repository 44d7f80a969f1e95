/* Problem documents of any text are JSON that reads back; and any text may be read as one. The
 * input's lines are in turn pointer and detail. */
#include "fuzz.h"

#include <jansson.h>
#include <string.h>

#include "base/alloc.h"
#include "wire/problem_parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_FREE char *text = xstrndup((const char *)data, size);
	char *rest = text;
	struct problem p = {0};
	struct buf b;

	problem_set(&p, 100 + (int)(size % 500), "%s", text);
	for (char *pointer; (pointer = strsep(&rest, "\n")) != NULL;) {
		const char *detail = strsep(&rest, "\n");
		problem_add(&p, pointer, "%s", detail != NULL ? detail : "");
	}
	buf_init(&b, 1 << 20);
	problem_encode(&p, &b);
	if (!b.overflow) {
		json_auto_t *root = json_loadb(b.data, b.len, JSON_REJECT_DUPLICATES, NULL);
		FUZZ_CHECK(root != NULL);
		FUZZ_CHECK(json_array_size(json_object_get(root, "errors")) == p.n_errors);
	}
	struct problem again = {0};
	FUZZ_CHECK(b.overflow || problem_parse(b.data, b.len, &again));
	FUZZ_CHECK(b.overflow || again.n_errors == p.n_errors);
	problem_done(&again);
	(void)problem_parse((const char *)data, size, &again);
	problem_done(&again);
	problem_done(&p);
	buf_done(&b);
	return 0;
}
