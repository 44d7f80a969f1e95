/* Fields of a request as JSON and as a query, and the encoding of paths. */
#include "../unit.h"

#include "ctl/fields.h"
#include "ctl/http.h"

static const struct {
	const char *name, *path; /* NULL: JSON */
	const char *text;
	uint64_t number;
	bool flag;
	const char *json;
	const char *list[3];
	const char *want;
} rows[] = {
    {"nothing", NULL, NULL, 0, false, NULL, {NULL}, "{}"},
    {"nothing in a query", "/jobs", NULL, 0, false, NULL, {NULL}, "/jobs"},
    {"all", NULL, "x", 7, true, "{\"a\":1}", {"b", "c"},
	"{\"text\":\"x\",\"number\":7,\"flag\":true,\"json\":{\"a\":1},\"list\":[\"b\",\"c\"]}"},
    {"all in a query", "/jobs", "x", 7, true, "null", {"b", "c"},
	"/jobs?text=x&number=7&flag=true&json=null&list=b,c"},
    {"query goes on", "/jobs?a=b", "x", 0, false, NULL, {NULL}, "/jobs?a=b&text=x"},
    {"empty text", NULL, "", 0, false, NULL, {""}, "{\"text\":\"\",\"list\":[\"\"]}"},
    {"text to escape", NULL, "a\"\\\n\x01", 0, false, NULL, {"\""},
	"{\"text\":\"a\\\"\\\\\\u000a\\u0001\",\"list\":[\"\\\"\"]}"},
    {"text to encode", "/", "a&b=c d\xc3\xa9/?#\n", 0, false, NULL, {NULL},
	"/?text=a%26b%3Dc%20d%C3%A9%2F%3F%23%0A"},
    {"largest number", NULL, NULL, UINT64_MAX, false, NULL, {NULL},
	"{\"number\":18446744073709551615}"},
};

TEST(fields_are_written)
{
	struct text_list list = {.n = 0};
	struct fields f;

	buf_init(&list.bytes, SIZE_MAX / 2);
	for (const char *const *text = rows[_i].list; *text != NULL; text++)
		text_list_add(&list, *text);
	fields_init(&f, rows[_i].path);
	fields_add_text(&f, "text", rows[_i].text);
	fields_add_number(&f, "number", rows[_i].number);
	fields_add_flag(&f, "flag", rows[_i].flag);
	fields_add_json(&f, "json", rows[_i].json);
	fields_add_list(&f, "list", &list);
	ck_row_str(rows[_i].name, f.text.data, rows[_i].want);
	fields_done(&f);
	buf_done(&list.bytes);
}

SUITE(fields)
{
	ADD_ROWS(fields_are_written, rows);
}
