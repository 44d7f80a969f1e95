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

#define DIGEST                                                                                     \
	{                                                                                          \
		0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99,      \
		    0x6f, 0xb9, 0x24, 0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95,  \
		    0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55                                             \
	}

static const struct {
	const char *url;
	enum item_status status;
	enum reason reason;
	const char *name, *code, *detail, *type, *final_url, *country, *address;
	bool is_saved, wants_country;
	enum reason country_reason;
	uint32_t http_status, version, n_redirects;
	uint64_t n_bytes;
	struct file_timings timings;
} files[N_FILE_SAMPLES] = {
    {.url = "https://a.test/photo.jpg",
	.name = "photo.jpg",
	.status = ITEM_OK,
	.type = "image/jpeg",
	.final_url = "https://cdn.a.test/p.jpg",
	.address = "2001:db8::1",
	.is_saved = true,
	.http_status = 200,
	.version = 20,
	.n_redirects = 2,
	.n_bytes = (uint64_t)5 << 32,
	.timings = {412, 1000, 2500, 10, 1234567}},
    {.url = "http://a.test/flags/xx/xx.gif",
	.name = "XX.gif",
	.code = "XX",
	.status = ITEM_NOT_FOUND,
	.reason = REASON_HTTP_404,
	.type = "text/html",
	.address = "192.0.2.1",
	.http_status = 404,
	.version = 11},
    {.url = "https://b.test/x",
	.name = "x",
	.status = ITEM_ERROR,
	.reason = REASON_TLS,
	.detail = "expired: the certificate is no longer valid",
	.address = "192.0.2.1"},
    {.url = "no URL, \"at\" all\n", .status = ITEM_ERROR, .reason = REASON_INVALID_URL},
    {.url = "http://a.test/flags/us/us.gif",
	.name = "United_States.gif",
	.code = "US",
	.country = "United States",
	.status = ITEM_OK,
	.is_saved = true,
	.wants_country = true,
	.http_status = 200,
	.version = 10,
	.n_bytes = 36},
    {.url = "http://a.test/flags/br/br.gif",
	.name = "BR.gif",
	.code = "BR",
	.status = ITEM_OK,
	.is_saved = true,
	.wants_country = true,
	.country_reason = REASON_HTTP_404,
	.http_status = 200,
	.version = 11},
    {.url = "http://a.test/\xff",
	.name = "a,b\"c.gif",
	.status = ITEM_ERROR,
	.reason = REASON_HTTP_STATUS,
	.detail = "a \"detail\", with\r\n\x1b[2J and \xc2\x9b",
	.type = "text/\xff\x80;x=\"y\"",
	.final_url = "http://b.test/,",
	.http_status = 599,
	.n_redirects = 1},
};

static struct span span_of(const char *text)
{
	return (struct span){text, text != NULL ? strlen(text) : 0};
}

struct result sample_file(size_t i)
{
	static const uint8_t digest[FILE_DIGEST_SIZE] = DIGEST;
	struct endpoint e;
	struct result r = {.seq = i + 1,
	    .index = (uint32_t)(N_FILE_SAMPLES - 1 - i),
	    .attempts = (uint32_t)i,
	    .status = files[i].status,
	    .reason = files[i].reason,
	    .duration = (usec_t)i * 1001,
	    .finished_at = NOON + (usec_t)i * 1001,
	    .name = files[i].url,
	    .name_len = strlen(files[i].url),
	    .is_file = true,
	    .file = {.file_name = span_of(files[i].name),
		.code = span_of(files[i].code),
		.detail = span_of(files[i].detail),
		.content_type = span_of(files[i].type),
		.final_url = span_of(files[i].final_url),
		.country = span_of(files[i].country),
		.wants_country = files[i].wants_country,
		.country_reason = files[i].country_reason,
		.is_saved = files[i].is_saved,
		.n_bytes = files[i].n_bytes,
		.http_status = files[i].http_status,
		.http_version = files[i].version,
		.n_redirects = files[i].n_redirects,
		.timings = files[i].timings}};

	if (files[i].is_saved)
		memcpy(r.file.digest, digest, sizeof(digest));
	if (files[i].address != NULL) {
		if (!endpoint_parse(files[i].address, 0, &e))
			abort();
		r.addresses[r.n_addresses++] = e.address;
	}
	return r;
}
