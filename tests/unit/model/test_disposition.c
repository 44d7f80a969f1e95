/* Names by Content-Disposition, from RFC 6266 section 5, the tests of greenbytes.de and worse. */
#include "../unit.h"

#include "model/disposition.h"

static const struct {
	const char *name, *value, *want;
} rows[] = {
    {"nothing", "", ""},
    {"no name", "attachment", ""},
    {"no parameters", "attachment;", ""},
    {"a token", "attachment; filename=foo.html", "foo.html"},
    {"a quoted string", "Attachment; filename=\"foo.html\"", "foo.html"},
    {"inline", "INLINE; FILENAME= \"an example.html\"", "an example.html"},
    {"blanks around", "attachment ; filename = foo.html ; x=y", "foo.html"},
    {"escaped quotes", "attachment; filename=\"\\\"quoting\\\" tested.html\"",
	"_quoting_ tested.html"},
    {"a semicolon inside", "attachment; filename=\"a;b.html\"", "a;b.html"},
    {"another parameter before", "attachment; foo=\"filename=x\"; filename=y", "y"},
    {"the name of a parameter in another", "attachment; xfilename=a; filename=b", "b"},
    {"twice", "attachment; filename=a; filename=b", "a"},
    {"an empty one", "attachment; filename=\"\"", ""},
    {"UTF-8, encoded", "attachment; filename*=UTF-8''%e2%82%ac%20rates", "\xe2\x82\xac rates"},
    {"with a language", "attachment; filename*=utf-8'en'a%20b", "a b"},
    {"Latin-1, encoded", "attachment; filename*=iso-8859-1''%A3%20rates", "\xc2\xa3 rates"},
    {"the encoded one counts", "attachment; filename=\"EURO\"; filename*=utf-8''%e2%82%ac",
	"\xe2\x82\xac"},
    {"whatever the order", "attachment; filename*=utf-8''a; filename=b", "a"},
    {"an unknown charset", "attachment; filename*=koi8-r''%C1; filename=b", "b"},
    {"no charset", "attachment; filename*=%41; filename=b", "b"},
    {"quotes that do not end", "attachment; filename=\"abc", "abc"},
    {"an escape at the end", "attachment; filename=\"abc\\", "index"},
    {"a folder", "attachment; filename=\"/etc/passwd\"", "passwd"},
    {"folders up", "attachment; filename=\"../../x\"", "x"},
    {"encoded folders up", "attachment; filename*=UTF-8''..%2f..%2fx", "x"},
    {"a drive", "attachment; filename=\"C:\\\\dir\\\\x.exe\"", "x.exe"},
    {"hidden", "attachment; filename=.htaccess", "htaccess"},
    {"NUL, encoded", "attachment; filename*=UTF-8''a%00b", "a_b"},
    {"not UTF-8",
	"attachment; filename=\"a\xe4"
	"b\"",
	"a_b"},
    {"an override", "attachment; filename*=UTF-8''a%e2%80%aegpj.exe", "a_gpj.exe"},
    {"a line end behind", "attachment; filename=a.html\r\n", "a.html"},
    {"a name alone", "filename=a", ""},
    {"equals signs", "attachment; =a; =; filename==b", "=b"},
};

TEST(names)
{
	char got[FILE_NAME_MAX + 1] = "";
	size_t n = disposition_name(rows[_i].value, got);

	ck_row_str(rows[_i].name, n > 0 ? got : "", rows[_i].want);
	ck_assert(n == 0 || (n == strlen(got) && file_name_is_safe(got)));
}

/* However long and odd, it ends, and what it yields is harmless. */
TEST(any_bytes)
{
	static const char bytes[] = "; =\"\\'%*aF\xff/.filename";
	char value[64], got[FILE_NAME_MAX + 1];

	for (unsigned seed = 1; seed < 20000; seed++) {
		unsigned x = seed * 2654435761u;
		size_t n =
		    (size_t)snprintf(value, sizeof(value), "a; filename%s=", seed % 2 ? "*" : "");
		for (size_t end = n + seed % 30; n < end; n++, x = x * 1103515245u + 12345u)
			value[n] = bytes[(x >> 16) % (sizeof(bytes) - 1)];
		value[n] = '\0';
		n = disposition_name(value, got);
		ck_assert_msg(n == 0 || file_name_is_safe(got), "%s gave %s", value, got);
	}
}

SUITE(disposition)
{
	ADD_ROWS(names, rows);
	ADD(any_bytes);
}
