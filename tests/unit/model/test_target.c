/* Host names in and out of their one form. */
#include "../unit.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "model/target.h"

#define A10     "aaaaaaaaaa"
#define A63     A10 A10 A10 A10 A10 A10 "aaa"
#define A64     A63 "a"
#define A61     A10 A10 A10 A10 A10 A10 "a"
#define LONGEST A63 "." A63 "." A63 "." A61 /* 253 bytes */

static const struct {
	const char *name, *input, *want; /* NULL: no name */
} names[] = {
    {"empty", "", NULL},
    {"a dot", ".", NULL},
    {"two dots", "..", NULL},
    {"an empty label", "a..b", NULL},
    {"a leading dot", ".example.com", NULL},
    {"two trailing dots", "example.com..", NULL},
    {"a space", "exa mple.com", NULL},
    {"a leading space", " example.com", NULL},
    {"a control character", "a\1.com", NULL},
    {"a line end", "example.com\n", NULL},
    {"an address with port", "example.com:80", NULL},
    {"a URL", "https://example.com/", NULL},
    {"mail", "me@example.com", NULL},
    {"an escape", "a\\.b.example.com", NULL},
    {"a quote", "\"a\".example.com", NULL},
    {"a tab", "a\tb.example.com", NULL},
    {"DEL", "a\x7f.com", NULL},
    {"an IPv4 address", "192.0.2.1", NULL},
    {"an IPv6 address", "2001:db8::1", NULL},
    {"a label too long", A64 ".com", NULL},
    {"a name too long", LONGEST "a", NULL},
    {"not UTF-8",
	"b\xfc"
	"cher.de",
	NULL},
    {"UTF-8 cut short", "b\xc3", NULL},
    {"a surrogate", "\xed\xa0\x80.de", NULL},
    {"an ACE prefix before another script", "xn--\xc3\xbc.de", NULL},
    {"an IDN with an empty label",
	"b\xc3\xbc"
	"cher..de",
	NULL},
    {"an IDN with two trailing dots",
	"b\xc3\xbc"
	"cher.de..",
	NULL},
    {"an A-label with two trailing dots", "xn--bcher-kva.de..", NULL},
    {"an ideographic and a plain dot at the end", "example.com\xe3\x80\x82.", NULL},
    {"an ideographic dot alone", "\xe3\x80\x82", NULL},
    {"an ideographic space",
	"a\xe3\x80\x80"
	"b.com",
	NULL},
    {"a joiner where none may be",
	"a\xe2\x80\x8d"
	"b.com",
	NULL},
    {"a private character", "\xee\x80\x80.com", NULL},
    {"an override of direction",
	"a\xe2\x80\xae"
	"b.com",
	NULL},
    {"a symbol, nothing but an ignored character beside it", "\xe2\x98\x83.\xc2\xad.com", NULL},

    /* the DNS can be asked for all of these */
    {"a hyphen first", "-a.com", "-a.com"},
    {"a hyphen last", "foo-.example.com", "foo-.example.com"},
    {"a hyphen first in the middle", "a.-b.example.com", "a.-b.example.com"},
    {"a hyphen alone", "-", "-"},
    {"punctuation", "exa!mple.com", "exa!mple.com"},
    {"a wildcard", "*.example.com", "*.example.com"},
    {"a slash (RFC 2317)", "0/25.2.0.192.in-addr.arpa", "0/25.2.0.192.in-addr.arpa"},
    {"a number as the last label", "a.1", "a.1"},
    {"an A-label of nothing", "xn--.de", "xn--.de"},
    {"an A-label that does not decode", "xn--a.de", "xn--a.de"},
    {"an A-label that is not the shortest", "xn--example-.com", "xn--example-.com"},
    {"an A-label of a symbol", "xn--n3h.net", "xn--n3h.net"},
    {"an A-label of an emoji", "XN--LS8H.la", "xn--ls8h.la"},
    {"an A-label of a character that is mapped", "xn--1va", "xn--1va"},
    {"hyphens at three and four beside an A-label", "ab--cd.xn--bcher-kva.de",
	"ab--cd.xn--bcher-kva.de"},
    {"a symbol", "\xe2\x98\x83.net", "xn--n3h.net"},
    {"an emoji", "\xf0\x9f\x92\xa9.la", "xn--ls8h.la"},
    {"an emoji and its variation", "\xe2\x9d\xa4\xef\xb8\x8f.ws", "xn--qei.ws"},
    {"emoji that are joined", "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb.ws",
	"xn--1ug1855pcha.ws"},
    {"a symbol among letters, in capitals",
	"I\xe2\x99\xa5"
	"DOMAINS.ws",
	"xn--idomains-uj5e.ws"},
    {"sharp s beside a symbol is kept", "\xe2\x98\x83.fa\xc3\x9f.de", "xn--n3h.xn--fa-hia.de"},
    {"wide letters beside a symbol", "\xe2\x98\x83.\xef\xbd\x85\xef\xbd\x98.com", "xn--n3h.ex.com"},
    {"a symbol and an ideographic dot", "\xe2\x98\x83\xe3\x80\x82net", "xn--n3h.net"},
    {"hyphens at three and four beside an IDN",
	"r3---sn.b\xc3\xbc"
	"cher.de",
	"r3---sn.xn--bcher-kva.de"},
    {"an IDN whose last label is a number",
	"b\xc3\xbc"
	"cher.1",
	"xn--bcher-kva.1"},

    {"plain", "example.com", "example.com"},
    {"one label", "localhost", "localhost"},
    {"one letter", "a", "a"},
    {"a trailing dot", "example.com.", "example.com"},
    {"upper case", "EXAMPLE.Com", "example.com"},
    {"digits first", "3com.com", "3com.com"},
    {"a number that is not last", "1.example", "1.example"},
    {"a last label that begins as a number", "a.1a", "a.1a"},
    {"underscores", "_dmarc.Example.com", "_dmarc.example.com"},
    {"hyphens at three and four", "r3---sn-abc.example.com", "r3---sn-abc.example.com"},
    {"the longest label", A63 ".com", A63 ".com"},
    {"the longest name", LONGEST, LONGEST},
    {"the longest name and a dot", LONGEST ".", LONGEST},
    {"an IDN",
	"b\xc3\xbc"
	"cher.de",
	"xn--bcher-kva.de"},
    {"an IDN in capitals",
	"B\xc3\x9c"
	"CHER.DE",
	"xn--bcher-kva.de"},
    {"an IDN with a trailing dot",
	"b\xc3\xbc"
	"cher.de.",
	"xn--bcher-kva.de"},
    {"an IDN decomposed",
	"bu\xcc\x88"
	"cher.de",
	"xn--bcher-kva.de"},
    {"an A-label", "xn--bcher-kva.de", "xn--bcher-kva.de"},
    {"an A-label in capitals", "XN--BCHER-KVA.DE", "xn--bcher-kva.de"},
    {"sharp s is kept", "fa\xc3\x9f.de", "xn--fa-hia.de"},
    {"final sigma is kept", "\xce\xb2\xcf\x8c\xce\xbb\xce\xbf\xcf\x82.com", "xn--nxasmm1c.com"},
    {"wide letters", "\xef\xbd\x85\xef\xbd\x98.com", "ex.com"},
    {"a soft hyphen is nothing", "exam\xc2\xadple.com", "example.com"},
    {"an ideographic dot",
	"example\xe3\x80\x82"
	"com",
	"example.com"},
    {"an ideographic dot at the end", "example.com\xe3\x80\x82", "example.com"},
    {"a Cyrillic TLD",
	"\xd0\xbf\xd1\x80\xd0\xb5\xd0\xb7\xd0\xb8\xd0\xb4\xd0\xb5\xd0\xbd\xd1\x82."
	"\xd1\x80\xd1\x84",
	"xn--d1abbgf6aiiy.xn--p1ai"},
    {"Arabic, right to left",
	"\xd9\x85\xd8\xab\xd8\xa7\xd9\x84.\xd8\xa5\xd8\xae\xd8\xaa\xd8\xa8\xd8"
	"\xa7\xd8\xb1",
	"xn--mgbh0fb.xn--kgbechtv"},
    {"an underscore beside an IDN",
	"_dmarc.b\xc3\xbc"
	"cher.de",
	"_dmarc.xn--bcher-kva.de"},
};

TEST(normalises)
{
	char got[TARGET_MAX + 1] = "", again[TARGET_MAX + 1];
	size_t n = target_normalise(names[_i].input, strlen(names[_i].input), got);

	if (names[_i].want == NULL) {
		ck_assert_msg(n == 0, "%s: %s", names[_i].name, got);
		return;
	}
	ck_assert_msg(n > 0, "%s: refused", names[_i].name);
	ck_row_str(names[_i].name, got, names[_i].want);
	ck_assert_uint_eq(n, strlen(got));
	ck_assert_uint_eq(target_normalise(got, n, again), n);
	ck_row_str(names[_i].name, again, got);
}

TEST(a_nul_is_no_part_of_a_name)
{
	char got[TARGET_MAX + 1];

	ck_assert_uint_eq(target_normalise("a\0b.com", 7, got), 0);
	ck_assert_uint_eq(target_normalise("\xc3\xbc\0.com", 7, got), 0);
	ck_assert_uint_eq(target_normalise("a.com\0", 6, got), 0);
}

/* What stands behind `len` is not read: the input has no terminator. */
TEST(reads_no_further_than_told)
{
	static const char *const inputs[] = {"example.com", "b\xc3\xbc"
							    "cher.de"};
	char got[TARGET_MAX + 1];

	for (size_t i = 0; i < N_ROWS(inputs); i++) {
		size_t len = strlen(inputs[i]);
		char *copy = malloc(len);
		memcpy(copy, inputs[i], len);
		ck_assert_uint_gt(target_normalise(copy, len, got), 0);
		free(copy);
	}
	ck_assert_uint_eq(target_normalise("example.com", 7, got), 7);
	ck_assert_str_eq(got, "example");
}

static const struct {
	const char *name, *piece;
} long_inputs[] = {{"letters", "a"}, {"dots", "."}, {"labels", "a."}, {"IDN labels", "\xc3\xbc."},
    {"one IDN label", "\xc3\xbc"}, {"soft hyphens", "\xc2\xad"}, {"A-labels", "xn--tda."},
    {"not UTF-8", "\xff"}};

TEST(long_input_is_refused)
{
	char input[3 * TARGET_INPUT_MAX], got[TARGET_MAX + 1];
	size_t len = strlen(long_inputs[_i].piece);

	for (size_t n = 0; n < sizeof(input); n++)
		input[n] = long_inputs[_i].piece[n % len];
	for (size_t n = TARGET_MAX + 2; n <= sizeof(input); n += 61)
		ck_assert_msg(
		    target_normalise(input, n, got) == 0, "%s: %zu", long_inputs[_i].name, n);
}

/* Long input may still be a short name: soft hyphens are nothing. */
TEST(long_input_of_a_short_name)
{
	char input[TARGET_INPUT_MAX + 2], got[TARGET_MAX + 1];

	memcpy(input, "a.de", 4);
	for (size_t n = 4; n + 1 < sizeof(input); n += 2)
		memcpy(input + n, "\xc2\xad", 2);
	ck_assert_uint_eq(target_normalise(input, TARGET_INPUT_MAX, got), 4);
	ck_assert_str_eq(got, "a.de");
	ck_assert_uint_eq(target_normalise(input, TARGET_INPUT_MAX + 2, got), 0);
}

static const struct {
	const char *name;
	bool is_idn, is_idna2008;
	const char *unicode;
} unicodes[] = {
    {"", false, true, NULL},
    {"example.com", false, true, NULL},
    {"xn-.com", false, true, NULL},
    {"axn--bcher-kva.de", false, true, NULL},
    {"xn--99999999999.de", true, false, NULL},
    {"xn--1va.de", true, false, NULL}, /* would be asked as another name */
    {"xn--ls8h.la", true, false, "\xf0\x9f\x92\xa9.la"},
    {"ab--cd.xn--bcher-kva.de", true, true,
	"ab--cd.b\xc3\xbc"
	"cher.de"},
    {"xn--bcher-kva.de", true, true,
	"b\xc3\xbc"
	"cher.de"},
    {"www.xn--bcher-kva.de", true, true,
	"www.b\xc3\xbc"
	"cher.de"},
    {"xn--fa-hia.de", true, true, "fa\xc3\x9f.de"},
};

TEST(shows_unicode)
{
	const char *name = unicodes[_i].name;
	AUTO_FREE char *got = target_to_unicode(name);

	ck_assert_msg(target_is_idn(name, strlen(name)) == unicodes[_i].is_idn, "%s", name);
	ck_assert_msg(
	    target_is_idna2008(name, strlen(name)) == unicodes[_i].is_idna2008, "%s", name);
	if (unicodes[_i].unicode == NULL) {
		ck_assert_msg(got == NULL, "%s: %s", name, got);
		return;
	}
	ck_assert_msg(got != NULL, "%s", name);
	ck_row_str(name, got, unicodes[_i].unicode);
}

SUITE(target)
{
	ADD_ROWS(normalises, names);
	ADD(a_nul_is_no_part_of_a_name);
	ADD(reads_no_further_than_told);
	ADD_ROWS(long_input_is_refused, long_inputs);
	ADD(long_input_of_a_short_name);
	ADD_ROWS(shows_unicode, unicodes);
}
