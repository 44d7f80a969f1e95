/* Content negotiation. */
#include "../unit.h"

#include <stdbool.h>

#include "http/accept.h"

static const char *const types[] = {
    "application/x-ndjson", "application/json", "text/csv", "text/plain"};

enum { NDJSON, JSON, CSV, TEXT, NONE = -1 };

static const struct {
	const char *header;
	int want;
} rows[] = {
    {"image/png", NONE},
    {"application/jsonx", NONE},
    {"application/json;q=0", NONE},
    {"*/*;q=0", NONE},
    {"appl/*", NONE},
    {",,;,", NONE},
    {"*/*;q=nan", NONE},
    {"*/*;q=-1", NONE},
    {NULL, NDJSON},
    {"", NDJSON},
    {"*/*", NDJSON},
    {"application/*", NDJSON},
    {"text/*", CSV},
    {"TEXT/PLAIN", TEXT},
    {"application/json", JSON},
    {"image/png, text/csv", CSV},
    {"text/plain;q=0.5, text/csv;q=0.9", CSV},
    {"text/plain;q=0.5,\ttext/csv;q=0.4", TEXT},
    {"text/plain; q=0.2, application/json ;Q=0.3", JSON},
    {"*/*;q=0.1, text/plain", TEXT},
    {"*/*, application/x-ndjson;q=0", JSON},
    {"text/*;q=0.9, text/csv;q=0.1, */*;q=0.5", TEXT},
    {"text/csv;header=present;q=0.7, text/plain;q=0.6", CSV},
    {"text/plain;q=7, text/csv;q=1", CSV},
    {"application/json, application/x-ndjson", NDJSON},
};

TEST(chooses)
{
	int got = accept_choose(rows[_i].header, types, N_ROWS(types));

	ck_assert_msg(got == rows[_i].want, "%s: %d, not %d",
	    rows[_i].header != NULL ? rows[_i].header : "none", got, rows[_i].want);
}

static const struct {
	const char *header;
	bool want;
} codings[] = {
    {NULL, false},
    {"", false},
    {"identity", false},
    {"deflate, br", false},
    {"gzip;q=0", false},
    {"gzip;q=0.0, *", false},
    {"*;q=0", false},
    {"gzip;q=nan", false},
    {"gzipped", false},
    {"gzip;q=0.5, identity", false},
    {"identity;q=0.5, gzip;q=0.4", false},
    {",;,", false},
    {"gzip", true},
    {"GZIP", true},
    {"gzip, deflate, br", true},
    {"deflate,\tgzip ;q=1.0", true},
    {"*", true},
    {"gzip;q=0.1", true},
    {"gzip;q=0.5, identity;q=0.5", true},
    {"*;q=0.1, gzip", true},
    {"identity;q=0, *;q=0.1", true},
};

TEST(chooses_a_coding)
{
	ck_assert_msg(accept_takes_coding(codings[_i].header, "gzip") == codings[_i].want, "%s",
	    codings[_i].header != NULL ? codings[_i].header : "none");
}

SUITE(accept)
{
	ADD_ROWS(chooses, rows);
	ADD_ROWS(chooses_a_coding, codings);
}
