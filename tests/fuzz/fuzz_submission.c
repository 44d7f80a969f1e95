/* The JSON body of POST /jobs: a fault always comes with a problem document that is JSON, and what
 * is accepted is within its bounds. */
#include "fuzz.h"

#include <jansson.h>

#include "wire/submission.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct spec spec;
	struct problem p = {0};
	struct buf b;

	spec_init(&spec);
	bool is_good = submission_parse_json((const char *)data, size, &spec, &p);
	FUZZ_CHECK(is_good == (p.status == 0));
	is_good = is_good && submission_check(&spec, false, &p);
	FUZZ_CHECK(is_good == (p.status == 0));
	if (is_good) {
		FUZZ_CHECK(spec.domains.n + spec.names.n > 0 || spec.preset != NULL);
		FUZZ_CHECK(spec.tlds.n <= SPEC_MAX_TLDS);
		FUZZ_CHECK(spec.params.concurrency <= SPEC_MAX_CONCURRENCY);
		FUZZ_CHECK(spec.params.timeout <= SPEC_MAX_TIMEOUT_MS * USEC_PER_MSEC);
	} else {
		buf_init(&b, 1 << 20);
		problem_encode(&p, &b);
		json_auto_t *root = json_loadb(b.data, b.len, JSON_REJECT_DUPLICATES, NULL);
		FUZZ_CHECK(root != NULL);
		FUZZ_CHECK(p.status == 400 || (p.status == 422 && p.n_errors > 0));
		buf_done(&b);
	}
	problem_done(&p);
	spec_done(&spec);
	return 0;
}
