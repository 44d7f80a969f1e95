/* References: all examples of RFC 3986 section 5.4, and their neighbours. */
#include "../unit.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "model/url_ref.h"

#define BASE "http://a/b/c/d;p?q"

static const struct {
	const char *base, *reference, *want;
} cases[] = {
    /* 5.4.1: normal examples */
    {BASE, "g:h", "g:h"},
    {BASE, "g", "http://a/b/c/g"},
    {BASE, "./g", "http://a/b/c/g"},
    {BASE, "g/", "http://a/b/c/g/"},
    {BASE, "/g", "http://a/g"},
    {BASE, "//g", "http://g"},
    {BASE, "?y", "http://a/b/c/d;p?y"},
    {BASE, "g?y", "http://a/b/c/g?y"},
    {BASE, "#s", "http://a/b/c/d;p?q#s"},
    {BASE, "g#s", "http://a/b/c/g#s"},
    {BASE, "g?y#s", "http://a/b/c/g?y#s"},
    {BASE, ";x", "http://a/b/c/;x"},
    {BASE, "g;x", "http://a/b/c/g;x"},
    {BASE, "g;x?y#s", "http://a/b/c/g;x?y#s"},
    {BASE, "", "http://a/b/c/d;p?q"},
    {BASE, ".", "http://a/b/c/"},
    {BASE, "./", "http://a/b/c/"},
    {BASE, "..", "http://a/b/"},
    {BASE, "../", "http://a/b/"},
    {BASE, "../g", "http://a/b/g"},
    {BASE, "../..", "http://a/"},
    {BASE, "../../", "http://a/"},
    {BASE, "../../g", "http://a/g"},
    /* 5.4.2: abnormal examples */
    {BASE, "../../../g", "http://a/g"},
    {BASE, "../../../../g", "http://a/g"},
    {BASE, "/./g", "http://a/g"},
    {BASE, "/../g", "http://a/g"},
    {BASE, "g.", "http://a/b/c/g."},
    {BASE, ".g", "http://a/b/c/.g"},
    {BASE, "g..", "http://a/b/c/g.."},
    {BASE, "..g", "http://a/b/c/..g"},
    {BASE, "./../g", "http://a/b/g"},
    {BASE, "./g/.", "http://a/b/c/g/"},
    {BASE, "g/./h", "http://a/b/c/g/h"},
    {BASE, "g/../h", "http://a/b/c/h"},
    {BASE, "g;x=1/./y", "http://a/b/c/g;x=1/y"},
    {BASE, "g;x=1/../y", "http://a/b/c/y"},
    {BASE, "g?y/./x", "http://a/b/c/g?y/./x"},
    {BASE, "g?y/../x", "http://a/b/c/g?y/../x"},
    {BASE, "g#s/./x", "http://a/b/c/g#s/./x"},
    {BASE, "g#s/../x", "http://a/b/c/g#s/../x"},
    {BASE, "http:g", "http:g"},
    /* dots and queries */
    {"http://a/a/b/", "./?z", "http://a/a/b/?z"},
    {"http://a/a/b/", "../?z", "http://a/a/?z"},
    {"http://a/a/b/", ".?z", "http://a/a/b/?z"},
    {"http://a/a/b/", "..?z", "http://a/a/?z"},
    {"http://a/a/b/", "../../../?z", "http://a/?z"},
    {"http://a/a/b?q", "?", "http://a/a/b?"},
    {"http://a/a/b?q", "#", "http://a/a/b?q#"},
    {"http://a/a/b?q/../x", "g", "http://a/a/g"},
    {"http://a/a/b?q/../x", "?/../y", "http://a/a/b?/../y"},
    {"http://a/a/b?q", "#s?t", "http://a/a/b?q#s?t"},
    {"http://a/a/b?q", "g?y?z#s#t", "http://a/a/g?y?z#s#t"},
    /* paths */
    {"http://a", "g", "http://a/g"},
    {"http://a", "", "http://a"},
    {"http://a", "..", "http://a/"},
    {"http://a?q", "g", "http://a/g"},
    {"http://a/", "", "http://a/"},
    {"http://a/b//c", "..", "http://a/b/"},
    {"http://a/b//c", "../g", "http://a/b/g"},
    {"http://a/b", "//", "http://"},
    {"http://a/b", "///g", "http:///g"},
    {"http://a/b", "g//h", "http://a/g//h"},
    {"http://a/b", "...", "http://a/..."},
    {"http://a/b", ".../g", "http://a/.../g"},
    {"http://a/b", "/.//g", "http://a//g"},
    {"http://a/b", "/..//g", "http://a//g"},
    {"http://a/b", "g/..", "http://a/"},
    {"http://a/b", "/g/.", "http://a/g/"},
    {"http://a/b", "/g/..", "http://a/"},
    {"http://a/b", "%2e%2e/g", "http://a/%2e%2e/g"},
    {"http://a/b", "g:h/i", "g:h/i"},
    {"http://a/b", "./g:h", "http://a/g:h"},
    {"http://a/b", "1:h", "http://a/1:h"},
    {"http://a/b", ":h", "http://a/:h"},
    {"http://a/b", "/g:h", "http://a/g:h"},
    {"http://a/b", "?g:h", "http://a/b?g:h"},
    /* authorities */
    {"http://a:81/b", "/g", "http://a:81/g"},
    {"http://a:81/b", "//c:82/g", "http://c:82/g"},
    {"https://a/b", "//c/./g/../h", "https://c/h"},
    {"https://a/b", "http://c/./g/../h", "http://c/h"},
    {"http://[::1]:81/b/c", "../g", "http://[::1]:81/g"},
    {"http://a/b", "//c?x/../y", "http://c?x/../y"},
    {"http://a/b", "HTTP://c/g", "HTTP://c/g"},
    /* bytes that no URL may hold */
    {"http://a/b", "g h?i j#k l", "http://a/g%20h?i%20j#k%20l"},
    {"http://a/b", "\xc3\xa9/\xff", "http://a/%C3%A9/%FF"},
    {"http://a/b", "g%20h%c3", "http://a/g%20h%c3"},
    {"http://a/b", "g\th", "http://a/g\th"},
    {"http://a/b", "\\\\c\\g", "http://a/\\\\c\\g"},
};

TEST(means)
{
	AUTO_FREE char *got = url_resolve(cases[_i].base, cases[_i].reference);
	ck_row_str(cases[_i].reference, got, cases[_i].want);
}

SUITE(url_ref)
{
	ADD_ROWS(means, cases);
}
