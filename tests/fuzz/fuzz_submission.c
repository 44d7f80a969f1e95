/* The JSON body of POST /jobs: a fault always comes with a problem document that is JSON, and what
 * is accepted is within its bounds. */
#include "fuzz.h"

#include <jansson.h>
#include <string.h>

#include "model/file.h"
#include "wire/submission.h"

static void check_domains(const struct spec *spec)
{
	FUZZ_CHECK(spec->domains.n + spec->names.n > 0 || spec->preset != NULL);
	FUZZ_CHECK(spec->tlds.n <= SPEC_MAX_TLDS);
	FUZZ_CHECK(spec->params.concurrency <= SPEC_MAX_CONCURRENCY);
	FUZZ_CHECK(spec->params.timeout <= SPEC_MAX_TIMEOUT_MS * USEC_PER_MSEC);
	FUZZ_CHECK(spec->urls.n == 0 && codes_count(&spec->codes) == 0);
}

/* Every item reads back. */
static void check_files(const struct spec *spec)
{
	struct file_item item;
	const char *at = NULL;

	FUZZ_CHECK(spec->domains.n + spec->names.n + spec->tlds.n == 0);
	FUZZ_CHECK(spec->params.concurrency <= SPEC_MAX_TRANSFERS);
	FUZZ_CHECK(spec->params.timeout <= SPEC_MAX_TRANSFER_TIMEOUT_MS * USEC_PER_MSEC);
	FUZZ_CHECK(spec->kind == KIND_FLAGS ? spec->urls.n == 0 : spec->urls.n > 0);
	FUZZ_CHECK(spec->kind == KIND_FLAGS || codes_count(&spec->codes) == 0);
	FUZZ_CHECK(spec->limit <= CODES_ALL);
	for (size_t i = 0; i < spec->urls.n; i++) {
		at = text_list_next(&spec->urls, at);
		FUZZ_CHECK(at != NULL && strlen(at) <= FILE_ITEM_MAX);
		FUZZ_CHECK(file_item_read(at, strlen(at), &item));
	}
	FUZZ_CHECK(text_list_next(&spec->urls, at) == NULL);
}

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
		if (job_kind_is_files(spec.kind))
			check_files(&spec);
		else
			check_domains(&spec);
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
