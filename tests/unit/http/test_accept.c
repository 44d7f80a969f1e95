/* Content negotiation. */
#include "../unit.h"

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

SUITE(accept)
{
	ADD_ROWS(chooses, rows);
}
