/* The keys that sign callbacks. */
#include "../unit.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/secret.h"
#include "folder.h"

#define KEY "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"

static const char *folder;
static struct conf conf;

static void begin(void)
{
	unsetenv("CREDENTIALS_DIRECTORY");
	folder = folder_make();
	conf_init(&conf);
}

static void end(void)
{
	conf_done(&conf);
	folder_remove();
}

static void use_file(const char *path)
{
	char assignment[600], *why = NULL;

	snprintf(assignment, sizeof(assignment), "callbacks.secret_file=%s", path);
	ck_assert_int_eq(conf_override(&conf, assignment, &why), OK);
}

static const struct {
	const char *name, *text;
	mode_t mode;
	size_t n_keys;
	const char *want; /* the reason behind the path */
} files[] = {
    {"others may read it", KEY "\n", 0644, 0, ": accessible to others; run chmod o= FILE"},
    {"empty", "", 0600, 0, ": contains no key"},
    {"only comments", "# none\n\n", 0600, 0, ": contains no key"},
    {"no prefix", KEY "\nMDEy\n", 0600, 0, ":2: a key must start with whsec_"},
    {"a short key", "whsec_MDEy\n", 0600, 0, ":1: a key must have 24 to 64 bytes"},
    {"one key", KEY "\n", 0600, 1, NULL},
    {"two keys, the group may read them", KEY "\n" KEY "\n", 0640, 2, NULL},
    {"without a last line end", KEY, 0600, 1, NULL},
};

TEST(reads_files)
{
	struct signature_keys keys = {.n = 0};
	char path[512], want[1024], *why = NULL;

	begin();
	snprintf(path, sizeof(path), "%s", folder_write("keys", files[_i].text, files[_i].mode));
	use_file(path);
	ck_assert_msg(secret_is_given(&conf), "%s", files[_i].name);
	ck_assert_msg(secret_load(&conf, folder, &keys, &why) == (files[_i].want == NULL), "%s",
	    files[_i].name);
	snprintf(want, sizeof(want), "%s%s", path, files[_i].want != NULL ? files[_i].want : "");
	ck_row_str(files[_i].name, why != NULL ? why : path, want);
	ck_assert_msg(keys.n == files[_i].n_keys, "%s: %zu", files[_i].name, (size_t)keys.n);
	free(why);
	why = NULL;
	ck_assert_msg(secret_check(&conf, &why) == (files[_i].want == NULL), "%s", files[_i].name);
	free(why);
	signature_keys_done(&keys);
	end();
}

TEST(a_missing_file_is_a_fault)
{
	struct signature_keys keys = {.n = 0};
	char *why = NULL;

	begin();
	use_file("/nonexistent/keys");
	ck_assert(!secret_load(&conf, folder, &keys, &why));
	ck_assert_str_eq(why, "/nonexistent/keys: No such file or directory");
	free(why);
	end();
}

TEST(a_large_file_is_a_fault)
{
	struct signature_keys keys = {.n = 0};
	char text[5000], path[512], *why = NULL;

	begin();
	memset(text, '#', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	snprintf(path, sizeof(path), "%s", folder_write("keys", text, 0600));
	use_file(path);
	ck_assert(!secret_load(&conf, folder, &keys, &why));
	ck_assert_msg(strstr(why, ": too large") != NULL, "%s", why);
	free(why);
	end();
}

TEST(the_credential_goes_before_our_own)
{
	struct signature_keys keys = {.n = 0};
	char *why = NULL;

	begin();
	setenv("CREDENTIALS_DIRECTORY", folder, 1);
	ck_assert(!secret_is_given(&conf));
	folder_write("asyncprobed.callback", KEY "\n" KEY "\n", 0600);
	ck_assert(secret_is_given(&conf));
	ck_assert(secret_load(&conf, folder, &keys, &why));
	ck_assert_uint_eq(keys.n, 2);
	ck_assert_int_ne(access(folder_path("callback.secret"), F_OK), 0);
	signature_keys_done(&keys);
	unsetenv("CREDENTIALS_DIRECTORY");
	end();
}

TEST(makes_its_own_once)
{
	struct signature_keys first = {.n = 0}, second = {.n = 0};
	char *why = NULL;
	struct stat st;

	begin();
	ck_assert(!secret_is_given(&conf));
	ck_assert(secret_check(&conf, &why));
	ck_assert_int_ne(access(folder_path("callback.secret"), F_OK), 0);
	ck_assert(secret_load(&conf, folder, &first, &why));
	ck_assert_int_eq(stat(folder_path("callback.secret"), &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0600);
	ck_assert(secret_load(&conf, folder, &second, &why));
	ck_assert_uint_eq(first.n, 1);
	ck_assert_mem_eq(&first, &second, sizeof(first));
	signature_keys_done(&first);
	signature_keys_done(&second);
	end();
}

TEST(a_folder_that_is_missing_is_a_fault)
{
	struct signature_keys keys = {.n = 0};
	char *why = NULL;

	begin();
	ck_assert(!secret_load(&conf, "/nonexistent", &keys, &why));
	ck_assert_str_eq(why, "/nonexistent/callback.secret: No such file or directory");
	free(why);
	end();
}

SUITE(secret)
{
	ADD_ROWS(reads_files, files);
	ADD(a_missing_file_is_a_fault);
	ADD(a_large_file_is_a_fault);
	ADD(the_credential_goes_before_our_own);
	ADD(makes_its_own_once);
	ADD(a_folder_that_is_missing_is_a_fault);
}
