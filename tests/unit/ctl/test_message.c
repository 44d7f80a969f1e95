/* Messages with text from elsewhere, and output for terminals. */
#include "../unit.h"

#include "base/alloc.h"
#include "ctl/args.h"
#include "ctl/message.h"
#include "ctl/raw.h"
#include "output.h"

static const struct {
	const char *name, *text, *want;
} rows[] = {
    {"plain", "a name", "a name"},
    {"letters", "\xc3\xa9\xe6\x97\xa5", "\xc3\xa9\xe6\x97\xa5"},
    {"escape", "\033[2Jx", "?[2Jx"},
    {"lines", "a\r\nb", "a??b"},
    {"broken", "a\xff\xc3", "a??"},
    {"direction",
	"a\xe2\x80\xae"
	"b",
	"a?b"},
    {"nothing", "", ""},
};

TEST(messages_are_safe)
{
	char want[64];

	snprintf(want, sizeof(want), "asyncprobectl: %s: 7\n", rows[_i].want);
	unit_capture_begin();
	message_error("%s: %d", rows[_i].text, 7);
	AUTO_FREE char *got = unit_capture_end();
	ck_row_str(rows[_i].name, got, want);
}

TEST(mistakes_point_to_help)
{
	unit_capture_begin();
	int status = message_usage("asyncprobectl jobs", "unexpected argument '%s'", "x\n");
	AUTO_FREE char *got = unit_capture_end();
	ck_assert_int_eq(status, CTL_USAGE);
	ck_assert_str_eq(got, "asyncprobectl jobs: unexpected argument 'x?'\n"
			      "Try `asyncprobectl jobs --help' for more information.\n");
}

/* Characters are cut at each place. */
TEST(terminal_gets_what_is_safe)
{
	static const char text[] = "a\t\xe6\x97\xa5\r\n\033[2J\xff\xe6\x97z\n";

	for (size_t cut = 0; cut < sizeof(text); cut++) {
		struct raw raw = {.is_terminal = _i == 1};
		size_t n = sizeof(text) - 1;
		output_begin();
		ck_assert(raw_write(&raw, text, cut < n ? cut : n));
		ck_assert(cut >= n || raw_write(&raw, text + cut, n - cut));
		AUTO_FREE char *got = output_end();
		ck_assert_str_eq(got, _i == 1 ? "a\t\xe6\x97\xa5\n?[2J???z\n" : text);
	}
}

SUITE(message)
{
	ADD_ROWS(messages_are_safe, rows);
	ADD(mistakes_point_to_help);
	tcase_add_loop_test(tcase, terminal_gets_what_is_safe, 0, 2);
}
