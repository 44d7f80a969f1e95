/* Headers and refusals. */
#include "http/answer.h"

#include <string.h>

#include "wire/problem.h"

static const char *const always[][2] = {{"Cache-Control", "no-cache"},
    {"X-Content-Type-Options", "nosniff"}, {"X-Frame-Options", "DENY"},
    {"Referrer-Policy", "no-referrer"}, {"Cross-Origin-Resource-Policy", "same-origin"}};
static const char policy_name[] = "Content-Security-Policy",
		  policy[] = "default-src 'none'; frame-ancestors 'none'";

enum { N_ALWAYS = sizeof(always) / sizeof(always[0]) };

/* Whether the handler has set this header. */
static bool is_given(const struct buf *headers, const char *wanted)
{
	for (size_t at = 0; at < headers->len;) {
		const char *name = headers->data + at, *value = name + strlen(name) + 1;
		if (strcmp(name, wanted) == 0)
			return true;
		at += strlen(name) + strlen(value) + 2;
	}
	return false;
}

void answer_add_headers(const struct buf *headers, struct MHD_Response *response)
{
	for (size_t i = 0; i < N_ALWAYS; i++) {
		if (!is_given(headers, always[i][0]))
			MHD_add_response_header(response, always[i][0], always[i][1]);
	}
	for (size_t at = 0; at < headers->len;) {
		const char *name = headers->data + at, *value = name + strlen(name) + 1;
		MHD_add_response_header(response, name, value);
		at += strlen(name) + strlen(value) + 2;
	}
	if (!is_given(headers, policy_name))
		MHD_add_response_header(response, policy_name, policy);
}

void answer_write_refusal(int status, const char *detail, bool is_head, struct buf *text)
{
	struct problem p = {0};
	struct buf body;

	problem_set(&p, status, "%s", detail);
	buf_init(&body, 4096);
	problem_encode(&p, &body);
	buf_addf(text,
	    "HTTP/1.1 %d %s\r\nContent-Type: application/problem+json\r\nConnection: close\r\n"
	    "Content-Length: %zu\r\n",
	    status, problem_title(status), body.len);
	for (size_t i = 0; i < N_ALWAYS; i++)
		buf_addf(text, "%s: %s\r\n", always[i][0], always[i][1]);
	buf_addf(text, "%s: %s\r\n%s\r\n%s", policy_name, policy,
	    status == 503 ? "Retry-After: 5\r\n" : "", is_head ? "" : body.data);
	problem_done(&p);
	buf_done(&body);
}
