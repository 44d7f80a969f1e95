/* The jobs that commands make of their command lines. */
#include "../unit.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "ctl/commands.h"

enum { MAX_WORDS = 16 };

static const struct command commands[] = {
    {"domains", .run = cmd_domains},
    {"flags", .run = cmd_flags},
    {"download", .run = cmd_download},
    {0},
};

static int run(const char *const *words, char **ret_job)
{
	struct options options = {.url = "http://127.0.0.1:1", .ret_job = ret_job};
	char *argv[MAX_WORDS + 1] = {NULL};
	int argc = 0;

	for (; words[argc] != NULL; argc++)
		argv[argc] = (char *)words[argc];
	*ret_job = NULL;
	return commands_run(commands, "test", argc, argv, &options);
}

static const struct {
	const char *words[MAX_WORDS], *want;
} good[] = {
    {{"domains", "a.test"},
	"{\"kind\":\"domains\",\"check\":\"resolve\",\"domains\":[\"a.test\"]}"},
    {{"domains", "--bare", "localhost"},
	"{\"kind\":\"domains\",\"check\":\"resolve\",\"domains\":[\"localhost\"]}"},
    {{"domains", "try", ".dev", "-t", "com", "--preset", "p", "--max-length", "4"},
	"{\"kind\":\"domains\",\"check\":\"resolve\",\"names\":[\"try\"],\"tlds\":[\"com\",\"dev\"]"
	","
	"\"preset\":\"p\",\"max_length\":4}"},
    {{"domains", "a.test", "--label", "l", "--rate=2", "--timeout", "500ms", "--attempts", "3",
	 "--deadline", "10m", "--priority", "0", "--concurrency", "1001"},
	"{\"kind\":\"domains\",\"check\":\"resolve\",\"domains\":[\"a.test\"],\"label\":\"l\","
	"\"concurrency\":1001,\"rate\":2,\"timeout_ms\":500,\"attempts\":3,\"deadline\":\"10m\","
	"\"priority\":0}"},
    {{"flags"}, "{\"kind\":\"flags\",\"preset\":\"pop20\"}"},
    {{"flags", "br", "C", "-m", "5000", "-l", "5000"},
	"{\"kind\":\"flags\",\"codes\":[\"BR\",\"C\"],\"limit\":676,\"concurrency\":1000}"},
    {{"flags", "br", "-a", "--max_req", "3", "-s", "x", "--base-url", "http://h.test/",
	 "--name-by-country"},
	"{\"kind\":\"flags\",\"preset\":\"all\",\"server\":\"x\",\"base_url\":\"http://h.test/\","
	"\"name_by_country\":true,\"concurrency\":3}"},
    {{"flags", "-a", "-e"}, "{\"kind\":\"flags\",\"preset\":\"every\"}"},
    {{"download", "http://h.test/\"", "x", "--timeout", "1h", "--callback", "http://c.test/"},
	"{\"kind\":\"downloads\",\"urls\":[\"http://h.test/\\\"\",\"x\"],\"timeout_ms\":3600000,"
	"\"callback_url\":\"http://c.test/\"}"},
};

TEST(jobs_are_made)
{
	AUTO_FREE char *job = NULL;

	ck_assert_int_eq(run(good[_i].words, &job), CTL_OK);
	ck_assert_str_eq(job, good[_i].want);
}

static const struct {
	const char *words[MAX_WORDS], *want; /* on stderr */
} bad[] = {
    {{"fly\x1b"}, "test: unknown command 'fly?'"},
    {{"domains", "./-"}, "invalid TLD './-'"},
    {{"domains", "--bare", "a", ".dev"}, "--bare cannot be used with a TLD"},
    {{"domains", "-", "-"}, "names are read from one place only"},
    {{"domains", "-i", "list", "-"}, "names are read from one place only"},
    {{"domains", "-i", "absent"}, "absent: No such file"},
    {{"domains"}, "domains --help"},
    {{"domains", "a.test", "--run-at", "2030-01-01T00:00:00Z"}, "--run-at cannot be used"},
    {{"domains", "a.test", "--dry-run"}, "--dry-run cannot be used"},
    {{"domains", "a.test", "--idempotency-key", "x"}, "--idempotency-key cannot be used"},
    {{"flags", "BRA"}, "each CC argument must be A to Z or AA to ZZ"},
    {{"flags", "-o", "in"}, "--output cannot be used"},
    {{"download"}, "missing URL or -i FILE"},
    {{"download", "x", "-"}, "URLs are read from one place only"},
    {{"download", "x", "-i", "list"}, "specify URLs or -i FILE, not both"},
    {{"download", "-i", "list.ndjson"}, "lines of JSON"},
};

TEST(mistakes_are_told)
{
	char *job;

	unit_capture_begin();
	int status = run(bad[_i].words, &job);
	AUTO_FREE char *text = unit_capture_end();
	ck_assert_int_eq(status, CTL_USAGE);
	ck_assert_msg(strstr(text, bad[_i].want) != NULL, "want: %s\n got: %s", bad[_i].want, text);
	ck_assert_ptr_null(job);
}

static const struct {
	const char *name, *text;
	size_t len;
	const char *want; /* NULL: refused */
} lists[] = {
    {"lines", "# all\r\nhttp://a/\r\n\n\nhttp://b/", 0,
	"{\"kind\":\"downloads\",\"urls\":[\"http://a/\",\"http://b/\"]}"},
    {"nothing", "\n", 0, "{\"kind\":\"downloads\"}"},
    {"NUL", "http://a/\0b", 11, NULL},
};

TEST(lists_are_read)
{
	char path[] = "/tmp/test_ctl.XXXXXX";
	size_t len = lists[_i].len > 0 ? lists[_i].len : strlen(lists[_i].text);
	int fd = mkstemp(path);
	const char *words[] = {"download", "-i", path, NULL};
	AUTO_FREE char *job = NULL;

	ck_assert(fd >= 0 && write(fd, lists[_i].text, len) == (ssize_t)len);
	unit_capture_begin();
	int status = run(words, &job);
	AUTO_FREE char *text = unit_capture_end();
	close(fd);
	unlink(path);
	ck_assert_msg(
	    status == (lists[_i].want != NULL ? CTL_OK : CTL_USAGE), "%s", lists[_i].name);
	ck_assert_pstr_eq(job, lists[_i].want);
	ck_assert_msg((lists[_i].want == NULL) == (*text != '\0'), "%s", text);
}

SUITE(jobs)
{
	ADD_ROWS(jobs_are_made, good);
	ADD_ROWS(mistakes_are_told, bad);
	ADD_ROWS(lists_are_read, lists);
}
