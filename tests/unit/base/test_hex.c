/* Hexadecimal text. */
#include "../unit.h"

#include "base/hex.h"

static const struct {
	const char *name, *text, *want; /* want NULL: refused */
} rows[] = {
    {"not a digit first", "g0", NULL},
    {"not a digit second", "0g", NULL},
    {"just below 0", "0/", NULL},
    {"just above 9", "0:", NULL},
    {"just below A", "@0", NULL},
    {"just below a", "`0", NULL},
    {"a sign", "-1", NULL},
    {"a byte above ASCII",
	"\xb0"
	"0",
	NULL},
    {"the text ends", "0", NULL},
    {"nothing at all", "", NULL},
    {"lower case", "0aff", "0aff"},
    {"upper case", "0AFF", "0aff"},
    {"all digits", "0123456789abcdef", "0123456789abcdef"},
};

TEST(reads_and_writes)
{
	size_t n = rows[_i].want != NULL ? strlen(rows[_i].want) / 2 : 1;
	uint8_t bytes[8];
	char text[17] = "";

	ck_assert_msg(
	    hex_read(rows[_i].text, n, bytes) == (rows[_i].want != NULL), "%s", rows[_i].name);
	if (rows[_i].want == NULL)
		return;
	hex_write(bytes, n, text);
	ck_row_str(rows[_i].name, text, rows[_i].want);
}

SUITE(hex)
{
	ADD_ROWS(reads_and_writes, rows);
}
