/* The country in a flag's metadata. */
#include "../unit.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "wire/flag_metadata.h"

enum { ROOM = 16 };

static const struct {
	const char *name, *json, *want; /* NULL: there is none */
} texts[] = {
    {"nothing", "", NULL},
    {"not JSON", "{", NULL},
    {"more behind", "{\"country\":\"Brazil\"} x", NULL},
    {"duplicate keys", "{\"country\":\"Brazil\",\"country\":\"Chad\"}", NULL},
    {"a page", "<html><body>Brazil</body></html>", NULL},
    {"a list", "[\"country\",\"Brazil\"]", NULL},
    {"a string", "\"Brazil\"", NULL},
    {"null", "null", NULL},
    {"an empty object", "{}", NULL},
    {"no country", "{\"iso_cc\":\"BR\"}", NULL},
    {"another case", "{\"Country\":\"Brazil\"}", NULL},
    {"a country that is null", "{\"country\":null}", NULL},
    {"a number", "{\"country\":55}", NULL},
    {"an object", "{\"country\":{\"name\":\"Brazil\"}}", NULL},
    {"an empty one", "{\"country\":\"\"}", NULL},
    {"a NUL by escape", "{\"country\":\"Bra\\u0000zil\"}", NULL},
    {"not UTF-8", "{\"country\":\"Braz\xff\"}", NULL},
    {"one byte too long", "{\"country\":\"0123456789abcdef\"}", NULL},
    {"nested too deep", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", NULL},
    {"as long as there is room", "{\"country\":\"0123456789abcde\"}", "0123456789abcde"},
    {"a country", "{\"country\": \"Brazil\", \"iso_cc\": \"BR\"}", "Brazil"},
    {"escapes", "{\"country\":\"C\\u00f4te\\/\\\"\"}",
	"C\xc3\xb4"
	"te/\""},
    {"a path", "{\"country\":\"../../x\"}", "../../x"},
};

TEST(country)
{
	char got[ROOM] = "untouched";
	size_t len = strlen(texts[_i].json);
	AUTO_FREE char *copy = xmalloc(len);

	memcpy(copy, texts[_i].json, len);
	bool is_good = flag_metadata_country(copy, len, got, sizeof(got));
	ck_assert_msg(is_good == (texts[_i].want != NULL), "%s", texts[_i].name);
	ck_row_str(texts[_i].name, got, is_good ? texts[_i].want : "untouched");
}

TEST(no_body_has_no_country)
{
	char got[ROOM];

	ck_assert(!flag_metadata_country(NULL, 0, got, sizeof(got)));
}

SUITE(flag_metadata)
{
	ADD_ROWS(country, texts);
	ADD(no_body_has_no_country);
}
