/* Which server knows a name, and which bootstraps are taken. */
#include "../unit.h"

#include "base/buf.h"
#include "registration/registries.h"

#define SERVICE(suffixes, url) "[[" suffixes "],[" url "]]"

/* A bootstrap of `n` made-up suffixes and what `more` says. */
static void make(struct buf *b, unsigned n, const char *published, const char *more)
{
	buf_init(b, 1 << 20);
	buf_addf(b, "{\"publication\":\"%s\",\"services\":[", published);
	for (unsigned i = 0; i < n; i++)
		buf_addf(b, "[[\"tld%u\"],[\"https://rdap%u.example/x\"]],", i, i % 10);
	buf_addf(b, "%s]}", more);
}

static bool load(struct registries *r, unsigned n, const char *published, const char *more)
{
	struct buf text, why;

	make(&text, n, published, more);
	buf_init(&why, 1000);
	bool is_taken = registries_load_iana(r, text.data, text.len, false, &why);
	ck_assert_int_eq(is_taken, why.len == 0);
	buf_done(&text);
	buf_done(&why);
	return is_taken;
}

static const char *url_of(const struct registries *r, const char *name)
{
	struct registry found;

	return registries_find(r, name, &found) ? found.base_url : "none";
}

TEST(longest_suffix)
{
	struct registries *r = registries_new();
	struct buf why;
	static const char map[] =
	    "{\"uk.com\":\"https://rdap.centralnic.com/uk.com\",\"tld1\":\"https://own.example/\"}";

	ck_assert(load(r, 600, "2026-07-23T02:00:03Z",
	    SERVICE("\"COM\",\"net\"",
		"\"http://plain.example/\",\"https://com.example/v1/\"") "," SERVICE("\"kg\"",
		"\"http://rdap.cctld.kg/\"") "," SERVICE("\"io\"", "\"https://iana.example/\"")));
	buf_init(&why, 1000);
	ck_assert(registries_load_operator(r, map, strlen(map), false, &why));
	ck_row_str("an https URL is chosen", url_of(r, "foo.com"), "https://com.example/v1/");
	ck_row_str("dotted", url_of(r, "foo.uk.com"), "https://rdap.centralnic.com/uk.com/");
	ck_row_str("a suffix of its own", url_of(r, "uk.com"), "https://com.example/v1/");
	ck_row_str("whole labels", url_of(r, "foo.xuk.com"), "https://com.example/v1/");
	ck_row_str("a TLD alone", url_of(r, "com"), "none");
	ck_row_str("http only", url_of(r, "foo.kg"), "none");
	ck_row_str("built in", url_of(r, "foo.de"), "https://rdap.denic.de/");
	ck_row_str("IANA before built in", url_of(r, "foo.io"), "https://iana.example/");
	ck_row_str("the operator before IANA", url_of(r, "foo.tld1"), "https://own.example/");
	ck_row_str("a slash is added", url_of(r, "foo.tld2"), "https://rdap2.example/x/");
	ck_row_str("none", url_of(r, "foo.nosuchtld"), "none");
	ck_assert_uint_eq(registries_count(r, REGISTRY_BUILT_IN), 19);
	registries_free(r);
	buf_done(&why);
}

static const struct {
	const char *name, *published, *more;
	unsigned n;
	bool is_taken;
} rows[] = {
    {"as in force", "2026-07-23T02:00:03Z", SERVICE("\"a\"", "\"https://a.example/\""), 600, true},
    {"newer", "2026-08-23T02:00:03Z", SERVICE("\"a\"", "\"https://a.example/\""), 600, true},
    {"older", "2026-07-22T02:00:03Z", SERVICE("\"a\"", "\"https://a.example/\""), 600, false},
    {"few", "2026-08-23T02:00:03Z", SERVICE("\"a\"", "\"https://a.example/\""), 498, false},
    {"no date", "yesterday", SERVICE("\"a\"", "\"https://a.example/\""), 600, false},
    {"a service is a text", "2026-08-23T02:00:03Z", "\"a\"", 600, false},
    {"a service is empty", "2026-08-23T02:00:03Z", "[]", 600, false},
    {"URLs are a text", "2026-08-23T02:00:03Z", "[[\"a\"],\"https://a.example/\"]", 600, false},
    {"NUL in a suffix", "2026-08-23T02:00:03Z", SERVICE("\"a\\u0000\"", "\"https://a.example/\""),
	600, false},
    {"not JSON", "2026-08-23T02:00:03Z", "]", 600, false},
    {"URL with a user is passed over", "2026-08-23T02:00:03Z",
	SERVICE("\"a\"", "\"https://u:p@a.example/\""), 600, true},
    {"bad suffixes are passed over", "2026-08-23T02:00:03Z",
	SERVICE("\"\",\".\",\"a..b\",\"a/b\",7", "\"https://a.example/\""), 600, true},
};

/* What is refused leaves the one before in force. */
TEST(taken)
{
	struct registries *r = registries_new();

	ck_assert(
	    load(r, 600, "2026-07-23T02:00:03Z", SERVICE("\"old\"", "\"https://old.example/\"")));
	ck_assert_msg(load(r, rows[_i].n, rows[_i].published, rows[_i].more) == rows[_i].is_taken,
	    "%s", rows[_i].name);
	ck_row_str(rows[_i].name, url_of(r, "foo.old"),
	    rows[_i].is_taken ? "none" : "https://old.example/");
	ck_assert_uint_ge(registries_count(r, REGISTRY_IANA), 599);
	registries_free(r);
}

/* Other ways for a bootstrap to be broken: 600 suffixes are of no use then. */
#define MANY "\"publication\":\"2026-08-23T02:00:03Z\",\"services\":"
static const char *const broken[] = {"", " ", "{", "{}", "null", "7", "\"services\"", "[]",
    "<html>Not Found</html>", "{\"services\":[]}", "{" MANY "{}}", "{" MANY "null}",
    "{" MANY "\"x\"}", "{" MANY "[[[\"a\"],[\"https://a.example/\"]]]} trailing",
    "{" MANY "[[[\"a\"]]]}", "{" MANY "[[{},[\"https://a.example/\"]]]}",
    "{" MANY "[[[\"a\"],[\"https://a.example/\"]],7]}", "\xef\xbb\xbf{" MANY "[]}",
    "{" MANY "[],\"services\":[]}", "{\"publication\":7,\"services\":[]}", "\x1f\x8b\x08",
    "{" MANY "[[[\"\xff\"],[\"https://a.example/\"]]]}"};

TEST(broken_bootstraps)
{
	struct registries *r = registries_new();
	struct buf why;

	ck_assert(
	    load(r, 600, "2026-07-23T02:00:03Z", SERVICE("\"old\"", "\"https://old.example/\"")));
	buf_init(&why, 1000);
	ck_assert_msg(
	    !registries_load_iana(r, broken[_i], strlen(broken[_i]), true, &why), "%s", broken[_i]);
	ck_assert_uint_gt(why.len, 0);
	ck_row_str(broken[_i], url_of(r, "foo.old"), "https://old.example/");
	ck_assert_uint_eq(registries_count(r, REGISTRY_IANA), 601);
	buf_done(&why);
	registries_free(r);
}

/* A whole one, cut anywhere, changes nothing. */
TEST(cut_bootstraps)
{
	struct registries *r = registries_new();
	struct buf text, why;

	make(&text, 600, "2026-07-23T02:00:03Z", SERVICE("\"a\"", "\"https://a.example/\""));
	buf_init(&why, 1000);
	for (size_t len = 0; len < text.len; len += 1 + len / 50) {
		buf_clear(&why);
		ck_assert(!registries_load_iana(r, text.data, len, false, &why));
		ck_assert_uint_eq(registries_count(r, REGISTRY_IANA), 0);
	}
	buf_done(&text);
	buf_done(&why);
	registries_free(r);
}

static const char *const maps[] = {"[]", "{\"a\":7}", "{\"a\":\"http://a.example/\"}",
    "{\"a.\":\"https://a.example/\"}", "{\"a\":\"https://a.example/?x\"}", "{", "",
    "{\"a\":\"ftp://a.example/\"}"};

TEST(bad_maps)
{
	struct registries *r = registries_new();
	struct buf why;

	buf_init(&why, 1000);
	ck_assert(!registries_load_operator(r, maps[_i], strlen(maps[_i]), false, &why));
	ck_assert_uint_gt(why.len, 0);
	buf_done(&why);
	registries_free(r);
}

TEST(hosts)
{
	ck_assert(registry_host_find("rdap.nic.ch", "ch").has_401);
	ck_assert_double_eq_tol(
	    registry_host_find("pubapi.registry.google", "dev").rate, 0.8, 1e-9);
	ck_assert_double_eq_tol(registry_host_find("x.example", "xy").rate, 0.5, 1e-9);
	ck_assert_double_eq_tol(registry_host_find("x.example", "shop").rate, 2, 1e-9);
}

SUITE(registries)
{
	ADD(longest_suffix);
	ADD_ROWS(taken, rows);
	ADD_ROWS(broken_bootstraps, broken);
	ADD(cut_bootstraps);
	ADD_ROWS(bad_maps, maps);
	ADD(hosts);
}
