/* Answers of RDAP servers, and the lists that name the servers. The first byte chooses the HTTP
 * status; the rest is the body. Whatever the body is, a name is absent only by a 404 and registered
 * only by a 200 (or 401, which the caller allows). */
#include "fuzz.h"

#include <string.h>

#include "base/alloc.h"
#include "registration/rdap.h"
#include "registration/registries.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t statuses[] = {200, 404, 400, 401, 403, 429, 503, 301, 500};
	struct registries *registries = registries_new();
	struct rdap_answer answer;
	struct buf why;

	if (size > 0) {
		const char *body = (const char *)data + 1;
		const struct rdap_reply reply = {
		    .status = statuses[data[0] % (sizeof(statuses) / sizeof(statuses[0]))],
		    .content_type = "application/rdap+json",
		    .body = {body, size - 1}};
		rdap_judge("example.dev", false, &reply, &answer);
		FUZZ_CHECK(answer.verdict != RDAP_REGISTERED || reply.status == 200);
		FUZZ_CHECK((answer.verdict != RDAP_ABSENT && answer.verdict != RDAP_PREMIUM &&
			       answer.verdict != RDAP_BLOCKED) ||
			   reply.status == 404);
		FUZZ_CHECK(answer.n_statuses <= RDAP_MAX_STATUSES);
		buf_init(&why, 4096);
		(void)registries_load_operator(registries, body, size - 1, true, &why);
		buf_clear(&why);
		(void)registries_load_iana(registries, body, size - 1, true, &why);
		buf_done(&why);
	}
	registries_free(registries);
	return 0;
}
