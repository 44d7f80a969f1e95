/* See samples.h. */
#include "samples.h"

#include <stdlib.h>
#include <string.h>

#define NOON ((usec_t)1795348800123456)

static const struct {
	const char *name;
	enum item_status status;
	enum reason reason;
	const char *addresses[3]; /* as endpoint_parse reads them */
	struct {
		const char *server; /* NULL: from the hosts file */
		enum rrtype type;
		enum rcode rcode;
	} evidence[3];
	int n_evidence;
} rows[N_SAMPLES] = {
    {"and.dev", ITEM_FOUND, REASON_NONE, {"192.0.2.1"}, {{"127.0.0.1:53", RR_A, RCODE_NOERROR}}, 1},
    {"try.dev", ITEM_NOT_FOUND, REASON_NXDOMAIN, {NULL},
	{{"[2001:db8::53]:5353", RR_A, RCODE_NXDOMAIN}}, 1},
    {"mail.example", ITEM_NOT_FOUND, REASON_NO_ADDRESS, {NULL},
	{{"127.0.0.1:53", RR_A, RCODE_NODATA}, {"127.0.0.1:53", RR_AAAA, RCODE_NODATA}}, 2},
    {"xn--bcher-kva.de", ITEM_FOUND, REASON_NONE, {"192.0.2.1", "198.51.100.255", "2001:db8::1"},
	{{"127.0.0.1:53", RR_A, RCODE_NODATA}, {"127.0.0.1:53", RR_AAAA, RCODE_NOERROR}}, 2},
    {"slow.example", ITEM_ERROR, REASON_TIMEOUT, {NULL},
	{{"127.0.0.1:53", RR_A, RCODE_TIMEOUT}, {"127.0.0.2:53", RR_A, RCODE_SERVFAIL},
	    {"127.0.0.1:53", RR_A, RCODE_TIMEOUT}},
	3},
    {"localhost", ITEM_FOUND, REASON_NONE, {"127.0.0.1", "::1"}, {{NULL, RR_A, RCODE_NOERROR}}, 1},
    {"two words, \"quoted\"\r\n\tand \\ more\x7f", ITEM_ERROR, REASON_INVALID_NAME, {NULL}, {{0}},
	0},
    {"not UTF-8 \xff\xc3(, C1 \xc2\x9b, snow \xe2\x98\x83, last \xf0\x9f\x98", ITEM_ERROR,
	REASON_INVALID_NAME, {NULL}, {{0}}, 0},
    {"", ITEM_ERROR, REASON_INVALID_NAME, {NULL}, {{0}}, 0},
    {"stopped.example", ITEM_ERROR, REASON_CANCELLED, {NULL}, {{0}}, 0},
};

struct result sample_result(size_t i)
{
	struct result r = {.seq = i + 1,
	    .index = (uint32_t)(i * 1000003 % N_SAMPLES),
	    .attempts = (uint32_t)rows[i].n_evidence,
	    .status = rows[i].status,
	    .reason = rows[i].reason,
	    .duration = (usec_t)(i * i * i * 412),
	    .finished_at = NOON + (usec_t)i * 1001,
	    .name = rows[i].name,
	    .name_len = strlen(rows[i].name),
	    .n_evidence = (uint32_t)rows[i].n_evidence};
	struct endpoint e;

	for (size_t k = 0; k < 3 && rows[i].addresses[k] != NULL; k++) {
		if (!endpoint_parse(rows[i].addresses[k], 0, &e))
			abort();
		r.addresses[r.n_addresses++] = e.address;
		r.ttl = 300;
	}
	for (int k = 0; k < rows[i].n_evidence; k++) {
		struct evidence *evidence = &r.evidence[k];
		*evidence = (struct evidence){
		    .type = rows[i].evidence[k].type, .rcode = rows[i].evidence[k].rcode};
		const char *server = rows[i].evidence[k].server;
		if (server == NULL)
			evidence->source = SOURCE_HOSTS;
		else if (!endpoint_parse(server, 0, &evidence->server))
			abort();
		evidence->rtt = server == NULL ? 0 : k * 1000000 + 400;
	}
	return r;
}
