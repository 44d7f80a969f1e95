/* Schedules and changes as JSON. */
#include "../unit.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "wire/change_text.h"
#include "wire/schedule.h"

#define JOB "\"job\":{\"kind\":\"flags\"}"

static const struct {
	const char *text, *pointer; /* NULL: it is good; "-": no JSON */
} bodies[] = {
    {"{", "-"},
    {"3", "-"},
    {"[]", ""},
    {"{" JOB "}", "/every"},
    {"{\"every\":\"1s\"}", "/job"},
    {"{\"every\":\"1s\"," JOB "}", NULL},
    {"{\"every\":\"1s\",\"name\":null,\"jitter\":null," JOB "}", NULL},
    {"{\"every\":\"999ms\"," JOB "}", "/every"},
    {"{\"every\":\"366d\"," JOB "}", NULL},
    {"{\"every\":\"367d\"," JOB "}", "/every"},
    {"{\"every\":1," JOB "}", "/every"},
    {"{\"every\":\"1s\",\"cron\":\"@daily\"," JOB "}", "/cron"},
    {"{\"cron\":\"0 0 31 2 *\"," JOB "}", "/cron"},
    {"{\"cron\":\"@daily\",\"timezone\":\"Nowhere/Land\"," JOB "}", "/timezone"},
    {"{\"cron\":\"@daily\",\"timezone\":\"UTC\"," JOB "}", NULL},
    {"{\"every\":\"1s\",\"timezone\":\"UTC\"," JOB "}", NULL},
    {"{\"every\":\"1s\",\"timezone\":\"Europe/Paris\"," JOB "}", "/timezone"},
    {"{\"every\":\"1s\",\"jitter\":\"1s\"," JOB "}", NULL},
    {"{\"every\":\"1s\",\"jitter\":\"2s\"," JOB "}", "/jitter"},
    {"{\"cron\":\"* * * * *\",\"jitter\":\"60s\"," JOB "}", NULL},
    {"{\"cron\":\"* * * * *\",\"jitter\":\"61s\"," JOB "}", "/jitter"},
    {"{\"every\":\"1s\",\"overlap\":\"x\"," JOB "}", "/overlap"},
    {"{\"every\":\"1s\",\"catch_up\":\"x\"," JOB "}", "/catch_up"},
    {"{\"every\":\"1s\",\"paused\":1," JOB "}", "/paused"},
    {"{\"every\":\"1s\",\"a/b~\":1," JOB "}", "/a~1b~0"},
    {"{\"every\":\"1s\",\"callback_url\":\"x\"," JOB "}", "/callback_url"},
    {"{\"every\":\"1s\",\"job\":{\"run_at\":\"x\"}}", "/job/run_at"},
    {"{\"every\":\"1s\",\"job\":{\"deadline\":\"2030-01-01T00:00:00Z\"}}", "/job/deadline"},
    {"{\"every\":\"1s\",\"job\":{\"deadline\":\"10m\"}}", NULL},
};

TEST(parses)
{
	struct schedule_rule rule = {0};
	struct recurrence recurrence = {.every = 0};
	struct problem p = {.status = 0};
	const char *text = bodies[_i].text, *want = bodies[_i].pointer;

	bool good = schedule_parse(text, strlen(text), NULL, USEC_PER_SEC, &rule, &recurrence, &p);
	ck_assert_msg(good == (want == NULL), "%s: %d", text, p.status);
	if (want != NULL && strcmp(want, "-") == 0)
		ck_assert_int_eq(p.status, 400);
	else if (want != NULL)
		ck_row_str(text, p.errors[0].pointer, want);
	schedule_rule_done(&rule);
	zone_close(recurrence.zone);
	problem_done(&p);
}

static const struct {
	const char *patch, *want; /* of the job and the times; NULL: 422 */
} patches[] = {
    {"{}", "1h - {\"kind\":\"flags\",\"limit\":3}"},
    {"{\"job\":{\"limit\":null}}", "1h - {\"kind\":\"flags\"}"},
    {"{\"job\":{\"a\":{\"b\":null,\"c\":1}}}",
	"1h - {\"kind\":\"flags\",\"limit\":3,\"a\":{\"c\":1}}"},
    {"{\"every\":null,\"cron\":\"@daily\"}", "- @daily {\"kind\":\"flags\",\"limit\":3}"},
    {"{\"every\":null}", NULL},
    {"{\"job\":null}", NULL},
    {"{\"job\":3}", NULL},
    {"{\"x\":null}", NULL},
    {"{\"every\":\"1ms\"}", NULL},
};

TEST(merges)
{
	struct schedule_rule base = {.every = xstrdup("1h"),
				 .job = xstrdup("{\"kind\":\"flags\",\"limit\":3}")},
			     rule = {0};
	struct recurrence recurrence = {.every = 0};
	struct problem p = {.status = 0};
	const char *text = patches[_i].patch;
	char got[300];

	bool good = schedule_parse(text, strlen(text), &base, USEC_PER_SEC, &rule, &recurrence, &p);
	ck_assert_msg(good == (patches[_i].want != NULL), "%s", text);
	if (good) {
		snprintf(got, sizeof(got), "%s %s %s", rule.every != NULL ? rule.every : "-",
		    rule.cron != NULL ? rule.cron : "-", rule.job);
		ck_row_str(text, got, patches[_i].want);
	}
	schedule_rule_done(&base);
	schedule_rule_done(&rule);
	zone_close(recurrence.zone);
	problem_done(&p);
}

TEST(writes)
{
	static const usec_t times[] = {1000000, 2000000};
	const struct schedule_facts facts = {
	    .is_running = true, .n_times = 2, .times = times, .has_next_runs = true};
	struct schedule s = {
	    .rule = {.every = "90s", .overlap = OVERLAP_QUEUE, .job = "{\"kind\":\"flags\"}"},
	    .created_at = 1,
	    .updated_at = 1,
	    .runs = 3,
	    .changes = 4};
	struct buf b;

	buf_init(&b, 10000);
	schedule_add_json(&b, &s, &facts);
	ck_assert_str_eq(b.data,
	    "{\"id\":\"00000000-0000-0000-0000-000000000000\",\"name\":null,\"every\":\"90s\","
	    "\"cron\":null,\"timezone\":\"UTC\",\"overlap\":\"queue\",\"catch_up\":\"skip\","
	    "\"jitter\":\"9s\",\"paused\":false,\"callback_url\":null,\"job\":{\"kind\":\"flags\"},"
	    "\"created_at\":\"1970-01-01T00:00:00.000Z\",\"updated_at\":\"1970-01-01T00:00:00."
	    "000Z\","
	    "\"next_run_at\":\"1970-01-01T00:00:01.000Z\",\"next_runs\":[\"1970-01-01T00:00:01."
	    "000Z\","
	    "\"1970-01-01T00:00:02.000Z\"],\"last_run_at\":null,\"last_job_id\":null,"
	    "\"last_state\":null,\"runs\":3,\"skipped\":0,\"running\":true,\"changes\":4,\"links\":"
	    "{"
	    "\"self\":\"/schedules/00000000-0000-0000-0000-000000000000\","
	    "\"jobs\":\"/jobs?schedule_id=00000000-0000-0000-0000-000000000000\","
	    "\"changes\":\"/schedules/00000000-0000-0000-0000-000000000000/changes\","
	    "\"events\":\"/schedules/00000000-0000-0000-0000-000000000000/events\"}}");
	buf_done(&b);
}

TEST(writes_changes)
{
	const struct change c = {.seq = 7,
	    .at = 1000000,
	    .target = {"a\"b", 3},
	    .from = {ITEM_FOUND, REASON_NONE, "192.0.2.1"},
	    .to = {ITEM_ERROR, REASON_TIMEOUT, ""}};
	struct buf b;

	buf_init(&b, 10000);
	change_add_event(&b, &c);
	ck_assert_str_eq(b.data,
	    "event: change\nid: 7\ndata: {\"seq\":7,\"at\":\"1970-01-01T00:00:01.000Z\","
	    "\"job_id\":\"00000000-0000-0000-0000-000000000000\",\"target\":\"a\\\"b\","
	    "\"from\":{\"status\":\"found\",\"reason\":null,\"value\":\"192.0.2.1\"},"
	    "\"to\":{\"status\":\"error\",\"reason\":\"timeout\",\"value\":\"\"}}\n\n");
	buf_done(&b);
}

static struct address parse_address(const char *text)
{
	struct endpoint endpoint;

	ck_assert(endpoint_parse(text, 53, &endpoint));
	return endpoint.address;
}

TEST(finds)
{
	struct result r = {.status = ITEM_FOUND, .name = "a.test", .name_len = 6};
	char value[FINDING_VALUE_SIZE];
	static const char *const texts[] = {"192.0.2.9", "[2001:db8::1]:53", "192.0.2.10"};

	for (int i = 0; i < 3; i++)
		r.addresses[r.n_addresses++] = parse_address(texts[i]);
	ck_assert_str_eq(finding_of(&r, value).value, "192.0.2.10 192.0.2.9 2001:db8::1");
	for (r.n_addresses = 0; r.n_addresses < RESULT_MAX_ADDRESSES; r.n_addresses++)
		r.addresses[r.n_addresses] =
		    parse_address("[2001:db8:1111:2222:3333:4444:5555:6666]:53");
	ck_assert_uint_eq(strlen(finding_of(&r, value).value), 39 * RESULT_MAX_ADDRESSES - 1);
	r.is_file = true;
	ck_assert_str_eq(finding_of(&r, value).value, "");
	r.file.is_saved = true;
	ck_assert_uint_eq(strlen(finding_of(&r, value).value), 64);
	ck_assert_uint_eq(finding_target(&r).len, 6);
	r.file.code = (struct span){"CN", 2};
	ck_assert_uint_eq(finding_target(&r).len, 2);
}

SUITE(schedule)
{
	ADD_ROWS(parses, bodies);
	ADD_ROWS(merges, patches);
	ADD(writes);
	ADD(writes_changes);
	ADD(finds);
}
