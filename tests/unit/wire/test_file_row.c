/* Rows of files in every format. */
#include "../unit.h"

#include <jansson.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "samples.h"
#include "wire/result_text.h"

#define SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define FFFD   "\xef\xbf\xbd"
#define NO_TIMES                                                                                   \
	"\"timings\":{\"resolve_ms\":0.000,\"connect_ms\":0.000,\"tls_ms\":0.000,"                 \
	"\"first_byte_ms\":0.000,\"transfer_ms\":0.000}"

static const struct {
	const char *name, *json, *csv, *text;
} rows[N_FILE_SAMPLES] = {
    {"redirected and saved",
	"{\"seq\":1,\"index\":6,\"url\":\"https://a.test/photo.jpg\",\"name\":\"photo.jpg\","
	"\"status\":\"ok\",\"reason\":null,\"detail\":null,\"attempts\":0,\"duration_ms\":0.000,"
	"\"finished_at\":\"2026-11-22T12:00:00.123Z\",\"http_status\":200,\"bytes\":21474836480,"
	"\"sha256\":\"" SHA256
	"\",\"content_type\":\"image/jpeg\",\"content_encoding\":null,\"redirects\":2,"
	"\"final_url\":\"https://cdn.a.test/p.jpg\",\"address\":\"2001:db8::1\","
	"\"http_version\":\"2\",\"timings\":{\"resolve_ms\":0.412,\"connect_ms\":1.000,"
	"\"tls_ms\":2.500,\"first_byte_ms\":0.010,\"transfer_ms\":1234.567},"
	"\"file\":\"photo.jpg\"}",
	"1,6,,https://a.test/photo.jpg,photo.jpg,ok,,,0,0.000,2026-11-22T12:00:00.123Z,200,"
	"21474836480," SHA256 ",image/jpeg,2,2001:db8::1,2,photo.jpg\r\n",
	"photo.jpg OK\n"},
    {"not there",
	"{\"seq\":2,\"index\":5,\"url\":\"http://a.test/flags/xx/xx.gif\",\"name\":\"XX.gif\","
	"\"code\":\"XX\",\"status\":\"not_found\",\"reason\":\"http_404\",\"detail\":null,"
	"\"attempts\":1,\"duration_ms\":1.001,\"finished_at\":\"2026-11-22T12:00:00.124Z\","
	"\"http_status\":404,\"bytes\":0,\"sha256\":null,\"content_type\":\"text/"
	"html\",\"content_encoding\":null,"
	"\"redirects\":0,\"final_url\":null,\"address\":\"192.0.2.1\",\"http_version\":\"1.1\","
	"" NO_TIMES ",\"file\":null}",
	"2,5,XX,http://a.test/flags/xx/xx.gif,XX.gif,not_found,http_404,,1,1.001,"
	"2026-11-22T12:00:00.124Z,404,0,,text/html,0,192.0.2.1,1.1,\r\n",
	"XX not found\n"},
    {"a failure with its detail",
	"{\"seq\":3,\"index\":4,\"url\":\"https://b.test/x\",\"name\":\"x\",\"status\":\"error\","
	"\"reason\":\"tls\",\"detail\":\"expired: the certificate is no longer valid\","
	"\"attempts\":2,\"duration_ms\":2.002,\"finished_at\":\"2026-11-22T12:00:00.125Z\","
	"\"http_status\":null,\"bytes\":0,\"sha256\":null,\"content_type\":null,\"content_"
	"encoding\":null,\"redirects\":0,"
	"\"final_url\":null,\"address\":\"192.0.2.1\",\"http_version\":null," NO_TIMES
	",\"file\":null}",
	"3,4,,https://b.test/x,x,error,tls,expired: the certificate is no longer valid,2,2.002,"
	"2026-11-22T12:00:00.125Z,,0,,,0,192.0.2.1,,\r\n",
	"x error: tls\n"},
    {"no URL",
	"{\"seq\":4,\"index\":3,\"url\":\"no URL, \\\"at\\\" all\\u000a\",\"name\":null,"
	"\"status\":\"error\",\"reason\":\"invalid_url\",\"detail\":null,\"attempts\":3,"
	"\"duration_ms\":3.003,\"finished_at\":\"2026-11-22T12:00:00.126Z\",\"http_status\":null,"
	"\"bytes\":0,\"sha256\":null,\"content_type\":null,\"content_encoding\":null,\"redirects\":"
	"0,\"final_url\":null,"
	"\"address\":null,\"http_version\":null," NO_TIMES ",\"file\":null}",
	"4,3,,\"no URL, \"\"at\"\" all?\",,error,invalid_url,,3,3.003,2026-11-22T12:00:00.126Z,,0,"
	",,0,,,\r\n",
	"no URL, \"at\" all? error: invalid_url\n"},
    {"by its country",
	"{\"seq\":5,\"index\":2,\"url\":\"http://a.test/flags/us/us.gif\","
	"\"name\":\"United_States.gif\",\"code\":\"US\",\"status\":\"ok\",\"reason\":null,"
	"\"detail\":null,\"attempts\":4,\"duration_ms\":4.004,"
	"\"finished_at\":\"2026-11-22T12:00:00.127Z\",\"http_status\":200,\"bytes\":36,"
	"\"sha256\":\"" SHA256
	"\",\"content_type\":null,\"content_encoding\":null,\"redirects\":0,\"final_url\":null,"
	"\"address\":null,\"http_version\":\"1.0\"," NO_TIMES ",\"country\":\"United States\","
	"\"country_reason\":null,\"file\":\"United_States.gif\"}",
	"5,2,US,http://a.test/flags/us/us.gif,United_States.gif,ok,,,4,4.004,"
	"2026-11-22T12:00:00.127Z,200,36," SHA256 ",,0,,1.0,United_States.gif\r\n",
	"US OK\n"},
    {"by its code, and why",
	"{\"seq\":6,\"index\":1,\"url\":\"http://a.test/flags/br/br.gif\",\"name\":\"BR.gif\","
	"\"code\":\"BR\",\"status\":\"ok\",\"reason\":null,\"detail\":null,\"attempts\":5,"
	"\"duration_ms\":5.005,\"finished_at\":\"2026-11-22T12:00:00.128Z\",\"http_status\":200,"
	"\"bytes\":0,\"sha256\":\"" SHA256
	"\",\"content_type\":null,\"content_encoding\":null,\"redirects\":0,"
	"\"final_url\":null,\"address\":null,\"http_version\":\"1.1\"," NO_TIMES
	",\"country\":null,\"country_reason\":\"http_404\",\"file\":\"BR.gif\"}",
	"6,1,BR,http://a.test/flags/br/br.gif,BR.gif,ok,,,5,5.005,2026-11-22T12:00:00.128Z,200,0,"
	"" SHA256 ",,0,,1.1,BR.gif\r\n",
	"BR OK\n"},
    {"texts that want to be more",
	"{\"seq\":7,\"index\":0,\"url\":\"http://a.test/" FFFD "\",\"name\":\"a,b\\\"c.gif\","
	"\"status\":\"error\",\"reason\":\"http_status\","
	"\"detail\":\"a \\\"detail\\\", with\\u000d\\u000a\\u001b[2J and \\u009b\",\"attempts\":6,"
	"\"duration_ms\":6.006,\"finished_at\":\"2026-11-22T12:00:00.129Z\",\"http_status\":599,"
	"\"bytes\":0,\"sha256\":null,\"content_type\":\"text/" FFFD FFFD
	";x=\\\"y\\\"\",\"content_encoding\":null,"
	"\"redirects\":1,\"final_url\":\"http://b.test/,\",\"address\":null,"
	"\"http_version\":null," NO_TIMES ",\"file\":null}",
	"7,0,,http://a.test/?,\"a,b\"\"c.gif\",error,http_status,"
	"\"a \"\"detail\"\", with???[2J and ?\",6,6.006,2026-11-22T12:00:00.129Z,599,0,,"
	"\"text/?\?;x=\"\"y\"\"\",1,,,\r\n",
	"a,b\"c.gif error: http_status\n"},
};

static char *write_row(enum result_format format, size_t i)
{
	struct result r = sample_file(i);
	struct buf b;

	buf_init(&b, 1 << 16);
	result_add_row(&b, format, row_table_of(KIND_DOWNLOADS, CHECK_RESOLVE), &r, true);
	ck_assert(!b.overflow);
	return buf_take(&b, NULL);
}

TEST(json)
{
	AUTO_FREE char *got = write_row(FORMAT_JSON, (size_t)_i);

	ck_row_str(rows[_i].name, got, rows[_i].json);
	json_auto_t *root = json_loads(got, JSON_REJECT_DUPLICATES, NULL);
	ck_assert_msg(root != NULL, "%s", rows[_i].name);
}

TEST(ndjson_and_events_are_json_in_lines)
{
	char want[4000];
	AUTO_FREE char *line = write_row(FORMAT_NDJSON, (size_t)_i);
	AUTO_FREE char *event = write_row(FORMAT_EVENTS, (size_t)_i);

	snprintf(want, sizeof(want), "%s\n", rows[_i].json);
	ck_row_str(rows[_i].name, line, want);
	snprintf(want, sizeof(want), "event: result\nid: %d\ndata: %s\n\n", _i + 1, rows[_i].json);
	ck_row_str(rows[_i].name, event, want);
}

TEST(csv)
{
	AUTO_FREE char *got = write_row(FORMAT_CSV, (size_t)_i);

	ck_row_str(rows[_i].name, got, rows[_i].csv);
}

TEST(text)
{
	AUTO_FREE char *got = write_row(FORMAT_TEXT, (size_t)_i);

	ck_row_str(rows[_i].name, got, rows[_i].text);
}

static size_t count_cells(const char *line)
{
	size_t n = 1;
	bool is_quoted = false;

	for (; *line != '\0'; line++) {
		if (*line == '"')
			is_quoted = !is_quoted;
		else if (*line == ',' && !is_quoted)
			n++;
	}
	return n;
}

TEST(csv_rows_have_the_cells_of_the_head)
{
	struct buf head;

	buf_init(&head, 1000);
	result_add_head(&head, FORMAT_CSV, row_table_of(KIND_FLAGS, CHECK_RESOLVE));
	ck_assert_str_eq(head.data,
	    "seq,index,code,url,name,status,reason,detail,attempts,duration_ms,finished_at,"
	    "http_status,bytes,sha256,content_type,redirects,address,http_version,file\r\n");
	AUTO_FREE char *row = write_row(FORMAT_CSV, (size_t)_i);
	ck_assert_msg(count_cells(row) == count_cells(head.data), "%s: %s", rows[_i].name, row);
	buf_done(&head);
}

static const struct {
	enum result_format format;
	const char *name, *head, *tail;
} formats[] = {
    {FORMAT_NDJSON, "ndjson", "", ""},
    {FORMAT_JSON, "json", "{\"results\":[", "],\"next\":7}\n"},
    {FORMAT_TEXT, "text", "", ""},
    {FORMAT_EVENTS, "events", "", ""},
};

TEST(heads_and_tails)
{
	struct buf b;

	for (int kind = KIND_DOWNLOADS; kind <= KIND_FLAGS; kind++) {
		buf_init(&b, 1000);
		buf_add_str(&b, "");
		result_add_head(
		    &b, formats[_i].format, row_table_of((enum job_kind)kind, CHECK_RESOLVE));
		ck_row_str(formats[_i].name, b.data != NULL ? b.data : "", formats[_i].head);
		buf_clear(&b);
		result_add_tail(&b, formats[_i].format, 7);
		ck_row_str(formats[_i].name, b.len > 0 ? b.data : "", formats[_i].tail);
		buf_done(&b);
	}
}

static const struct {
	uint32_t version;
	const char *name;
} versions[] = {
    {0, "null"}, {9, "null"}, {30, "null"}, {10, "\"1.0\""}, {11, "\"1.1\""}, {20, "\"2\""}};

TEST(versions_of_http)
{
	struct result r = sample_file(0);
	char want[64];
	struct buf b;

	r.file.http_version = versions[_i].version;
	buf_init(&b, 4000);
	result_add_row(&b, FORMAT_JSON, row_table_of(KIND_DOWNLOADS, CHECK_RESOLVE), &r, true);
	snprintf(want, sizeof(want), ",\"http_version\":%s,\"timings\"", versions[_i].name);
	ck_assert_msg(strstr(b.data, want) != NULL, "%u: %s", versions[_i].version, b.data);
	buf_done(&b);
}

/* Text names a flag by its code, a file by its name, and what has neither by its URL. */
TEST(bytes_that_are_no_text_are_visible)
{
	static const char url[] = "\0\xff\n\x9b\xc2\x9b";
	struct result r = {.status = ITEM_ERROR,
	    .reason = REASON_INVALID_URL,
	    .is_file = true,
	    .name = url,
	    .name_len = sizeof(url) - 1};
	struct buf b;

	buf_init(&b, 1000);
	result_add_row(&b, FORMAT_TEXT, row_table_of(KIND_DOWNLOADS, CHECK_RESOLVE), &r, true);
	ck_assert_str_eq(b.data, "????? error: invalid_url\n");
	buf_done(&b);
}

SUITE(file_row)
{
	ADD_ROWS(json, rows);
	ADD_ROWS(ndjson_and_events_are_json_in_lines, rows);
	ADD_ROWS(csv, rows);
	ADD_ROWS(text, rows);
	ADD_ROWS(csv_rows_have_the_cells_of_the_head, rows);
	ADD_ROWS(heads_and_tails, formats);
	ADD_ROWS(versions_of_http, versions);
	ADD(bytes_that_are_no_text_are_visible);
}
