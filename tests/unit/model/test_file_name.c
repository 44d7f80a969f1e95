/* Names of files: whatever comes in, one harmless segment comes out. */
#include "../unit.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "model/file_name.h"
#include "model/url.h"

#define E_ACUTE "\xc3\xa9"

static const struct {
	const char *name, *raw, *want;
} names[] = {
    {"nothing", "", "index"},
    {"a dot", ".", "index"},
    {"two dots", "..", "index"},
    {"dots and blanks", ". .. . ", "index"},
    {"only a folder", "a/", "index"},
    {"the root", "/", "index"},
    {"a parent", "../", "index"},
    {"up and away", "../../etc/passwd", "passwd"},
    {"up and away with backslashes", "..\\..\\boot.ini", "boot.ini"},
    {"both slashes", "a/b\\c/d", "d"},
    {"an absolute path", "/etc/shadow", "shadow"},
    {"a drive", "C:evil.exe", "C_evil.exe"},
    {"a stream", "a.txt::$DATA", "a.txt__$DATA"},
    {"hidden", ".bashrc", "bashrc"},
    {"hidden twice", "..bashrc", "bashrc"},
    {"a temporary name of ours", ".part-0000-1", "part-0000-1"},
    {"blanks in front", "  a", "a"},
    {"blanks and dots behind", "a . .", "a"},
    {"a dot behind", "a.txt.", "a.txt"},
    {"line ends", "a\r\nb\tc", "a__b_c"},
    {"an escape sequence", "\x1b[2Jx", "_[2Jx"},
    {"delete", "a\x7f", "a_"},
    {"C1",
	"a\xc2\x9b"
	"b",
	"a_b"},
    {"a control character first", "\1.x", "_.x"},
    {"what some systems refuse", "<a>:\"b\"|?*", "_a___b____"},
    {"not UTF-8", "a\xff\xfe.gif", "a__.gif"},
    {"an overlong slash",
	"a\xc0\xaf"
	"b",
	"a__b"},
    {"a character cut short", "a\xc3", "a_"},
    {"a surrogate", "a\xed\xa0\x80", "a___"},
    {"an override of direction", "invoice_\xe2\x80\xaegpj.exe", "invoice__gpj.exe"},
    {"an isolate", "\xe2\x81\xa7x", "_x"},
    {"marks of direction",
	"\xe2\x80\x8e\xe2\x80\x8f\xd8\x9c"
	"a",
	"___a"},
    {"no width", "pay\xe2\x80\x8bpal\xef\xbb\xbf", "pay_pal_"},
    {"ends of lines", "a\xe2\x80\xa8\xe2\x80\xa9z", "a__z"},
    {"a dot behind what is not seen", "\xe2\x80\x8b.bashrc", "_.bashrc"},
    {"tags", "a\xf3\xa0\x81\xa1", "a_"},
    {"plain", "photo.jpg", "photo.jpg"},
    {"blanks inside", "my photo.jpg", "my photo.jpg"},
    {"two extensions", "a.tar.gz", "a.tar.gz"},
    {"UTF-8", "caf" E_ACUTE ".txt", "caf" E_ACUTE ".txt"},
    {"signs that shells know", "a;b&c$d`e'f!g#h%i~", "a;b&c$d`e'f!g#h%i~"},
};

static void check(const char *row, const char *got, size_t len, const char *want)
{
	ck_row_str(row, got, want);
	ck_assert_msg(len == strlen(got), "%s: %zu", row, len);
	ck_assert_msg(file_name_is_safe(got), "%s: %s is not safe", row, got);
}

TEST(makes_safe_names)
{
	char got[FILE_NAME_MAX + 1];
	size_t len = strlen(names[_i].raw);
	AUTO_FREE char *copy = xmalloc(len);

	memcpy(copy, names[_i].raw, len);
	size_t n = file_name_make(copy, len, got);
	check(names[_i].name, got, n, names[_i].want);
	/* what is safe stays as it is */
	n = file_name_make(names[_i].want, strlen(names[_i].want), got);
	check(names[_i].name, got, n, names[_i].want);
}

TEST(a_nul_becomes_visible)
{
	char got[FILE_NAME_MAX + 1];

	check("inside", got, file_name_make("a.txt\0.gif", 10, got), "a.txt_.gif");
	check("alone", got, file_name_make("\0", 1, got), "_");
	check("behind a slash", got, file_name_make("/\0/b", 4, got), "b");
}

static const struct {
	const char *name, *unit; /* what the stem is made of */
	size_t len;              /* of the stem */
	const char *extension, *want_end;
	size_t want;
} lengths[] = {
    {"just short enough", "a", FILE_NAME_MAX - 4, ".gif", "aa.gif", FILE_NAME_MAX},
    {"one too long", "a", FILE_NAME_MAX - 3, ".gif", "aa.gif", FILE_NAME_MAX},
    {"300 characters", "a", 296, ".gif", "aa.gif", FILE_NAME_MAX},
    {"without an extension", "a", 500, "", "aaaa", FILE_NAME_MAX},
    {"the longest extension", "a", 500, ".123456789012345", "a.123456789012345", FILE_NAME_MAX},
    {"an extension that is none", "a", 500, ".1234567890123456", "aaaa", FILE_NAME_MAX},
    {"past what is looked at", "a", 4000, ".gif", "aa.gif", FILE_NAME_MAX},
    {"not inside a character", E_ACUTE, 400, ".gi", E_ACUTE ".gi", FILE_NAME_MAX - 1},
    {"dots where it is cut", ".a..........", 600, "", "", 0},
    {"an extension of characters", "a", 300, "." E_ACUTE, "a." E_ACUTE, FILE_NAME_MAX},
};

TEST(long_names_keep_their_extension)
{
	char got[FILE_NAME_MAX + 1], raw[5000];
	size_t unit = strlen(lengths[_i].unit), len = lengths[_i].len;
	const char *end = lengths[_i].want_end, *row = lengths[_i].name;

	for (size_t i = 0; i < len; i++)
		raw[i] = lengths[_i].unit[i % unit];
	len += (size_t)snprintf(raw + len, sizeof(raw) - len, "%s", lengths[_i].extension);
	size_t n = file_name_make(raw, len, got);
	ck_assert_msg(file_name_is_safe(got) && n == strlen(got), "%s: %s", row, got);
	ck_assert_msg(n == lengths[_i].want || lengths[_i].want == 0, "%s: %zu", row, n);
	ck_assert_msg(
	    n > strlen(end) && strcmp(got + n - strlen(end), end) == 0, "%s: %s", row, got);
}

static const struct {
	const char *name, *url, *want;
} urls[] = {
    {"nothing", "", "index"},
    {"a host alone", "http://a.test", "index"},
    {"the root", "http://a.test/", "index"},
    {"a folder", "http://a.test/x/", "index"},
    {"a dot", "http://a.test/x/.", "index"},
    {"two dots", "http://a.test/x/..", "index"},
    {"two dots, encoded", "http://a.test/%2e%2E", "index"},
    {"a query alone", "http://a.test?x=/y", "index"},
    {"a fragment alone", "http://a.test#/y", "index"},
    {"a query with slashes", "http://a.test/x?y=/z/w", "x"},
    {"a fragment with slashes", "http://a.test/x#/y", "x"},
    {"a question mark, encoded", "http://a.test/a%3Fb", "a_b"},
    {"a slash, encoded", "http://a.test/..%2f..%2Fetc%2Fpasswd", "_.._etc_passwd"},
    {"a backslash, encoded", "http://a.test/..%5c..%5Cx", "_.._x"},
    {"a backslash", "http://a.test/..\\x", "_x"},
    {"NUL, encoded", "http://a.test/a.txt%00.gif", "a.txt_.gif"},
    {"a line end, encoded", "http://a.test/a%0d%0ab", "a__b"},
    {"encoded twice", "http://a.test/%252e%252e%252fx", "%2e%2e%2fx"},
    {"not UTF-8, encoded", "http://a.test/%E4.gif", "_.gif"},
    {"an encoding cut short", "http://a.test/a%4", "a%4"},
    {"a percent sign alone", "http://a.test/%", "%"},
    {"no encoding", "http://a.test/%zz%1g", "%zz%1g"},
    {"hidden", "http://a.test/.htaccess", "htaccess"},
    {"plain", "http://a.test/cn/cn.gif", "cn.gif"},
    {"an override, encoded", "http://a.test/%E2%80%AEgpj.exe", "_gpj.exe"},
    {"UTF-8, encoded", "http://a.test/caf%C3%A9.txt", "caf" E_ACUTE ".txt"},
    {"blanks, encoded", "http://a.test/%20a%20b%20", "a b"},
    {"a port", "http://a.test:8080/x", "x"},
    {"an IPv6 address", "http://[::1]/x", "x"},
    {"another URL behind", "http://a.test/x?u=http://b.test/y", "x"},
    {"no scheme", "a/b.gif", "b.gif"},
};

TEST(takes_the_last_segment)
{
	char got[FILE_NAME_MAX + 1];
	size_t len = strlen(urls[_i].url);
	AUTO_FREE char *copy = xmalloc(len);

	memcpy(copy, urls[_i].url, len);
	size_t n = file_name_from_url(copy, len, got);
	check(urls[_i].name, got, n, urls[_i].want);
}

static const struct {
	const char *name, *raw, *want;
} paths[] = {
    {"nothing", "", "index"},
    {"a name", "a.bin", "a.bin"},
    {"a folder", "a/b.bin", "a/b.bin"},
    {"folders", "a/b/c/d.bin", "a/b/c/d.bin"},
    {"a root", "/etc/passwd", "etc/passwd"},
    {"up", "../../x", "x"},
    {"up inside", "a/../../b/./c", "a/b/c"},
    {"empty parts", "a//b///c", "a/b/c"},
    {"no name", "a/b/", "a/b/index"},
    {"up at the end", "a/..", "a/index"},
    {"backslashes", "a\\b\\..\\c", "a/b/c"},
    {"hidden ones", ".ssh/.x", "ssh/x"},
    {"dots", ".../...", "index/index"},
    {"awkward ones",
	"a:b/c\nd/e\x1b"
	"f",
	"a_b/c_d/e_f"},
    {"blanks", " a / b ", "a/b"},
    {"seventeen folders", "a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r",
	"a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/r"},
};

TEST(makes_paths)
{
	char got[FILE_PATH_MAX + 1];
	size_t len = strlen(paths[_i].raw);
	AUTO_FREE char *copy = xmalloc(len);

	memcpy(copy, paths[_i].raw, len);
	size_t n = file_path_make(copy, len, got);
	ck_row_str(paths[_i].name, got, paths[_i].want);
	ck_assert(n == strlen(got) && file_path_is_safe(got));
}

TEST(long_paths_lose_folders)
{
	char got[FILE_PATH_MAX + 1], raw[8192];

	for (size_t unit = 1; unit < 600; unit += 7) {
		memset(raw, 'x', sizeof(raw));
		for (size_t at = unit; at < sizeof(raw); at += unit + 1)
			raw[at] = '/';
		size_t n = file_path_make(raw, sizeof(raw), got);
		ck_assert_msg(n == strlen(got) && file_path_is_safe(got), "%zu: %s", unit, got);
	}
}

static const struct {
	const char *name, *url;
	enum file_layout layout;
	const char *want;
} layouts[] = {
    {"flat", "http://a.test/x/y.gif", LAYOUT_FLAT, "y.gif"},
    {"host", "http://A.test/x/y.gif?z", LAYOUT_HOST, "a.test/y.gif"},
    {"host and port", "https://a.test:8443/y", LAYOUT_HOST, "a.test_8443/y"},
    {"the port of https", "https://a.test:443/y", LAYOUT_HOST, "a.test/y"},
    {"an IPv6 address", "http://[::1]/y", LAYOUT_HOST, "__1/y"},
    {"url", "http://a.test/x/z/y.gif?a/b#c/d", LAYOUT_URL, "a.test/x/z/y.gif"},
    {"the root", "http://a.test", LAYOUT_URL, "a.test/index"},
    {"a folder", "http://a.test/x/", LAYOUT_URL, "a.test/x/index"},
    {"up", "http://a.test/x/../../y", LAYOUT_URL, "a.test/y"},
    {"up, encoded", "http://a.test/x/%2e%2e/%2e%2e/y", LAYOUT_URL, "a.test/x/y"},
    {"slashes, encoded", "http://a.test/a%2fb/..%2f..%5cc/d", LAYOUT_URL, "a.test/a_b/_.._c/d"},
    {"hidden, encoded", "http://a.test/%2essh/a%00b/c", LAYOUT_URL, "a.test/ssh/a_b/c"},
    {"a query with slashes", "http://a.test?x=/y/z", LAYOUT_URL, "a.test/index"},
};

TEST(lays_out_urls)
{
	char got[FILE_PATH_MAX + 1];
	const char *text = layouts[_i].url;
	struct url url;

	ck_assert_int_eq(url_parse(text, strlen(text), &url), URL_GOOD);
	size_t n = file_path_from_url(&url, text, strlen(text), layouts[_i].layout, got);
	ck_row_str(layouts[_i].name, got, layouts[_i].want);
	ck_assert(n == strlen(got) && file_path_is_safe(got));
	url_done(&url);
}

TEST(unsafe_paths)
{
	static const char *const bad[] = {"", "/", "/a", "a/", "a//b", "../a", "a/../b", "a/./b",
	    ".a/b", "a/.b", "a\n/b", "a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r"};

	for (size_t i = 0; i < N_ROWS(bad); i++)
		ck_assert_msg(!file_path_is_safe(bad[i]), "%s", bad[i]);
}

TEST(bytes_of_any_value_give_a_safe_name)
{
	char got[FILE_NAME_MAX + 1], raw[4];

	for (unsigned i = 0; i < 1 << 16; i++) {
		memcpy(raw, (char[]){(char)(i >> 8), (char)i, 'x', (char)(i >> 4)}, 4);
		size_t n = file_name_make(raw, sizeof(raw), got);
		ck_assert_msg(n == strlen(got) && file_name_is_safe(got), "%04x: %s", i, got);
		for (size_t at = 0; at < n; at += utf8_length(got + at, n - at))
			ck_assert_msg(utf8_length(got + at, n - at) > 0, "%04x", i);
	}
}

static const struct {
	const char *name, *text;
	bool is_safe;
} given[] = {
    {"nothing", "", false},
    {"a dot", ".", false},
    {"two dots", "..", false},
    {"hidden", ".x", false},
    {"a temporary name of ours", ".part-00000000-1", false},
    {"a slash", "a/b", false},
    {"a slash behind", "a/", false},
    {"up", "../x", false},
    {"a line end", "a\n", false},
    {"not UTF-8", "a\xff", false},
    {"C1", "a\xc2\x80", false},
    {"plain", "a.gif", true},
    {"a number that made it unique", "a-2-1.gif", true},
    {"UTF-8", E_ACUTE, true},
    {"saved when overrides passed",
	"a\xe2\x80\xae"
	"b",
	true},
    {"dots inside", "a..b", true},
};

TEST(judges_names)
{
	ck_assert_msg(file_name_is_safe(given[_i].text) == given[_i].is_safe, "%s", given[_i].name);
}

TEST(the_longest_that_a_file_system_takes_is_safe)
{
	char name[257];

	memset(name, 'a', sizeof(name));
	name[256] = '\0';
	ck_assert(!file_name_is_safe(name));
	name[255] = '\0';
	ck_assert(file_name_is_safe(name));
}

SUITE(file_name)
{
	ADD_ROWS(makes_paths, paths);
	ADD(long_paths_lose_folders);
	ADD_ROWS(lays_out_urls, layouts);
	ADD(unsafe_paths);
	ADD_ROWS(makes_safe_names, names);
	ADD(a_nul_becomes_visible);
	ADD_ROWS(long_names_keep_their_extension, lengths);
	ADD_ROWS(takes_the_last_segment, urls);
	ADD(bytes_of_any_value_give_a_safe_name);
	ADD_ROWS(judges_names, given);
	ADD(the_longest_that_a_file_system_takes_is_safe);
}
