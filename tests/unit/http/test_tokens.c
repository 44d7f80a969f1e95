/* The token file, and finding a token by its secret. */
#include "../unit.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "http/tokens.h"
#include "base/alloc.h"
#include "base/clock.h"

/* sha256sum of "one", "two" and "three" */
#define ONE   "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"
#define TWO   "3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3"
#define THREE "8b5b9db0c13db24256c829aa364aa90c6d2eba318b9232a4ab9313b954d3555f"

static char path[] = "/tmp/asyncprobed-test-XXXXXX";

static enum err load(
    const char *text, size_t len, mode_t mode, double rate, struct tokens **ret, char **ret_why)
{
	int fd = mkstemp(path);

	ck_assert(fd >= 0 && write(fd, text, len) == (ssize_t)len && fchmod(fd, mode) == 0);
	close(fd);
	enum err e = tokens_load(path, rate, ret, ret_why);
	unlink(path);
	return e;
}

static const struct {
	const char *name, *text;
	const char *want; /* behind the path */
} faults[] = {
    {"empty", "", ": contains no token"},
    {"comments alone", "# a\n\n", ": contains no token"},
    {"a word", "one\n", ":1: expected NAME SCOPES SHA256HEX"},
    {"two words", "# x\none read\n", ":2: expected NAME SCOPES SHA256HEX"},
    {"four words", "one read " ONE " x\n", ":1: unexpected text after NAME SCOPES SHA256HEX"},
    {"a name with signs", "a/b read " ONE,
	":1: the name must consist of 1 to 64 letters, digits, dots, underscores or hyphens"},
    {"a long name", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa read " ONE,
	":1: the name must consist of 1 to 64 letters, digits, dots, underscores or hyphens"},
    {"an unknown scope", "one write " ONE,
	":1: the scopes must be a comma-separated list of submit, read, admin and metrics, without "
	"spaces"},
    {"a scope in upper case", "one READ " ONE,
	":1: the scopes must be a comma-separated list of submit, read, admin and metrics, without "
	"spaces"},
    {"a comma behind", "one read, " ONE,
	":1: the scopes must be a comma-separated list of submit, read, admin and metrics, without "
	"spaces"},
    {"two commas", "one read,,admin " ONE,
	":1: the scopes must be a comma-separated list of submit, read, admin and metrics, without "
	"spaces"},
    {"a short digest", "one read 7692c3",
	":1: the digest must be 64 hexadecimal digits, as printed by sha256sum"},
    {"a digest with other letters",
	"one read x692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0ad"
	"d73ff431ed",
	":1: the digest must be 64 hexadecimal digits, as printed by sha256sum"},
    {"a name twice", "one read " ONE "\none read " TWO "\n", ":2: duplicate name"},
    {"a digest twice", "one read " ONE "\n\ntwo read " ONE "\n", ":3: duplicate digest"},
};

TEST(refuses)
{
	struct tokens *tokens = NULL;
	AUTO_FREE char *why = NULL;
	const char *text = faults[_i].text;
	enum err e = load(text, strlen(text), 0640, 0, &tokens, &why);

	ck_assert_msg(e == ERR_INVALID && why != NULL, "%s: %d", faults[_i].name, e);
	ck_assert_msg(strncmp(why, path, strlen(path)) == 0, "%s: %s", faults[_i].name, why);
	ck_row_str(faults[_i].name, why + strlen(path), faults[_i].want);
}

TEST(refuses_bytes)
{
	static const char text[] = "one read " ONE "\n\0two admin " TWO "\n";
	struct tokens *tokens = NULL;
	AUTO_FREE char *why = NULL;

	ck_assert_int_eq(load(text, sizeof(text) - 1, 0600, 0, &tokens, &why), ERR_INVALID);
	ck_assert_ptr_nonnull(strstr(why, "not a text file"));
}

static const struct {
	const char *name;
	mode_t mode;
	enum err want;
} modes[] = {
    {"read by all", 0644, ERR_INVALID},
    {"written by all", 0602, ERR_INVALID},
    {"read by the group", 0640, OK},
    {"of the owner", 0400, OK},
};

TEST(looks_at_the_mode)
{
	struct tokens *tokens = NULL;
	AUTO_FREE char *why = NULL;
	enum err e = load("one read " ONE, 73, modes[_i].mode, 0, &tokens, &why);

	ck_assert_msg(e == modes[_i].want, "%s: %d %s", modes[_i].name, e, why);
	tokens_free(tokens);
}

TEST(refuses_what_is_no_file)
{
	struct tokens *tokens = NULL;
	AUTO_FREE char *why = NULL, *other = NULL;

	ck_assert_int_eq(tokens_load("/nonexistent/tokens", 0, &tokens, &why), ERR_IO);
	ck_assert_str_eq(why, "/nonexistent/tokens: No such file or directory");
	ck_assert_int_eq(tokens_load("/dev/null", 0, &tokens, &other), ERR_INVALID);
	ck_assert_ptr_null(tokens);
}

static const char good[] = "# who may\r\none read " ONE "\r\n\n \t two\tsubmit,metrics  " TWO "\n"
			   "three admin " THREE; /* without an end */

static const struct {
	const char *secret, *want;
	unsigned scopes;
} secrets[] = {
    {"", NULL, 0},
    {"four", NULL, 0},
    {"One", NULL, 0},
    {"one ", NULL, 0},
    {ONE, NULL, 0},
    {"one", "one", SCOPE_READ},
    {"two", "two", SCOPE_SUBMIT | SCOPE_METRICS},
    {"three", "three", SCOPE_ADMIN},
};

TEST(finds)
{
	struct tokens *tokens = NULL;
	AUTO_FREE char *why = NULL;

	ck_assert_int_eq(load(good, sizeof(good) - 1, 0640, 0, &tokens, &why), OK);
	const struct token *token = tokens_find(tokens, secrets[_i].secret);
	ck_assert_msg((token != NULL) == (secrets[_i].want != NULL), "%s", secrets[_i].secret);
	if (token != NULL) {
		ck_row_str(secrets[_i].secret, token->name, secrets[_i].want);
		ck_assert_uint_eq(token->scopes, secrets[_i].scopes);
	}
	tokens_free(tokens);
}

TEST(has_a_second_at_once)
{
	struct tokens *tokens = NULL;
	AUTO_FREE char *why = NULL;

	ck_assert_int_eq(load(good, sizeof(good) - 1, 0640, 3, &tokens, &why), OK);
	struct bucket *bucket = &tokens_find(tokens, "one")->bucket;
	usec_t now = bucket->filled_at;
	for (int i = 0; i < 3; i++)
		ck_assert(bucket_take(bucket, now));
	ck_assert(!bucket_take(bucket, now));
	ck_assert(bucket_take(bucket, now + USEC_PER_SEC / 2));
	ck_assert(bucket_take(&tokens_find(tokens, "two")->bucket, now));
	tokens_free(tokens);
}

SUITE(tokens)
{
	ADD_ROWS(refuses, faults);
	ADD(refuses_bytes);
	ADD_ROWS(looks_at_the_mode, modes);
	ADD(refuses_what_is_no_file);
	ADD_ROWS(finds, secrets);
	ADD(has_a_second_at_once);
}
