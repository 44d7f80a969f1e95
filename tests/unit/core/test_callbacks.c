/* The worker of the outbox: what it delivers when, and what becomes of each outcome. The clock is
 * the test's. */
#include "../unit.h"

#include "../../fake/alarm.h"
#include "../../fake/poster.h"
#include "../../fake/runner.h"
#include "../../fake/store.h"
#include "base/log.h"
#include "base/metrics.h"
#include "bench.h"
#include "core/callbacks.h"
#include "wire/problem.h"

#define SECOND USEC_PER_SEC
#define HOUR   (3600 * USEC_PER_SEC)
#define DAY    (24 * HOUR)

static usec_t now(void)
{
	return alarm_now(NULL);
}

struct worker {
	struct loop *loop;
	struct store *store;
	struct fake_outbox *outbox;
	struct poster *poster;
	struct callbacks *callbacks;
};

static void make(struct worker *w)
{
	const struct callbacks_opts opts = {.loop = w->loop,
	    .store = w->store,
	    .poster = w->poster,
	    .back_off = 5 * SECOND,
	    .lifetime = DAY};

	w->callbacks = callbacks_new(&opts);
	ck_assert_ptr_nonnull(w->callbacks);
}

static void begin(struct worker *w)
{
	log_setup(LOG_LEVEL_ERROR, LOG_TEXT);
	fake_alarm_stop_clock(1795348800 * SECOND);
	w->loop = loop_new();
	w->store = fake_store_new(w->loop);
	w->outbox = fake_store_outbox(w->store);
	w->poster = fake_poster_new();
	make(w);
}

static void end(struct worker *w)
{
	callbacks_drain(w->callbacks);
	fake_store_crash(w->store);
	callbacks_free(w->callbacks);
	poster_free(w->poster);
	store_free(w->store);
	loop_free(w->loop);
	metrics_done();
}

static void settle(struct worker *w)
{
	run_turns(w->loop, 20);
}

static void pass(struct worker *w, usec_t time)
{
	fake_alarm_move(time, false);
	settle(w);
}

static size_t n_left(const struct worker *w)
{
	return fake_outbox_n_left(w->outbox);
}

static void fail_with(struct worker *w, size_t i, enum reason reason)
{
	const struct post_outcome o = {.reason = reason};

	fake_poster_end(w->poster, i, &o);
	settle(w);
}

static void answer(struct worker *w, size_t i, uint32_t status, usec_t retry_after)
{
	const struct post_outcome o = {.status = status, .retry_after = retry_after};

	fake_poster_end(w->poster, i, &o);
	settle(w);
}

/* --- The pause --- */

static const struct {
	uint32_t attempts;
	usec_t most;
} pauses[] = {{1, 5 * SECOND}, {2, 10 * SECOND}, {3, 20 * SECOND}, {10, 2560 * SECOND}, {11, HOUR},
    {12, HOUR}, {1000000, HOUR}, {UINT32_MAX, HOUR}};

TEST(back_off_doubles)
{
	usec_t most = pauses[_i].most;

	ck_assert_int_eq(callbacks_back_off(5 * SECOND, pauses[_i].attempts, 0), 0);
	ck_assert_int_eq(
	    callbacks_back_off(5 * SECOND, pauses[_i].attempts, (uint64_t)most - 1), most - 1);
	ck_assert_int_eq(callbacks_back_off(5 * SECOND, pauses[_i].attempts, (uint64_t)most), 0);
	ck_assert_int_lt(callbacks_back_off(5 * SECOND, pauses[_i].attempts, UINT64_MAX), most);
	ck_assert_int_lt(callbacks_back_off(2 * HOUR, pauses[_i].attempts, UINT64_MAX), HOUR);
}

/* --- Outcomes --- */

static const struct {
	uint32_t status;
	enum reason reason;
	bool is_over;
} outcomes[] = {
    {200, REASON_NONE, true},
    {204, REASON_NONE, true},
    {299, REASON_NONE, true},
    {300, REASON_NONE, false},
    {301, REASON_NONE, false},
    {307, REASON_NONE, false},
    {400, REASON_NONE, true},
    {401, REASON_NONE, true},
    {404, REASON_NONE, true},
    {408, REASON_NONE, false},
    {410, REASON_NONE, true},
    {429, REASON_NONE, false},
    {499, REASON_NONE, true},
    {500, REASON_NONE, false},
    {503, REASON_NONE, false},
    {599, REASON_NONE, false},
    {0, REASON_CONNECT, false},
    {0, REASON_TIMEOUT, false},
    {0, REASON_TLS, false},
    {0, REASON_DNS_NOT_FOUND, false},
    {0, REASON_DNS_ERROR, false},
    {0, REASON_TOO_LARGE, false},
    {0, REASON_INTERNAL, false},
    {0, REASON_DENIED_TARGET, true},
    {0, REASON_INVALID_URL, true},
};

TEST(judges_outcomes)
{
	const struct post_outcome o = {
	    .status = outcomes[_i].status, .reason = outcomes[_i].reason};
	struct worker w;

	begin(&w);
	fake_outbox_add(w.outbox, "one.test", now());
	callbacks_start(w.callbacks);
	settle(&w);
	ck_assert_uint_eq(fake_poster_n_started(w.poster), 1);
	ck_assert_str_eq(fake_poster_posted(w.poster, 0)->url, "http://one.test/");
	ck_assert_str_eq(fake_poster_posted(w.poster, 0)->body, "{\"no\":1}");
	fake_poster_end(w.poster, 0, &o);
	settle(&w);
	ck_assert_msg(
	    (n_left(&w) == 0) == outcomes[_i].is_over, "%u %s", o.status, reason_name(o.reason));
	const struct fake_post *row = &w.outbox->posts[0];
	ck_assert_uint_eq(row->attempts, 1);
	ck_assert(outcomes[_i].is_over || (row->due >= now() && row->due < now() + 5 * SECOND));
	end(&w);
}

TEST(tries_again_when_it_is_due_and_not_before)
{
	struct worker w;

	begin(&w);
	fake_outbox_add(w.outbox, "one.test", now());
	callbacks_start(w.callbacks);
	settle(&w);
	answer(&w, 0, 500, 0);
	for (size_t i = 1; i < 20; i++) {
		usec_t due = w.outbox->posts[0].due;
		ck_assert(due >= now() && due < now() + HOUR);
		if (due > now()) {
			pass(&w, due - now() - 1);
			ck_assert_uint_eq(fake_poster_n_started(w.poster), i);
		}
		pass(&w, due - now());
		ck_assert_uint_eq(fake_poster_n_started(w.poster), i + 1);
		const struct posted *p = fake_poster_posted(w.poster, i);
		ck_assert_uint_eq(p->skip, i); /* another address each time */
		ck_assert_mem_eq(&p->id, &fake_poster_posted(w.poster, 0)->id, sizeof(p->id));
		answer(&w, i, 503, 0);
	}
	end(&w);
}

static const struct {
	usec_t said, pause;
} retries[] = {{1 * SECOND, 1 * SECOND}, {600 * SECOND, 600 * SECOND}, {DAY, HOUR}};

TEST(obeys_retry_after_for_all_of_the_host)
{
	struct worker w;

	begin(&w);
	for (int i = 0; i < CALLBACKS_MOST_PER_HOST + 2; i++)
		fake_outbox_add(w.outbox, "one.test", now());
	fake_outbox_add(w.outbox, "two.test", now());
	callbacks_start(w.callbacks);
	settle(&w);
	ck_assert_uint_eq(fake_poster_n_started(w.poster), CALLBACKS_MOST_PER_HOST + 1);
	answer(&w, 0, 429, retries[_i].said);
	ck_assert_int_eq(w.outbox->posts[0].due, now() + retries[_i].pause);
	answer(&w, 1, 204, 0);
	ck_assert_uint_eq(fake_poster_n_started(w.poster), CALLBACKS_MOST_PER_HOST + 1);
	pass(&w, retries[_i].pause - 1);
	ck_assert_uint_eq(fake_poster_n_started(w.poster), CALLBACKS_MOST_PER_HOST + 1);
	pass(&w, 1);
	ck_assert_uint_eq(fake_poster_n_started(w.poster), CALLBACKS_MOST_PER_HOST + 3);
	end(&w);
}

TEST(gives_up_at_the_end_of_its_life)
{
	struct worker w;

	begin(&w);
	fake_outbox_add(w.outbox, "one.test", now());
	callbacks_start(w.callbacks);
	settle(&w);
	pass(&w, DAY - SECOND);
	answer(&w, 0, 503, HOUR);
	ck_assert_int_eq(w.outbox->posts[0].due, now() + SECOND); /* the last time ... */
	pass(&w, SECOND);
	ck_assert_uint_eq(fake_poster_n_started(w.poster), 1);
	pass(&w, HOUR); /* ... but not before the host wants to hear of it */
	ck_assert_uint_eq(fake_poster_n_started(w.poster), 2);
	fail_with(&w, 1, REASON_TIMEOUT);
	ck_assert_uint_eq(n_left(&w), 0);
	end(&w);
}

TEST(delivers_what_became_too_old_while_it_was_away)
{
	struct worker w;

	begin(&w);
	fake_outbox_add(w.outbox, "one.test", now() - 7 * DAY);
	callbacks_start(w.callbacks);
	settle(&w);
	answer(&w, 0, 200, 0);
	ck_assert_uint_eq(n_left(&w), 0);
	end(&w);
}

/* --- Turns --- */

TEST(one_host_does_not_hold_up_others)
{
	static const char *const names[] = {"a.test", "b.test", "c.test"};
	struct worker w;

	begin(&w);
	for (int i = 0; i < 1000; i++)
		fake_outbox_add(w.outbox, "slow.test", now());
	for (size_t i = 0; i < N_ROWS(names); i++)
		fake_outbox_add(w.outbox, names[i], now() + 1);
	fake_alarm_move(1, false);
	callbacks_start(w.callbacks);
	settle(&w);
	ck_assert_uint_eq(fake_poster_n_started(w.poster), CALLBACKS_MOST_PER_HOST + N_ROWS(names));
	for (size_t i = 0; i < N_ROWS(names); i++)
		answer(&w, CALLBACKS_MOST_PER_HOST + i, 200, 0);
	ck_assert_uint_eq(n_left(&w), 1000);
	for (size_t i = 0; n_left(&w) > 0; i++) {
		ck_assert_uint_le(fake_poster_n_open(w.poster), CALLBACKS_MOST_PER_HOST);
		if (!fake_poster_posted(w.poster, i)->is_over)
			answer(&w, i, 200, 0);
	}
	ck_assert_uint_eq(fake_poster_n_started(w.poster), 1000 + N_ROWS(names));
	end(&w);
}

TEST(bounds_all_deliveries)
{
	static char names[100][16];
	struct worker w;

	begin(&w);
	for (size_t i = 0; i < N_ROWS(names); i++) {
		snprintf(names[i], sizeof(names[i]), "h%zu.test", i);
		fake_outbox_add(w.outbox, names[i], now());
	}
	callbacks_start(w.callbacks);
	for (size_t i = 0; i < N_ROWS(names); i++) {
		settle(&w);
		size_t left = N_ROWS(names) - i;
		ck_assert_uint_eq(
		    fake_poster_n_open(w.poster), left < CALLBACKS_MOST ? left : CALLBACKS_MOST);
		answer(&w, i, 503, HOUR); /* more hosts that ask for a pause than are remembered */
	}
	ck_assert_uint_eq(callbacks_in_flight(w.callbacks), 0);
	pass(&w, HOUR);
	ck_assert_uint_eq(fake_poster_n_open(w.poster), CALLBACKS_MOST);
	end(&w);
}

/* A look that began before an attempt's end was committed still sees the row as due. */
TEST(an_old_look_delivers_nothing_twice)
{
	struct worker w;

	begin(&w);
	fake_outbox_add(w.outbox, "one.test", now());
	fake_outbox_add(w.outbox, "one.test", now());
	callbacks_start(w.callbacks);
	settle(&w);
	ck_assert_uint_eq(fake_poster_n_started(w.poster), 2);
	fake_store_hold_reads(w.store, true);
	callbacks_wake(w.callbacks);
	settle(&w);
	ck_assert_uint_eq(fake_store_n_waiting(w.store, STORE_OUTBOX), 1);
	fake_store_look(w.store);
	answer(&w, 0, 200, 0);
	answer(&w, 1, 500, 0);
	ck_assert_uint_eq(fake_store_n_done(w.store, STORE_POSTED), 2);
	fake_store_hold_reads(w.store, false);
	settle(&w);
	usec_t due = w.outbox->posts[1].due;
	ck_assert_uint_eq(fake_poster_n_started(w.poster), due > now() ? 2 : 3);
	pass(&w, due - now());
	ck_assert_uint_eq(fake_poster_n_started(w.poster), 3);
	end(&w);
}

TEST(nothing_is_delivered_twice_while_the_store_is_full)
{
	struct worker w;

	begin(&w);
	fake_outbox_add(w.outbox, "one.test", now());
	callbacks_start(w.callbacks);
	settle(&w);
	fake_store_fail_writes(w.store, ERR_FULL);
	answer(&w, 0, 200, 0);
	for (int i = 0; i < 10; i++)
		pass(&w, 60 * SECOND);
	ck_assert_uint_eq(fake_poster_n_started(w.poster), 1);
	ck_assert_uint_eq(callbacks_in_flight(w.callbacks), 1);
	fake_store_fail_writes(w.store, OK);
	settle(&w);
	ck_assert_uint_eq(n_left(&w), 0);
	ck_assert_uint_eq(callbacks_in_flight(w.callbacks), 0);
	end(&w);
}

TEST(reads_again_when_it_could_not)
{
	struct worker w;

	begin(&w);
	fake_outbox_add(w.outbox, "one.test", now());
	fake_store_fail_reads(w.store, ERR_IO);
	callbacks_start(w.callbacks);
	settle(&w);
	ck_assert_uint_eq(fake_poster_n_started(w.poster), 0);
	fake_store_fail_reads(w.store, OK);
	pass(&w, 60 * SECOND);
	ck_assert_uint_eq(fake_poster_n_started(w.poster), 1);
	end(&w);
}

/* What was in flight when the daemon died is delivered by the next one, under the same id. */
TEST(a_crash_delivers_again)
{
	struct worker w;
	struct id id;

	begin(&w);
	fake_outbox_add(w.outbox, "one.test", now());
	callbacks_start(w.callbacks);
	settle(&w);
	id = fake_poster_posted(w.poster, 0)->id;
	fake_store_crash(w.store);
	callbacks_free(w.callbacks);
	make(&w);
	callbacks_start(w.callbacks);
	settle(&w);
	ck_assert_uint_eq(fake_poster_n_started(w.poster), 2);
	ck_assert_mem_eq(&fake_poster_posted(w.poster, 1)->id, &id, sizeof(id));
	answer(&w, 1, 200, 0);
	ck_assert_uint_eq(n_left(&w), 0);
	end(&w);
}

TEST(drains)
{
	struct worker w;

	begin(&w);
	for (int i = 0; i < 10; i++)
		fake_outbox_add(w.outbox, "one.test", now());
	callbacks_start(w.callbacks);
	settle(&w);
	callbacks_drain(w.callbacks);
	ck_assert_uint_eq(callbacks_in_flight(w.callbacks), CALLBACKS_MOST_PER_HOST);
	answer(&w, 0, 200, 0);
	callbacks_wake(w.callbacks);
	settle(&w);
	ck_assert_uint_eq(fake_poster_n_started(w.poster), CALLBACKS_MOST_PER_HOST);
	ck_assert_uint_eq(callbacks_in_flight(w.callbacks), CALLBACKS_MOST_PER_HOST - 1);
	ck_assert_uint_eq(n_left(&w), 9);
	end(&w);
}

TEST(a_drain_drops_what_was_not_sent_yet)
{
	struct worker w;

	begin(&w);
	fake_poster_set_waiting(w.poster, true);
	fake_outbox_add(w.outbox, "one.test", now());
	callbacks_start(w.callbacks);
	settle(&w);
	callbacks_drain(w.callbacks);
	ck_assert_uint_eq(callbacks_in_flight(w.callbacks), 0);
	ck_assert(fake_poster_posted(w.poster, 0)->is_over);
	ck_assert_uint_eq(n_left(&w), 1);
	end(&w);
}

TEST(does_nothing_before_its_start_or_without_rows)
{
	struct worker w;

	begin(&w);
	fake_outbox_add(w.outbox, "one.test", now());
	callbacks_wake(w.callbacks);
	settle(&w);
	ck_assert_uint_eq(fake_store_n_done(w.store, STORE_OUTBOX), 0);
	callbacks_start(w.callbacks);
	settle(&w);
	answer(&w, 0, 200, 0);
	size_t n = fake_store_n_done(w.store, STORE_OUTBOX);
	pass(&w, 30 * DAY);
	ck_assert_uint_eq(fake_store_n_done(w.store, STORE_OUTBOX), n);
	end(&w);
}

/* --- Together with jobs --- */

static const char *const good_body = "{\"kind\":\"domains\",\"domains\":[\"a.test\"],"
				     "\"callback_url\":\"http://called.test/x\"}";

static void begin_with_core(struct worker *w, struct bench *b)
{
	bench_begin(b, 10);
	fake_alarm_stop_clock(1795348800 * SECOND);
	*w = (struct worker){.loop = b->loop, .store = b->store, .poster = fake_poster_new()};
	w->outbox = fake_store_outbox(b->store);
	make(w);
	core_free(b->core);
	b->opts.callbacks = w->callbacks;
	b->core = core_new(&b->opts);
	callbacks_start(w->callbacks);
}

static void end_with_core(struct worker *w, struct bench *b)
{
	callbacks_drain(w->callbacks);
	fake_store_crash(b->store);
	callbacks_free(w->callbacks);
	b->opts.callbacks = NULL;
	poster_free(w->poster);
	bench_end(b);
}

TEST(the_end_of_a_job_wakes_it)
{
	struct worker w;
	struct bench b;

	begin_with_core(&w, &b);
	fake_engine_answer_all(b.engine);
	bench_submit_json(&b, good_body);
	bench_finish(&b, 0);
	settle(&w);
	ck_assert_uint_eq(fake_poster_n_started(w.poster), 1);
	end_with_core(&w, &b);
}

static const struct {
	const char *name, *body, *query[7];
	const char *text;
} refused[] = {
    {"json", "json", {NULL},
	"{\"kind\":\"domains\",\"domains\":[\"a.test\"],\"callback_url\":\"http://10.0.0.1/\"}"},
    {"lines", "lines", {"kind", "domains", "callback_url", "http://10.0.0.1/", NULL}, "a.test\n"},
    {"dry run", "lines",
	{"kind", "domains", "callback_url", "http://10.0.0.1/", "dry_run", "true", NULL},
	"a.test\n"},
};

TEST(judges_submissions)
{
	struct worker w;
	struct bench b;
	bool is_json = strcmp(refused[_i].body, "json") == 0;

	begin_with_core(&w, &b);
	fake_poster_deny(w.poster, "http://10.");
	struct outcome o = bench_submit(&b, is_json ? BODY_JSON : BODY_TEXT, refused[_i].text, NULL,
	    is_json ? NULL : refused[_i].query);
	ck_assert_msg(o.status == 422 && !o.has_job, "%s: %d", refused[_i].name, o.status);
	ck_row_str(refused[_i].name, o.pointer, "/callback_url");
	ck_assert_ptr_null(fake_store_job(b.store, 0));
	end_with_core(&w, &b);
}

TEST(judges_at_a_pointer)
{
	struct problem p = {.status = 0};
	struct worker w;

	begin(&w);
	fake_poster_deny(w.poster, "http://10.");
	callbacks_judge(w.callbacks, "http://one.test/", "/job/callback_url", &p);
	ck_assert_int_eq(p.status, 0);
	callbacks_judge(w.callbacks, "http://10.0.0.1/", "/job/callback_url", &p);
	ck_assert_int_eq(p.status, 422);
	ck_assert_str_eq(p.errors[0].pointer, "/job/callback_url");
	ck_assert_str_eq(p.errors[0].detail, "This may not be called: denied by the test.");
	callbacks_judge(w.callbacks, "gopher://a.test/", "/callback_url", &p);
	ck_assert_str_eq(p.errors[1].pointer, "/callback_url");
	problem_done(&p);
	end(&w);
}

SUITE(callbacks)
{
	ADD_ROWS(judges_outcomes, outcomes);
	ADD_ROWS(judges_submissions, refused);
	ADD(judges_at_a_pointer);
	ADD(nothing_is_delivered_twice_while_the_store_is_full);
	ADD(reads_again_when_it_could_not);
	ADD(a_crash_delivers_again);
	ADD(an_old_look_delivers_nothing_twice);
	ADD_ROWS(obeys_retry_after_for_all_of_the_host, retries);
	ADD(gives_up_at_the_end_of_its_life);
	ADD(delivers_what_became_too_old_while_it_was_away);
	ADD(tries_again_when_it_is_due_and_not_before);
	ADD_ROWS(back_off_doubles, pauses);
	ADD(one_host_does_not_hold_up_others);
	ADD(bounds_all_deliveries);
	ADD(drains);
	ADD(a_drain_drops_what_was_not_sent_yet);
	ADD(does_nothing_before_its_start_or_without_rows);
	ADD(the_end_of_a_job_wakes_it);
}
