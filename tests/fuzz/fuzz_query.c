/* The query of POST /jobs, as `name=value` lines. */
#include "fuzz.h"

#include <string.h>

#include "base/alloc.h"
#include "wire/submission.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_FREE char *text = xstrndup((const char *)data, size);
	char *rest = text;
	struct spec spec;
	struct problem p = {0};

	spec_init(&spec);
	for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
		char *value = line;
		char *name = strsep(&value, "=");
		submission_set_query(&spec, name, value != NULL ? value : "", &p);
	}
	bool is_good = submission_check(&spec, true, &p);
	FUZZ_CHECK(is_good == (p.status == 0));
	FUZZ_CHECK(p.status == 0 || (p.status == 422 && p.n_errors > 0));
	FUZZ_CHECK(spec.tlds.n <= SPEC_MAX_TLDS && spec.params.rate <= SPEC_MAX_RATE);
	FUZZ_CHECK(spec.label == NULL || strlen(spec.label) <= SPEC_MAX_LABEL);
	problem_done(&p);
	spec_done(&spec);
	return 0;
}
