/* Fields of CSV: what a reader gets back, and what a spreadsheet must not take for a formula. */
#include "../unit.h"

#include "wire/cells.h"

static const struct {
	const char *name, *text, *raw, *guarded;
} rows[] = {
    {"nothing", "", "", ""},
    {"plain", "example.com", "example.com", "example.com"},
    {"a comma", "a,b", "\"a,b\"", "\"a,b\""},
    {"quotes", "\"a\"", "\"\"\"a\"\"\"", "\"\"\"a\"\"\""},
    {"a formula", "=1+1", "=1+1", "'=1+1"},
    {"a formula, quoted", "=HYPERLINK(\"http://a.test\",\"x\")",
	"\"=HYPERLINK(\"\"http://a.test\"\",\"\"x\"\")\"",
	"\"'=HYPERLINK(\"\"http://a.test\"\",\"\"x\"\")\""},
    {"plus", "+cmd|' /C calc'!A0", "+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"},
    {"minus", "-a", "-a", "'-a"},
    {"at", "@SUM(A1)", "@SUM(A1)", "'@SUM(A1)"},
    {"full width",
	"\xef\xbc\x9d"
	"1",
	"\xef\xbc\x9d"
	"1",
	"'\xef\xbc\x9d"
	"1"},
    {"full width at", "\xef\xbc\xa0", "\xef\xbc\xa0", "'\xef\xbc\xa0"},
    {"blanks in front", "  =1", "  =1", "'  =1"},
    {"a quote in front", "\"=1", "\"\"\"=1\"", "\"'\"\"=1\""},
    {"behind a semicolon", "a;=1;b; +2;", "a;=1;b; +2;", "a;'=1;b;' +2;"},
    {"behind a semicolon and a quote", "a;\"=1\"", "\"a;\"\"=1\"\"\"", "\"a;'\"\"=1\"\"\""},
    {"semicolons", ";;;", ";;;", ";;;"},
    {"a sign inside", "a=b", "a=b", "a=b"},
    {"an apostrophe", "'=a", "'=a", "'=a"},
    {"a tab in front", "\t=1", "?=1", "?=1"},
    {"a line end in front", "\r=1\n", "?=1?", "?=1?"},
    {"what is not seen in front", "\xe2\x80\x8b=1", "?=1", "?=1"},
    {"an override", "a\xe2\x80\xaez", "a?z", "a?z"},
};

TEST(writes)
{
	struct buf b;

	buf_init(&b, 1000);
	buf_add_str(&b, "");
	cell_add_csv(&b, rows[_i].text, strlen(rows[_i].text), false);
	ck_row_str(rows[_i].name, b.data, rows[_i].raw);
	buf_clear(&b);
	cell_add_csv(&b, rows[_i].text, strlen(rows[_i].text), true);
	ck_row_str(rows[_i].name, b.data, rows[_i].guarded);
	buf_done(&b);
}

SUITE(cells)
{
	ADD_ROWS(writes, rows);
}
