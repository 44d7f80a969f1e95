/* Messages cut out of a stream. */
#include "../unit.h"

#include "dns/tcp.h"

struct seen {
	int n;
	size_t lens[8];
	int stop_after;
};

static bool on_message(const uint8_t *message, size_t len, void *arg)
{
	struct seen *s = arg;

	ck_assert_uint_eq(message[0], 'm');
	s->lens[s->n++] = len;
	return s->n != s->stop_after;
}

static const struct {
	const char *what, *bytes;
	size_t len, used;
	int n;
	bool is_bad;
} rows[] = {
    {"nothing", "", 0, 0, 0, false},
    {"half a length", "\0", 1, 0, 0, false},
    {"a length", "\0\14", 2, 0, 0, false},
    {"a message less one", "\0\14m1234567890", 13, 0, 0, false},
    {"a message", "\0\14m12345678901", 14, 14, 1, false},
    {"a message and more", "\0\14m12345678901\0\15m", 17, 14, 1, false},
    {"two", "\0\14m12345678901\0\15m123456789012", 29, 29, 2, false},
    {"one of no octets", "\0\0", 2, 0, 0, true},
    {"one of eleven", "\0\13m1234567890", 13, 0, 0, true},
    {"a good and a bad one", "\0\14m12345678901\0\13", 16, 14, 1, true},
};

TEST(cuts)
{
	struct seen s = {0};
	bool is_bad;

	ck_assert_uint_eq(
	    tcp_cut((const uint8_t *)rows[_i].bytes, rows[_i].len, on_message, &s, &is_bad),
	    rows[_i].used);
	ck_assert_msg(s.n == rows[_i].n, "%s", rows[_i].what);
	ck_assert_msg(is_bad == rows[_i].is_bad, "%s", rows[_i].what);
}

TEST(stops_when_told_so)
{
	struct seen s = {.stop_after = 1};
	bool is_bad;

	ck_assert_uint_eq(tcp_cut((const uint8_t *)"\0\14m12345678901\0\14m12345678901", 28,
			      on_message, &s, &is_bad),
	    14);
	ck_assert_int_eq(s.n, 1);
}

SUITE(tcp)
{
	ADD_ROWS(cuts, rows);
	ADD(stops_when_told_so);
}
