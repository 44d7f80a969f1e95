/* The reader of the settings file, overrides, and the table of settings. */
#include "../unit.h"

#include <stdlib.h>

#include "daemon/conf.h"
#include "folder.h"

static const struct {
	const char *name, *text, *want; /* the reason behind the path; NULL: good */
} files[] = {
    {"a key that does not exist", "[dns]\nservers =\nserver = 192.0.2.1\n",
	":3: unknown setting dns.server"},
    {"a section that does not exist", "[dnss]\ntimeout = 1s\n", ":2: unknown setting dnss.timeout"},
    {"a key without a section", "timeout = 1s\n", ":1: unknown setting .timeout"},
    {"no key", "[dns]\n\ntimeout\n", ":3: expected [section] or key = value"},
    {"a section without its end", "[dns\n", ":1: expected [section] or key = value"},
    {"a value of another type", "[dns]\ntimeout = soon\n",
	":2: dns.timeout must be a duration like 500ms, 3s, 5m, 2h or 7d, not \"soon\""},
    {"a value out of range", "[dns]\nattempts = 21\n",
	":2: dns.attempts must be a whole number within its bounds, not \"21\""},
    {"a password in a value", "[dns]\ntimeout = http://user:secret@host/\n",
	":2: dns.timeout must be a duration like 500ms, 3s, 5m, 2h or 7d, not "
	"\"http://***@host/\""},
    {"the first fault counts", "[dns]\nattempts = x\nno value\n",
	":2: dns.attempts must be a whole number, not \"x\""},
    {"an empty file", "", NULL},
    {"comments", "# a\n; b\n[dns]\n# c\ntimeout = 1s\n", NULL},
    {"a byte order mark", "\xef\xbb\xbf[dns]\ntimeout = 1s\n", NULL},
    {"a list on several lines", "[dns]\nservers = 192.0.2.1,\n    192.0.2.2\n    192.0.2.3\n",
	NULL},
};

TEST(reads_files)
{
	char want[1024];
	char *why = NULL;
	struct conf conf;

	folder_make();
	conf_init(&conf);
	const char *path = folder_write("conf", files[_i].text, 0644);
	enum err e = conf_read(&conf, path, &why);
	snprintf(want, sizeof(want), "%s%s", path, files[_i].want != NULL ? files[_i].want : "");
	ck_row_str(files[_i].name, why != NULL ? why : path, want);
	ck_assert_msg((e == OK) == (files[_i].want == NULL), "%s: %s", files[_i].name, err_str(e));
	free(why);
	conf_done(&conf);
	folder_remove();
}

TEST(tells_what_it_can_not_open)
{
	char *why = NULL;
	struct conf conf;

	conf_init(&conf);
	ck_assert_int_eq(conf_read(&conf, "/nonexistent/conf", &why), ERR_IO);
	ck_assert_str_eq(why, "/nonexistent/conf: No such file or directory");
	free(why);
	conf_done(&conf);
}

TEST(refuses_long_lines)
{
	char text[8192] = "[dns]\nservers = ";
	char *why = NULL;
	struct conf conf;

	memset(text + strlen(text), ' ', sizeof(text) - strlen(text) - 1);
	text[sizeof(text) - 1] = '\0';
	folder_make();
	conf_init(&conf);
	ck_assert_int_eq(conf_read(&conf, folder_write("conf", text, 0644), &why), ERR_INVALID);
	ck_assert_msg(strstr(why, ":2: the line is too long") != NULL, "%s", why);
	free(why);
	conf_done(&conf);
	folder_remove();
}

TEST(overrides_win_over_the_file_and_the_last_counts)
{
	static const char *const overrides[] = {"dns.attempts=4", "dns.attempts=5"};
	char *why = NULL;
	struct conf conf;

	folder_make();
	conf_init(&conf);
	const struct conf_origin origin = {
	    folder_write("conf", "[dns]\nattempts = 2\ntimeout = 250ms\n", 0644), overrides, 2};
	ck_assert_int_eq(conf_load(&conf, &origin, &why), OK);
	ck_assert_uint_eq(conf_number(&conf, CONF_dns_attempts), 5);
	ck_assert_uint_eq(conf_number(&conf, CONF_dns_timeout), 250000);
	conf_done(&conf);
	folder_remove();
}

static const char *const bad_overrides[] = {"", "dns", "dns.attempts", "attempts=3", "=.",
    "dns=attempts.3", "dns.attempt=3", "dns.attempts="};

TEST(refuses_overrides)
{
	char *why = NULL;
	struct conf conf;

	conf_init(&conf);
	ck_assert_msg(
	    conf_override(&conf, bad_overrides[_i], &why) == ERR_INVALID, "%s", bad_overrides[_i]);
	ck_assert_ptr_nonnull(why);
	ck_assert_uint_eq(conf_number(&conf, CONF_dns_attempts), 3);
	free(why);
	conf_done(&conf);
}

/* A service finds its file by itself, everything else must be told. */
TEST(finds_the_file_of_a_service)
{
	const struct conf_origin origin = {NULL, NULL, 0};
	char *why = NULL;
	struct conf conf;

	setenv("CONFIGURATION_DIRECTORY", folder_make(), 1);
	folder_write("asyncprobed.conf", "[dns]\nattempts = 7\n", 0644);
	conf_init(&conf);
	ck_assert_int_eq(conf_load(&conf, &origin, &why), OK);
	ck_assert_uint_eq(conf_number(&conf, CONF_dns_attempts), 7);
	conf_done(&conf);
	unsetenv("CONFIGURATION_DIRECTORY");
	conf_init(&conf);
	ck_assert_int_eq(conf_load(&conf, &origin, &why), OK);
	ck_assert_uint_eq(conf_number(&conf, CONF_dns_attempts), 3);
	conf_done(&conf);
	folder_remove();
}

TEST(gives_the_elements_of_a_list)
{
	char *elements[3], *why = NULL;
	struct conf conf;

	conf_init(&conf);
	ck_assert_int_eq(conf_override(&conf, "api.hosts= a,, b\n\tc d ", &why), OK);
	ck_assert_uint_eq(conf_list(&conf, CONF_api_hosts, elements, 3), 3);
	ck_assert_str_eq(elements[0], "a");
	ck_assert_str_eq(elements[2], "c");
	for (int i = 0; i < 3; i++)
		free(elements[i]);
	conf_done(&conf);
}

TEST(keeps_a_value_of_another_one)
{
	struct conf old, new;
	char *why = NULL;

	conf_init(&old);
	conf_init(&new);
	ck_assert_int_eq(conf_override(&old, "dns.attempts=9", &why), OK);
	conf_keep(&new, &old, CONF_dns_attempts);
	conf_done(&old);
	ck_assert_uint_eq(conf_number(&new, CONF_dns_attempts), 9);
	ck_assert_str_eq(conf_text(&new, CONF_dns_attempts), "9");
	conf_done(&new);
}

/* Every default is a valid value of its own type and within its own bounds. */
TEST(defaults_are_valid)
{
	struct conf conf;

	conf_init(&conf);
	for (int i = 0; i < N_SETTINGS; i++) {
		char name[CONF_NAME_SIZE], assignment[1024];
		char *why = NULL;
		conf_name((enum setting)i, name);
		snprintf(assignment, sizeof(assignment), "%s=%s", name,
		    conf_text(&conf, (enum setting)i));
		ck_assert_msg(conf_override(&conf, assignment, &why) == OK, "%s", why);
	}
	conf_done(&conf);
}

SUITE(conf)
{
	ADD_ROWS(reads_files, files);
	ADD(tells_what_it_can_not_open);
	ADD(refuses_long_lines);
	ADD(overrides_win_over_the_file_and_the_last_counts);
	ADD_ROWS(refuses_overrides, bad_overrides);
	ADD(finds_the_file_of_a_service);
	ADD(gives_the_elements_of_a_list);
	ADD(keeps_a_value_of_another_one);
	ADD(defaults_are_valid);
}
