/* URLs: what is fetched, what is not, and that no spelling of an address passes as a name. */
#include "../unit.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "model/file.h"
#include "model/url.h"

#define E_ACUTE "\xc3\xa9"

static const struct {
	const char *name, *text;
	enum url_fault fault;
} bad[] = {
    {"nothing", "", URL_MALFORMED},
    {"a word", "x", URL_MALFORMED},
    {"no scheme", "a.test/x", URL_MALFORMED},
    {"a path", "/x", URL_MALFORMED},
    {"no scheme, but slashes", "//a.test/x", URL_MALFORMED},
    {"a scheme alone", "http:", URL_MALFORMED},
    {"no host", "http://", URL_MALFORMED},
    {"one slash", "http:/a.test/", URL_MALFORMED},
    {"one slash, https", "https:/a.test/", URL_MALFORMED},
    {"no slash", "http:a.test/", URL_MALFORMED},
    {"three slashes", "http:///a.test/", URL_MALFORMED},
    {"four slashes", "http:////a.test/", URL_MALFORMED},
    {"a blank in the host", "http://a b.test/", URL_MALFORMED},
    {"a blank in the path", "http://a.test/a b", URL_MALFORMED},
    {"a tab", "http://a.test/\t", URL_MALFORMED},
    {"a line end", "http://a.test/\nHost: b.test", URL_MALFORMED},
    {"a carriage return", "http://a.test/\r", URL_MALFORMED},
    {"delete", "http://a.test/\x7f", URL_MALFORMED},
    {"an encoded slash in the host", "http://a.test%2fx/", URL_MALFORMED},
    {"port 0", "http://a.test:0/", URL_MALFORMED},
    {"a port too high", "http://a.test:65536/", URL_MALFORMED},
    {"a port far too high", "http://a.test:4294967376/", URL_MALFORMED},
    {"a port with letters", "http://a.test:80a/", URL_MALFORMED},
    {"a port below nothing", "http://a.test:-1/", URL_MALFORMED},
    {"two ports", "http://a.test:80:81/", URL_MALFORMED},
    {"a bracket not closed", "http://[::1", URL_MALFORMED},
    {"IPv4 in brackets", "http://[127.0.0.1]/", URL_MALFORMED},
    {"an address of the future", "http://[v1.x]/", URL_MALFORMED},
    {"a script", "javascript:alert(1)", URL_MALFORMED},
    {"ftp", "ftp://a.test/x", URL_SCHEME},
    {"a local file", "file:///etc/passwd", URL_SCHEME},
    {"gopher", "gopher://a.test:70/_x", URL_SCHEME},
    {"dict", "dict://a.test/x", URL_SCHEME},
    {"unknown", "httpx://a.test/", URL_SCHEME},
    {"a web socket", "ws://a.test/", URL_SCHEME},
    {"a user", "http://u@a.test/", URL_USER},
    {"a user and a password", "http://u:p@a.test/", URL_USER},
    {"an empty user", "http://@a.test/", URL_USER},
    {"an empty user and password", "http://:@a.test/", URL_USER},
    {"a host as a user", "http://a.test\\@127.0.0.1/", URL_USER},
    {"an encoded number sign in a user", "http://a.test%23@127.0.0.1/", URL_USER},
    {"a zone", "http://[fe80::1%25eth0]/", URL_HOST},
    {"a zone without escape", "http://[fe80::1%eth0]/", URL_HOST},
    {"a hyphen", "http://-a/", URL_HOST},
    {"an empty label", "http://a..test/", URL_HOST},
    {"five numbers", "http://1.2.3.4.5/", URL_HOST},
    {"a number too high", "http://256.1.1.1/", URL_HOST},
    {"a number past 32 bits", "http://4294967296/", URL_HOST},
    {"a dot behind numbers", "http://127.0.0.1./", URL_HOST},
    {"a hexadecimal number and a dot behind", "http://0x7f.0x1./", URL_HOST},
    {"a hexadecimal number, encoded", "http://%30x7f.1/", URL_HOST},
    {"full-width digits", "http://\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.0.0.1/", URL_HOST},
    {"ideographic full stops",
	"http://127\xe3\x80\x82"
	"0\xe3\x80\x82"
	"0\xe3\x80\x82"
	"1/",
	URL_HOST},
    {"a host that is not UTF-8", "http://\xff.test/", URL_HOST},
};

TEST(refuses)
{
	size_t len = strlen(bad[_i].text);
	struct url url = {.port = 4711};
	AUTO_FREE char *copy = xmalloc(len);

	memcpy(copy, bad[_i].text, len);
	enum url_fault fault = url_parse(copy, len, &url);
	ck_assert_msg(
	    fault == bad[_i].fault, "%s: %d, not %d", bad[_i].name, (int)fault, (int)bad[_i].fault);
	ck_assert(url.port == 4711 && url.text == NULL && url.host == NULL);
	ck_assert_uint_gt(strlen(url_fault_text(fault)), 10);
}

static const struct {
	const char *name, *text, *want /* NULL: any spelling */, *host;
	uint16_t port;
	bool is_tls;
	const char *address; /* NULL: a name */
} good[] = {
    {"a symbol as an A-label", "http://xn--n3h.test/", "http://xn--n3h.test/", "xn--n3h.test", 80,
	false, NULL},
    {"a symbol", "http://\xe2\x98\x83.test/", "http://xn--n3h.test/", "xn--n3h.test", 80, false,
	NULL},
    {"a host alone", "http://a.test", "http://a.test/", "a.test", 80, false, NULL},
    {"TLS", "https://a.test", "https://a.test/", "a.test", 443, true, NULL},
    {"upper case", "HTTP://A.TEST/X?Y", "http://a.test/X?Y", "a.test", 80, false, NULL},
    {"a port", "https://a.test:8443/", "https://a.test:8443/", "a.test", 8443, true, NULL},
    {"the highest port", "http://a.test:65535/", "http://a.test:65535/", "a.test", 65535, false,
	NULL},
    {"an empty port", "http://a.test:/", "http://a.test/", "a.test", 80, false, NULL},
    {"a port of zeroes in front", "http://a.test:0081/", "http://a.test:81/", "a.test", 81, false,
	NULL},
    {"a fragment", "http://a.test/x#y", "http://a.test/x", "a.test", 80, false, NULL},
    {"a fragment with an at sign", "http://a.test#@b.test/", "http://a.test/", "a.test", 80, false,
	NULL},
    {"a query without a path", "http://a.test?x=/y", "http://a.test/?x=/y", "a.test", 80, false,
	NULL},
    {"dots in the path", "http://a.test/a/../../b/./c", "http://a.test/b/c", "a.test", 80, false,
	NULL},
    {"encoded dots", "http://a.test/%2e%2e/x", "http://a.test/%2e%2e/x", "a.test", 80, false, NULL},
    {"a dot behind the host", "http://a.test./x", "http://a.test/x", "a.test", 80, false, NULL},
    {"an underscore", "http://a_b.test/", "http://a_b.test/", "a_b.test", 80, false, NULL},
    {"one label", "http://localhost/", "http://localhost/", "localhost", 80, false, NULL},
    {"an IDN", "http://caf" E_ACUTE ".test/" E_ACUTE, "http://xn--caf-dma.test/" E_ACUTE,
	"xn--caf-dma.test", 80, false, NULL},
    {"an encoded IDN", "http://caf%c3%a9.test/", "http://xn--caf-dma.test/", "xn--caf-dma.test", 80,
	false, NULL},
    {"an address as a part of a name", "http://127.0.0.1.a.test/", "http://127.0.0.1.a.test/",
	"127.0.0.1.a.test", 80, false, NULL},
    {"IPv4", "http://192.0.2.1:81/x", "http://192.0.2.1:81/x", "192.0.2.1", 81, false, "192.0.2.1"},
    {"IPv4 in hexadecimal and short", "http://0x7f.1/", "http://127.0.0.1/", "127.0.0.1", 80, false,
	"127.0.0.1"},
    {"IPv4 as a number", "http://2130706433/", "http://127.0.0.1/", "127.0.0.1", 80, false,
	"127.0.0.1"},
    {"IPv4 as a hexadecimal number", "http://0x7f000001/", "http://127.0.0.1/", "127.0.0.1", 80,
	false, "127.0.0.1"},
    {"IPv4 as an octal number", "http://017700000001/", "http://127.0.0.1/", "127.0.0.1", 80, false,
	"127.0.0.1"},
    {"IPv4 in octal", "http://0177.0.0.01/", "http://127.0.0.1/", "127.0.0.1", 80, false,
	"127.0.0.1"},
    {"IPv4 in two parts", "http://127.1/", "http://127.0.0.1/", "127.0.0.1", 80, false,
	"127.0.0.1"},
    {"IPv4, encoded", "http://%31%32%37.0.0.1/", "http://127.0.0.1/", "127.0.0.1", 80, false,
	"127.0.0.1"},
    {"no address", "http://0/", "http://0.0.0.0/", "0.0.0.0", 80, false, "0.0.0.0"},
    {"IPv6 in upper case", "http://[2001:DB8::1]/", NULL, "2001:db8::1", 80, false, "2001:db8::1"},
    {"IPv6 in full", "http://[0:0:0:0:0:0:0:1]:81/", "http://[::1]:81/", "::1", 81, false, "::1"},
    {"IPv4 in IPv6", "http://[::ffff:127.0.0.1]/", NULL, "::ffff:127.0.0.1", 80, false,
	"::ffff:127.0.0.1"},
    {"IPv4 in IPv6 in hexadecimal", "http://[::ffff:7f00:1]/", NULL, "::ffff:127.0.0.1", 80, false,
	"::ffff:127.0.0.1"},
};

TEST(reads)
{
	size_t len = strlen(good[_i].text);
	const char *row = good[_i].name;
	struct url url, again;
	char address[ADDRESS_TEXT_SIZE];
	AUTO_FREE char *copy = xmalloc(len);

	memcpy(copy, good[_i].text, len);
	enum url_fault fault = url_parse(copy, len, &url);
	ck_assert_msg(fault == URL_GOOD, "%s: %d", row, (int)fault);
	if (good[_i].want != NULL)
		ck_row_str(row, url.text, good[_i].want);
	ck_row_str(
	    row, url.host, good[_i].host); /* each address has one spelling: limits go by it */
	ck_assert_msg(url.port == good[_i].port && url.is_tls == good[_i].is_tls, "%s", row);
	ck_assert_msg(url.is_address == (good[_i].address != NULL), "%s", row);
	if (url.is_address) {
		address_format(&url.address, address);
		ck_row_str(row, address, good[_i].address);
	}
	ck_assert_int_eq(url_parse(url.text, strlen(url.text), &again), URL_GOOD);
	ck_row_str(row, again.text, url.text);
	ck_row_str(row, again.host, url.host);
	url_done(&again);
	url_done(&url);
	url_done(&url);
}

/* URLs of the usual form are read without libcurl, and no other way than by it. */
TEST(has_one_meaning)
{
	static const char *const hosts[] = {"a.test", "xn--n3h.test", "a-b.c-d.test", "192.0.2.1",
	    "192.0.2.1.test", "9.test", "192.0.2", "192.0.02.1", "0x7f.1", "1.2.3.4.5", "256.1.1.1",
	    "a..test", "-a.test", "a-.test", "a.-b", "a.test.", ".a.test", "a", "1", "0", "a.0x",
	    "a.09", "a.0xg", "127.1"};
	static const char *const ports[] = {"", ":1", ":80", ":443", ":8080", ":65535", ":65536",
	    ":0", ":00080", ":080", ":", ":99999999999999999999", ":1a"};
	static const char *const paths[] = {"/", "//", "/x", "/x?y=/z&a=b", "/a:b@c", "/(!*$,;+)",
	    "/.x", "/x/.", "/x/../y", "/x?/..", "/~a_b-c.d", "?x", "", "/x y", "/%41", "/x\"",
	    "/x'"};
	char text[256], marked[256 + 2];
	struct url url, other;

	for (unsigned i = 0; i < 2 * N_ROWS(hosts) * N_ROWS(ports) * N_ROWS(paths); i++) {
		unsigned at = i / 2;
		snprintf(text, sizeof(text), "http%s://%s%s%s", i % 2 == 0 ? "" : "s",
		    hosts[at % N_ROWS(hosts)], ports[at / N_ROWS(hosts) % N_ROWS(ports)],
		    paths[at / N_ROWS(hosts) / N_ROWS(ports)]);
		snprintf(marked, sizeof(marked), "%s#", text); /* libcurl reads it */
		enum url_fault fault = url_parse(text, strlen(text), &url);
		ck_assert_msg(
		    fault == url_parse(marked, strlen(marked), &other), "%s: %d", text, (int)fault);
		if (fault != URL_GOOD)
			continue;
		ck_row_str(text, url.text, other.text);
		ck_row_str(text, url.host, other.host);
		ck_assert_msg(url.port == other.port && url.is_tls == other.is_tls, "%s", text);
		ck_assert_msg(url.is_address == other.is_address, "%s", text);
		ck_assert_msg(
		    memcmp(&url.address, &other.address, sizeof(url.address)) == 0, "%s", text);
		url_done(&url);
		url_done(&other);
	}
}

TEST(a_nul_is_no_end)
{
	static const char text[] = "http://a.test/\0.b.test/";
	struct url url;

	ck_assert_int_eq(url_parse(text, sizeof(text) - 1, &url), URL_MALFORMED);
	ck_assert_int_eq(url_parse(text, 15, &url), URL_MALFORMED);
	ck_assert_int_eq(url_parse(text, 14, &url), URL_GOOD);
	url_done(&url);
}

TEST(has_an_end)
{
	static char text[FILE_MAX_URL + 1] = "http://a.test/";
	struct url url;

	memset(text + strlen(text), 'a', sizeof(text) - strlen(text));
	ck_assert_int_eq(url_parse(text, FILE_MAX_URL + 1, &url), URL_TOO_LONG);
	ck_assert_int_eq(url_parse(text, FILE_MAX_URL, &url), URL_GOOD);
	ck_assert_uint_eq(strlen(url.text), FILE_MAX_URL);
	url_done(&url);
}

TEST(no_fault_has_no_text)
{
	ck_assert_ptr_null(url_fault_text(URL_GOOD));
}

SUITE(url)
{
	ADD_ROWS(refuses, bad);
	ADD(has_one_meaning);
	ADD(a_nul_is_no_end);
	ADD(has_an_end);
	ADD_ROWS(reads, good);
	ADD(no_fault_has_no_text);
}
