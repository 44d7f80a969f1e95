/* The worker of the outbox: what becomes of each outcome, and of jobs that want to be called. */
#include "../unit.h"

#include "bench.h"
#include "callbacks_bench.h"
#include "wire/problem.h"

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

	worker_begin(&w);
	fake_outbox_add(w.outbox, "one.test", callbacks_now());
	callbacks_start(w.callbacks);
	worker_settle(&w);
	ck_assert_uint_eq(fake_poster_n_started(w.poster), 1);
	ck_assert_str_eq(fake_poster_posted(w.poster, 0)->url, "http://one.test/");
	ck_assert_str_eq(fake_poster_posted(w.poster, 0)->body, "{\"no\":1}");
	fake_poster_end(w.poster, 0, &o);
	worker_settle(&w);
	ck_assert_msg((worker_n_left(&w) == 0) == outcomes[_i].is_over, "%u %s", o.status,
	    reason_name(o.reason));
	const struct fake_post *row = &w.outbox->posts[0];
	ck_assert_uint_eq(row->attempts, 1);
	ck_assert(outcomes[_i].is_over ||
		  (row->due >= callbacks_now() && row->due < callbacks_now() + 5 * SECOND));
	worker_end(&w);
}

TEST(tries_again_when_it_is_due_and_not_before)
{
	struct worker w;

	worker_begin(&w);
	fake_outbox_add(w.outbox, "one.test", callbacks_now());
	callbacks_start(w.callbacks);
	worker_settle(&w);
	worker_answer(&w, 0, 500, 0);
	for (size_t i = 1; i < 20; i++) {
		usec_t due = w.outbox->posts[0].due;
		ck_assert(due >= callbacks_now() && due < callbacks_now() + HOUR);
		if (due > callbacks_now()) {
			worker_pass(&w, due - callbacks_now() - 1);
			ck_assert_uint_eq(fake_poster_n_started(w.poster), i);
		}
		worker_pass(&w, due - callbacks_now());
		ck_assert_uint_eq(fake_poster_n_started(w.poster), i + 1);
		const struct posted *p = fake_poster_posted(w.poster, i);
		ck_assert_mem_eq(&p->id, &fake_poster_posted(w.poster, 0)->id, sizeof(p->id));
		worker_answer(&w, i, 503, 0);
	}
	worker_end(&w);
}

static const struct {
	usec_t said, pause;
} retries[] = {{1 * SECOND, 1 * SECOND}, {600 * SECOND, 600 * SECOND}, {DAY, HOUR}};

TEST(obeys_retry_after_for_all_of_the_host)
{
	struct worker w;

	worker_begin(&w);
	for (int i = 0; i < CALLBACKS_MOST_PER_HOST + 2; i++)
		fake_outbox_add(w.outbox, "one.test", callbacks_now());
	fake_outbox_add(w.outbox, "two.test", callbacks_now());
	callbacks_start(w.callbacks);
	worker_settle(&w);
	ck_assert_uint_eq(fake_poster_n_started(w.poster), CALLBACKS_MOST_PER_HOST + 1);
	worker_answer(&w, 0, 429, retries[_i].said);
	ck_assert_int_eq(w.outbox->posts[0].due, callbacks_now() + retries[_i].pause);
	worker_answer(&w, 1, 204, 0);
	ck_assert_uint_eq(fake_poster_n_started(w.poster), CALLBACKS_MOST_PER_HOST + 1);
	worker_pass(&w, retries[_i].pause - 1);
	ck_assert_uint_eq(fake_poster_n_started(w.poster), CALLBACKS_MOST_PER_HOST + 1);
	worker_pass(&w, 1);
	ck_assert_uint_eq(fake_poster_n_started(w.poster), CALLBACKS_MOST_PER_HOST + 3);
	worker_end(&w);
}

TEST(gives_up_at_the_end_of_its_life)
{
	struct worker w;

	worker_begin(&w);
	fake_outbox_add(w.outbox, "one.test", callbacks_now());
	callbacks_start(w.callbacks);
	worker_settle(&w);
	worker_pass(&w, DAY - SECOND);
	worker_answer(&w, 0, 503, HOUR);
	ck_assert_int_eq(w.outbox->posts[0].due, callbacks_now() + SECOND); /* the last time ... */
	worker_pass(&w, SECOND);
	ck_assert_uint_eq(fake_poster_n_started(w.poster), 1);
	worker_pass(&w, HOUR); /* ... but not before the host wants to hear of it */
	ck_assert_uint_eq(fake_poster_n_started(w.poster), 2);
	worker_fail(&w, 1, REASON_TIMEOUT);
	ck_assert_uint_eq(worker_n_left(&w), 0);
	worker_end(&w);
}

TEST(delivers_what_became_too_old_while_it_was_away)
{
	struct worker w;

	worker_begin(&w);
	fake_outbox_add(w.outbox, "one.test", callbacks_now() - 7 * DAY);
	callbacks_start(w.callbacks);
	worker_settle(&w);
	worker_answer(&w, 0, 200, 0);
	ck_assert_uint_eq(worker_n_left(&w), 0);
	worker_end(&w);
}

/* --- Together with jobs --- */

static const char *const good_body = "{\"kind\":\"domains\",\"domains\":[\"a.test\"],"
				     "\"callback_url\":\"http://called.test/x\"}";

static void begin_with_core(struct worker *w, struct bench *b)
{
	bench_begin(b, 10);
	fake_alarm_stop_clock(1795348800 * SECOND);
	*w = (struct worker){.loop = b->loop,
	    .store = b->store,
	    .poster = fake_poster_new(),
	    .suspects = b->opts.suspects};
	w->outbox = fake_store_outbox(b->store);
	worker_make(w);
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
	fake_checks_answer_all(b.checker);
	bench_submit_json(&b, good_body);
	bench_finish(&b, 0);
	worker_settle(&w);
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

	worker_begin(&w);
	fake_poster_deny(w.poster, "http://10.");
	callbacks_judge(w.callbacks, "http://one.test/", "/job/callback_url", &p);
	ck_assert_int_eq(p.status, 0);
	callbacks_judge(w.callbacks, "http://10.0.0.1/", "/job/callback_url", &p);
	ck_assert_int_eq(p.status, 422);
	ck_assert_str_eq(p.errors[0].pointer, "/job/callback_url");
	ck_assert_str_eq(
	    p.errors[0].detail, "The callback URL is not allowed: denied by the test.");
	callbacks_judge(w.callbacks, "gopher://a.test/", "/callback_url", &p);
	ck_assert_str_eq(p.errors[1].pointer, "/callback_url");
	problem_done(&p);
	worker_end(&w);
}

SUITE(callbacks)
{
	ADD_ROWS(judges_outcomes, outcomes);
	ADD_ROWS(judges_submissions, refused);
	ADD(judges_at_a_pointer);
	ADD_ROWS(obeys_retry_after_for_all_of_the_host, retries);
	ADD(gives_up_at_the_end_of_its_life);
	ADD(delivers_what_became_too_old_while_it_was_away);
	ADD(tries_again_when_it_is_due_and_not_before);
	ADD_ROWS(back_off_doubles, pauses);
	ADD(the_end_of_a_job_wakes_it);
}
