/* URLs of a daemon, and tokens; nothing is sent. */
#include "../unit.h"

#include "ctl/http.h"

static const struct {
	const char *url;
	bool is_good;
} urls[] = {
    {"http://127.0.0.1:8653", true},
    {"https://h.test/", true},
    {"h.test:80", true},
    {"http://[::1]:8653///", true},
    {"unix:/run/asyncprobed.sock", true},
    {"", false},
    {"/", false},
    {"http://", false},
    {"unix:", false},
    {"unix:relative", false},
    {"ftp://h.test/", false},
    {"file:///etc/passwd", false},
    {"http://h.test:99999", false},
    {"http://h.test:x", false},
    {"http://a b/", false},
};

TEST(urls_are_checked)
{
	struct http *http = http_new(urls[_i].url);

	ck_assert_msg((http != NULL) == urls[_i].is_good, "%s", urls[_i].url);
	http_free(http);
}

static const struct {
	const char *token;
	bool is_good;
} tokens[] = {
    {"abc-._~+/=", true},
    {"", false},
    {"a b", false},
    {"a\r\nX-Header: b", false},
    {"a\tb", false},
    {"a\x7f", false},
};

TEST(tokens_fit_a_header)
{
	struct http *http = http_new("h.test");

	ck_assert(http_set_token(http, tokens[_i].token) == tokens[_i].is_good);
	http_free(http);
}

SUITE(http)
{
	ADD_ROWS(urls_are_checked, urls);
	ADD_ROWS(tokens_fit_a_header, tokens);
}
