/* What all unit tests share: suites that register themselves, tables of rows, captured output.
 *
 * One program a folder of src/, made of unit.c and a test_<file>.c for each file; it links that
 * folder's library and those that the layers allow. A file looks like this:
 *
 *	static const struct { const char *name; ... } rows[] = {{"empty", ...}, ...};
 *
 *	TEST(parses)
 *	{
 *		ck_assert_msg(parse(rows[_i].text), "%s", rows[_i].name);
 *	}
 *
 *	SUITE(state)
 *	{
 *		ADD_ROWS(parses, rows);
 *		ADD(fails_on_nothing);
 *	}
 *
 * Each test and each row runs in a process of its own (CK_FORK=no: in one). */
#pragma once

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stddef.h>
#include <string.h>

/* A sanitizer's allocator ends the process by itself when memory is gone. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define UNIT_HAS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define UNIT_HAS_SANITIZER 1
#endif
#endif

#define N_ROWS(rows) (sizeof(rows) / sizeof((rows)[0]))

/* Begin a test; in one that ADD_ROWS added, `_i` is the number of its row. */
#define TEST(name) START_TEST(name)

#define ADD(test)            tcase_add_test(tcase, test)
#define ADD_ROWS(test, rows) tcase_add_loop_test(tcase, test, 0, (int)N_ROWS(rows))
/* For code that asserts what its caller must see to. */
#define ADD_ABORTING(test) tcase_add_test_raise_signal(tcase, test, SIGABRT)

/* Compare text, naming the row when it differs. */
#define ck_row_str(row_name, got, want)                                                            \
	do {                                                                                       \
		const char *got_ = (got), *want_ = (want);                                         \
		ck_assert_msg(                                                                     \
		    strcmp(got_, want_) == 0, "%s:\n got: %s\nwant: %s", row_name, got_, want_);   \
	} while (0)

struct unit_suite {
	const char *name;
	void (*fill)(TCase *tcase);
	struct unit_suite *next;
};

void unit_register(struct unit_suite *suite);

/* Begin the body of the function that adds the file's tests. */
#define SUITE(suite)                                                                               \
	static void fill_suite(TCase *tcase);                                                      \
	__attribute__((constructor)) static void register_suite(void)                              \
	{                                                                                          \
		static struct unit_suite self = {.name = #suite, .fill = fill_suite};              \
		unit_register(&self);                                                              \
	}                                                                                          \
	static void fill_suite(TCase *tcase)

/* Return the contents of a file under tests/ as new text; the test fails when it can't be read. */
char *unit_read_file(const char *path, size_t *ret_len);

/* Compare `got` with a file under tests/. When a difference is wanted, run the program with
 * UPDATE_GOLDEN=1 in the environment and look at what `git diff` says then. */
void unit_check_golden(const char *path, const char *got, size_t len);

/* Return where folders for files are to be made: $TMPDIR; else in memory, where a sync costs
 * nothing, if there is room; else /tmp. */
const char *unit_folder(void);

/* Catch what is written to stderr between the two calls; unit_capture_end returns it as new text.
 */
void unit_capture_begin(void);
char *unit_capture_end(void);
