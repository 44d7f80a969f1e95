/* Who is served first, and how much. */
#include "../unit.h"

#include "bench.h"

static void submit_three(struct bench *b, int priority)
{
	char text[120];

	snprintf(text, sizeof(text),
	    "{\"kind\":\"domains\",\"names\":[\"a\",\"b\",\"c\"],\"tlds\":[\"test\"],"
	    "\"priority\":%d}",
	    priority);
	bench_submit_json(b, text);
}

static const struct job *stored(const struct bench *b, size_t i)
{
	return &fake_store_job(b->store, i)->job;
}

TEST(places_go_by_priority)
{
	struct bench b;

	bench_begin(&b, 1);
	b.opts.max_active = 1;
	core_set_limits(b.core, &b.opts);
	submit_three(&b, 5);
	bench_wait_started(&b, 1);
	submit_three(&b, 0);
	submit_three(&b, 9);
	submit_three(&b, 5);
	fake_checks_answer_all(b.checker);
	for (size_t i = 0; i < 4; i++)
		bench_finish(&b, i);
	ck_assert_int_le(stored(&b, 2)->finished_at, stored(&b, 3)->started_at);
	ck_assert_int_le(stored(&b, 3)->finished_at, stored(&b, 1)->started_at);
	bench_end(&b);
}

static size_t count_started(const struct bench *b, size_t n, char first_letter)
{
	size_t found = 0;

	for (size_t i = 0; i < n; i++)
		found += fake_checks_name(b->checker, i)[0] == first_letter;
	return found;
}

static struct id submit_weighted(struct bench *b, const char *prefix, const char *priority)
{
	const char *query[] = {"priority", priority, NULL};
	struct buf text;

	buf_init(&text, 1 << 20);
	for (int i = 0; i < 3000; i++)
		buf_addf(&text, "%s%d.test\n", prefix, i);
	struct outcome o = bench_submit(b, BODY_TEXT, text.data, NULL, query);
	buf_done(&text);
	ck_assert(o.has_job);
	return o.id;
}

/* Also when checks end one by one, so that each turn begins but one. */
static const size_t rooms[] = {100, 1};

TEST(turns_go_by_weight_and_nobody_starves)
{
	struct bench b;

	bench_begin(&b, 0);
	submit_weighted(&b, "low", "0");
	submit_weighted(&b, "high", "9");
	submit_weighted(&b, "mid", "4");
	run_turns(b.loop, 10);
	fake_checks_set_room(b.checker, rooms[_i]);
	fake_checks_answer_all(b.checker);
	bench_wait_started(&b, 1600);
	size_t low = count_started(&b, 1600, 'l'), high = count_started(&b, 1600, 'h');
	ck_assert_msg(low >= 90 && low <= 110, "%zu of the lowest", low);
	ck_assert_msg(high >= 960 && high <= 1040, "%zu of the highest", high);
	for (size_t i = 0; i < 3; i++)
		bench_finish(&b, i);
	bench_end(&b);
}

SUITE(priority)
{
	ADD(places_go_by_priority);
	ADD_ROWS(turns_go_by_weight_and_nobody_starves, rooms);
}
