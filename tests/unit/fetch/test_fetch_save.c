/* What becomes of bodies: digests, quotas, full disks, long files, names of countries. */
#include "../unit.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/alloc.h"
#include "fetch_bench.h"

#define OK_HEAD "HTTP/1.1 200 OK\r\n"
#define HOST    "http://one.test:{port}"

enum { LONG = 8 << 20 };

static const struct http_rule rules[] = {
    {"/good", 1, 0, OK_HEAD, "GIF89a", 0, HTTP_KEEP, 0},
    {"/empty", 1, 0, OK_HEAD, "", 0, HTTP_KEEP, 0},
    {"/long", 1, 0, OK_HEAD, NULL, LONG, HTTP_KEEP, 0},
    {"/long-without-length", 1, 0, OK_HEAD, NULL, LONG, HTTP_CLOSE, 0},
    {"/just", 1, 0, OK_HEAD, NULL, 300000, HTTP_KEEP, 0},
    {"/br/br.gif", 1, 0, OK_HEAD, "flag of Brazil", 0, HTTP_KEEP, 0},
    {"/br/metadata.json", 1, 0, OK_HEAD, "Brazil", 0, HTTP_KEEP, 0},
    {"/bx/bx.gif", 1, 0, OK_HEAD, "another flag", 0, HTTP_KEEP, 0},
    {"/bx/metadata.json", 1, 0, OK_HEAD, "Brazil", 0, HTTP_KEEP, 0},
    {"/us/us.gif", 1, 0, OK_HEAD, "stars", 0, HTTP_KEEP, 0},
    {"/us/metadata.json", 1, 0, OK_HEAD, "United States", 0, HTTP_KEEP, 0},
    {"/up/up.gif", 1, 0, OK_HEAD, "up", 0, HTTP_KEEP, 0},
    {"/up/metadata.json", 1, 0, OK_HEAD, "../../etc/passwd", 0, HTTP_KEEP, 0},
    {"/do/do.gif", 1, 0, OK_HEAD, "dots", 0, HTTP_KEEP, 0},
    {"/do/metadata.json", 1, 0, OK_HEAD, " .. ", 0, HTTP_KEEP, 0},
    {"/no/no.gif", 1, 0, OK_HEAD, "none", 0, HTTP_KEEP, 0},
    {"/go/go.gif", 1, 0, OK_HEAD, "gone", 0, HTTP_KEEP, 0},
    {"/go/metadata.json", 1, 0, "HTTP/1.1 410 Gone\r\n", "", 0, HTTP_KEEP, 0},
    {"/bu/bu.gif", 1, 0, OK_HEAD, "busy", 0, HTTP_KEEP, 0},
    {"/bu/metadata.json", 1, 0, "HTTP/1.1 503 Busy\r\n", "", 0, HTTP_KEEP, 0},
    {"/ma/ma.gif", 1, 0, OK_HEAD, "malformed", 0, HTTP_KEEP, 0},
    {"/ma/metadata.json", 1, 0, OK_HEAD, "-", 0, HTTP_KEEP, 0},
    {"/la/la.gif", 1, 0, OK_HEAD, "large", 0, HTTP_KEEP, 0},
    {"/la/metadata.json", 1, 0, OK_HEAD, NULL, 70000, HTTP_KEEP, 0},
    {"/cu/cu.gif", 1, 0, OK_HEAD, "cut", 0, HTTP_KEEP, 0},
    {"/cu/metadata.json", 1, 0, OK_HEAD "Content-Length: 9\r\n", "Cub", 0, HTTP_CLOSE, 0},
    {"/mo/mo.gif", 1, 0, "HTTP/1.1 302 Found\r\nLocation: /br/br.gif\r\n", "", 0, HTTP_KEEP, 0},
    {"/mo/metadata.json", 1, 0, "HTTP/1.1 302 Found\r\nLocation: /us/metadata.json\r\n", "", 0,
	HTTP_KEEP, 0},
    {"/aw/aw.gif", 1, 0, OK_HEAD, "away", 0, HTTP_KEEP, 0},
    {"/aw/metadata.json", 1, 0, "HTTP/1.1 302 Found\r\nLocation: http://private.test/x\r\n", "", 0,
	HTTP_KEEP, 0},
    {"/xx/metadata.json", 1, 0, OK_HEAD, "Nowhere", 0, HTTP_KEEP, 0},
    {.path = NULL},
};

static void begin(struct fetch_bench *b)
{
	fetch_bench_begin(b, rules);
	fetch_bench_start(b);
}

static void digest_text(const char *bytes, char ret_hex[static FILE_DIGEST_TEXT + 1])
{
	uint8_t digest[FILE_DIGEST_SIZE];
	unsigned size;

	ck_assert_int_eq(EVP_Digest(bytes, strlen(bytes), digest, &size, EVP_sha256(), NULL), 1);
	file_digest_format(digest, ret_hex);
}

TEST(a_digest_is_held)
{
	char hex[FILE_DIGEST_TEXT + 1];
	struct file_item item = {.name = {"a", 1}, .sha256 = {hex, FILE_DIGEST_TEXT}};
	struct fetch_bench b;
	struct fetched f;

	begin(&b);
	digest_text("GIF89b", hex);
	fetch_begin(&b, &f, HOST "/good", &item, 0, 3);
	fetch_wait(&f);
	ck_assert_int_eq(f.result.reason, REASON_BAD_CHECKSUM);
	ck_assert(f.detail[0] != '\0' && f.result.attempts == 1 && !f.result.file.is_saved);
	digest_text("GIF89a", hex);
	for (char *s = hex; *s != '\0'; s++) /* in upper case too */
		*s = (char)(*s >= 'a' ? *s & ~0x20 : *s);
	fetch_begin(&b, &f, HOST "/good", &item, 0, 1);
	fetch_wait(&f);
	ck_assert_int_eq(f.result.status, ITEM_OK);
	digest_text("", hex);
	item.name = (struct span){"b", 1};
	fetch_begin(&b, &f, HOST "/empty", &item, 0, 1);
	fetch_wait(&f);
	ck_assert_int_eq(f.result.status, ITEM_OK);
	AUTO_FREE char *left = fetch_list(&b);
	ck_assert_str_eq(left, "a b");
	fetch_bench_end(&b);
}

static const char *const long_urls[] = {HOST "/long", HOST "/long-without-length"};

TEST(a_long_file_is_whole)
{
	char path[128];
	size_t len, i = 0;
	struct fetch_bench b;
	struct fetched f;

	begin(&b);
	fetch_one(&b, &f, long_urls[_i], "a");
	ck_assert_msg(f.result.status == ITEM_OK, "%s: %s", reason_name(f.result.reason), f.detail);
	ck_assert_uint_eq(f.result.file.n_bytes, LONG);
	snprintf(path, sizeof(path), "files/%s/a", place_job_text(1));
	AUTO_FREE char *bytes = place_read(&b.place, path, &len);
	ck_assert(bytes != NULL && len == LONG);
	while (i < len && bytes[i] == fake_http_byte(i))
		i++;
	ck_assert_msg(i == len, "differs at %zu", i);
	ck_assert(fetch_metric("asyncprobed_downloads_bytes") == LONG);
	fetch_bench_end(&b);
}

/* Told as soon as it is known, and not when the time is up. */
static void check_soon(const struct fetched *f, const char *row)
{
	ck_assert_msg(f->result.duration < 10 * USEC_PER_SEC, "%s: known only after %jd ms", row,
	    (intmax_t)(f->result.duration / USEC_PER_MSEC));
}

static void set_most(rlim_t most)
{
	struct rlimit limit;

	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = most;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static const struct {
	const char *name, *url;
	rlim_t most;
} disks[] = {
    {"full at once", HOST "/long", 0},
    {"full behind a piece", HOST "/long", 200 << 10},
    {"full in the middle", HOST "/long-without-length", 3 << 20},
    {"full at the last byte", HOST "/long", LONG - 1},
    {"full for a small file", HOST "/good", 5},
};

TEST(a_full_disk)
{
	struct fetch_bench b;
	struct fetched f;

	begin(&b);
	set_most(disks[_i].most);
	fetch_one(&b, &f, disks[_i].url, "a");
	set_most(RLIM_INFINITY);
	ck_assert_msg(f.result.status == ITEM_ERROR && f.result.reason == REASON_DISK, "%s: %s",
	    disks[_i].name, reason_name(f.result.reason));
	ck_row_str(disks[_i].name, f.detail, strerror(EFBIG));
	check_soon(&f, disks[_i].name);
	fetch_check_nothing_left(&b, disks[_i].name);
	fetch_bench_end(&b);
}

/* The last bytes come while those before them are being written: wherever it is that the sender is
 * held back, the end is told soon. */
TEST(a_full_disk_at_any_length)
{
	struct http_rule at_any_length[] = {
	    {"/x", 1, 0, OK_HEAD, NULL, 0, HTTP_KEEP, 0}, {.path = NULL}};
	enum { FIRST = 120 << 10, LAST = 420 << 10, STEP = 12 << 10 };

	for (uint64_t length = FIRST; length <= LAST; length += STEP) {
		char row[32];
		struct fetch_bench b;
		struct fetched f;
		at_any_length[0].length = length + length % 977;
		snprintf(row, sizeof(row), "%ju bytes", (uintmax_t)at_any_length[0].length);
		fetch_bench_begin(&b, at_any_length);
		fetch_bench_start(&b);
		set_most(100 << 10);
		fetch_one(&b, &f, HOST "/x", "a");
		set_most(RLIM_INFINITY);
		ck_assert_msg(
		    f.result.reason == REASON_DISK, "%s: %s", row, reason_name(f.result.reason));
		check_soon(&f, row);
		fetch_check_nothing_left(&b, row);
		fetch_bench_end(&b);
	}
}

static const struct {
	const char *name, *url;
	uint64_t quota;
} quotas[] = {
    {"a small file", HOST "/good", 5},
    {"at the first piece", HOST "/long", 100000},
    {"in the middle", HOST "/long", 3 << 20},
    {"at the last byte", HOST "/long-without-length", LONG - 1},
    {"while a piece is written", HOST "/just", 299999},
};

TEST(a_quota)
{
	struct fetch_bench b;
	struct fetched f;

	fetch_bench_begin(&b, rules);
	b.opts.quota = quotas[_i].quota;
	fetch_bench_start(&b);
	fetch_one(&b, &f, quotas[_i].url, "a");
	ck_assert_msg(f.result.reason == REASON_DISK, "%s: %s", quotas[_i].name,
	    reason_name(f.result.reason));
	ck_assert_msg(strstr(f.detail, "quota") != NULL, "%s: %s", quotas[_i].name, f.detail);
	check_soon(&f, quotas[_i].name);
	fetch_check_nothing_left(&b, quotas[_i].name);
	fetch_bench_end(&b);
}

/* What one file could not have another has when the first has let go of it. */
TEST(a_quota_is_for_all)
{
	struct fetch_bench b;
	struct fetched f;

	fetch_bench_begin(&b, rules);
	b.opts.quota = LONG;
	fetch_bench_start(&b);
	fetch_one(&b, &f, HOST "/good", "a");
	ck_assert_int_eq(f.result.status, ITEM_OK);
	fetch_one(&b, &f, HOST "/long", "b");
	ck_assert_int_eq(f.result.reason, REASON_DISK);
	while (fetch_metric("asyncprobed_downloads_bytes") > 6) /* the pool lets go of it */
		run_turns(b.place.loop, 1);
	fetch_one(&b, &f, HOST "/just", "c");
	ck_assert_int_eq(f.result.status, ITEM_OK);
	struct id job = place_job(1);
	fetcher_remove(b.fetcher, &job);
	while (fetch_metric("asyncprobed_downloads_bytes") > 0)
		run_turns(b.place.loop, 1);
	fetch_one(&b, &f, HOST "/long", "b");
	ck_assert_msg(f.result.status == ITEM_OK, "%s", f.detail);
	fetch_bench_end(&b);
}

static const struct {
	const char *name, *url;
	uint64_t max_bytes;
	bool is_good;
} lengths[] = {
    {"as long as may be", HOST "/just", 300000, true},
    {"a byte too long", HOST "/just", 299999, false},
    {"far too long", HOST "/long", 100, false},
    {"too long behind some pieces", HOST "/long-without-length", 3 << 20, false},
};

TEST(a_body_has_a_limit)
{
	struct fetch_bench b;
	struct fetched f;

	fetch_bench_begin(&b, rules);
	b.opts.max_bytes = lengths[_i].max_bytes;
	fetch_bench_start(&b);
	fetch_one(&b, &f, lengths[_i].url, "a");
	enum reason want = lengths[_i].is_good ? REASON_NONE : REASON_TOO_LARGE;
	ck_assert_msg(
	    f.result.reason == want, "%s: %s", lengths[_i].name, reason_name(f.result.reason));
	check_soon(&f, lengths[_i].name);
	if (!lengths[_i].is_good)
		fetch_check_nothing_left(&b, lengths[_i].name);
	fetch_bench_end(&b);
}

static void fetch_flag(struct fetch_bench *b, struct fetched *f, const char *code, const char *name)
{
	char url[64];
	struct file_item item = {
	    .name = {name, strlen(name)}, .code = {code, 2}, .options.by_country = true};

	snprintf(url, sizeof(url), HOST "/%s/%s.gif", code, code);
	fetch_begin(b, f, url, &item, 0, 1);
	fetch_wait(f);
}

static const struct {
	const char *code, *name, *country;
	enum reason reason; /* of the country */
	uint32_t n_redirects;
} flags[] = {
    {"br", "Brazil.gif", "Brazil", REASON_NONE, 0},
    {"us", "United_States.gif", "United States", REASON_NONE, 0},
    {"up", "passwd.gif", "../../etc/passwd", REASON_NONE, 0},
    {"mo", "United_States.gif", "United States", REASON_NONE, 1},
    {"do", "DO.gif", "", REASON_MALFORMED, 0},
    {"no", "NO.gif", "", REASON_HTTP_404, 0},
    {"go", "GO.gif", "", REASON_HTTP_404, 0},
    {"bu", "BU.gif", "", REASON_HTTP_STATUS, 0},
    {"ma", "MA.gif", "", REASON_MALFORMED, 0},
    {"la", "LA.gif", "", REASON_TOO_LARGE, 0},
    {"cu", "CU.gif", "", REASON_TRUNCATED, 0},
    {"aw", "AW.gif", "", REASON_DENIED_TARGET, 0},
};

/* The flag is saved whatever becomes of its country. */
TEST(named_by_country)
{
	const char *row = flags[_i].code;
	char by_code[] = "??.gif";
	struct fetch_bench b;
	struct fetched f;

	begin(&b);
	by_code[0] = (char)(row[0] & ~0x20);
	by_code[1] = (char)(row[1] & ~0x20);
	fetch_flag(&b, &f, row, by_code);
	const struct file_result *file = &f.result.file;
	ck_assert_msg(f.result.status == ITEM_OK, "%s: %s", row, reason_name(f.result.reason));
	ck_row_str(row, f.name, flags[_i].name);
	ck_row_str(row, f.country, flags[_i].country);
	ck_assert_msg(file->country_reason == flags[_i].reason, "%s: %s", row,
	    reason_name(file->country_reason));
	ck_assert(file->wants_country && file->is_saved && f.result.attempts == 1);
	ck_assert_uint_eq(file->http_status, 200);
	ck_assert_msg(file->n_redirects == flags[_i].n_redirects, "%s: %u", row, file->n_redirects);
	ck_assert_msg((strstr(f.final_url, "/br/br.gif") != NULL) == (flags[_i].n_redirects > 0),
	    "%s: %s", row, f.final_url);
	AUTO_FREE char *left = fetch_list(&b);
	ck_row_str(row, left, flags[_i].name);
	fetch_bench_end(&b);
}

TEST(a_flag_that_is_not_there_has_no_country)
{
	struct fetch_bench b;
	struct fetched f;

	begin(&b);
	fetch_flag(&b, &f, "xx", "XX.gif");
	ck_assert_int_eq(f.result.status, ITEM_NOT_FOUND);
	ck_assert_str_eq(f.name, "XX.gif");
	ck_assert_uint_eq(fake_http_count(b.http, "/xx/metadata.json"), 0);
	fetch_check_nothing_left(&b, "xx");
	fetch_bench_end(&b);
}

TEST(two_flags_of_one_country)
{
	struct fetch_bench b;
	struct fetched f;

	begin(&b);
	fetch_flag(&b, &f, "br", "BR.gif");
	fetch_flag(&b, &f, "bx", "BX.gif");
	ck_assert_str_eq(f.name, "Brazil-bx.gif");
	fetch_flag(&b, &f, "br", "BR.gif"); /* again, after a crash */
	ck_assert_str_eq(f.name, "Brazil.gif");
	AUTO_FREE char *left = fetch_list(&b);
	ck_assert_str_eq(left, "Brazil-bx.gif Brazil.gif");
	fetch_bench_end(&b);
}

struct told {
	unsigned n_calls;
	size_t n;
};

static void on_jobs(struct id *ids, size_t n, void *arg)
{
	struct told *told = arg;
	struct id want = place_job(1);

	told->n_calls++;
	told->n = n;
	if (n == 1)
		ck_assert_mem_eq(ids, &want, sizeof(want));
	free(ids);
}

static bool was_told(void *arg)
{
	return ((struct told *)arg)->n_calls > 0;
}

TEST(saved_files_are_listed_opened_and_removed)
{
	char bytes[16];
	struct id job = place_job(1), other = place_job(2);
	struct told told = {0};
	struct fetch_bench b;
	struct fetched f;

	begin(&b);
	fetch_one(&b, &f, HOST "/good", "a.gif");
	fetcher_list(b.fetcher, on_jobs, &told);
	run_until(b.place.loop, was_told, &told, "the list of jobs");
	ck_assert_uint_eq(told.n, 1);
	int fd = fetcher_open_file(b.fetcher, &job, "a.gif");
	ck_assert_int_eq(read(fd, bytes, sizeof(bytes)), 6);
	close(fd);
	ck_assert_int_eq(fetcher_open_file(b.fetcher, &other, "a.gif"), -1);
	ck_assert_int_eq(fetcher_open_file(b.fetcher, &job, "../a.gif"), -1);
	fetcher_remove(b.fetcher, &other);
	fetcher_remove(b.fetcher, &job);
	place_stop(&b.place);
	ck_assert_int_eq(fetcher_open_file(b.fetcher, &job, "a.gif"), -1);
	fetch_check_nothing_left(&b, "removed");
	fetch_bench_end(&b);
}

TEST(a_folder_that_cannot_be_used)
{
	struct fetch_bench b;
	struct fetcher *fetcher = NULL;

	fetch_bench_begin(&b, rules);
	b.opts.folder = "/dev/null";
	ck_assert_int_eq(fetcher_new(&b.opts, &fetcher), ERR_IO);
	ck_assert_int_eq(errno, ENOTDIR);
	ck_assert_ptr_null(fetcher);
	fetch_bench_start(&b);
	fetch_bench_end(&b);
}

static void count_call(void *arg)
{
	++*(unsigned *)arg;
}

static bool was_called(void *arg)
{
	return *(unsigned *)arg > 0;
}

/* Else the quota would not hold at the start, and what is saved meanwhile would count twice. */
TEST(no_room_until_the_folder_is_counted)
{
	char path[128];
	struct fetch_bench b;
	unsigned n_calls = 0;

	fetch_bench_begin(&b, rules);
	snprintf(path, sizeof(path), "%s/files", b.place.path);
	b.opts.folder = path;
	ck_assert_int_eq(fetcher_new(&b.opts, &b.fetcher), OK);
	fetcher_set_on_room(b.fetcher, count_call, &n_calls);
	ck_assert_uint_eq(fetcher_room(b.fetcher), 0);
	run_until(b.place.loop, was_called, &n_calls, "room");
	ck_assert_uint_gt(fetcher_room(b.fetcher), 0);
	fetch_bench_end(&b);
}

SUITE(fetch_save)
{
	ADD(no_room_until_the_folder_is_counted);
	ADD(a_folder_that_cannot_be_used);
	ADD_ROWS(a_full_disk, disks);
	ADD(a_full_disk_at_any_length);
	ADD_ROWS(a_quota, quotas);
	ADD(a_quota_is_for_all);
	ADD_ROWS(a_body_has_a_limit, lengths);
	ADD(a_digest_is_held);
	ADD_ROWS(a_long_file_is_whole, long_urls);
	ADD(a_flag_that_is_not_there_has_no_country);
	ADD_ROWS(named_by_country, flags);
	ADD(two_flags_of_one_country);
	ADD(saved_files_are_listed_opened_and_removed);
}
