/* What crosses a lane, and what becomes of results whose item was cancelled. */
#include "../unit.h"

#include "../../fake/checks.h"
#include "../../fake/fetcher.h"
#include "../../fake/runner.h"
#include "base/metrics.h"
#include "jobs/lane.h"
#include "jobs/opts.h"
#include "wire/record.h"

struct world {
	struct loop *loop;
	struct core_opts opts;
	struct lane *dns, *files;
	struct buf events;
	int n_told;
};

static void on_event(void *arg)
{
	((struct world *)arg)->n_told++;
}

static void begin(struct world *w)
{
	*w = (struct world){.loop = loop_new()};
	w->opts.checker = fake_checks_new(w->loop, 8);
	w->opts.fetcher = fake_fetcher_new(w->loop, 8);
	w->dns = lane_new(lane_dns(), &w->opts);
	w->files = lane_new(lane_files(), &w->opts);
	lane_set_on_event(w->dns, on_event, w);
	lane_set_on_event(w->files, on_event, w);
	buf_init(&w->events, 1 << 20);
}

static void end(struct world *w)
{
	buf_done(&w->events);
	lane_free(w->dns);
	lane_free(w->files);
	checker_free(w->opts.checker);
	fetcher_free(w->opts.fetcher);
	loop_free(w->loop);
	metrics_done();
}

/* The text is overwritten once the item is started: nothing may be borrowed. */
static void start_text(struct lane *lane, uint64_t item, const char *text, size_t len)
{
	static const struct job_params params;
	char copy[200];

	ck_assert_uint_lt(len, sizeof(copy));
	memcpy(copy, text, len);
	lane_start(lane, &(struct lane_request){.item = item,
			     .job = {.bytes = {7}},
			     .params = &params,
			     .index = (uint32_t)item,
			     .text = copy,
			     .len = len});
	memset(copy, 'X', sizeof(copy));
}

static void start_name(struct world *w, uint64_t item, const char *name)
{
	start_text(w->dns, item, name, strlen(name));
}

static void start_file(struct world *w, uint64_t item, const char *name)
{
	struct file_item file = {.url = {"http://h.test/", 14}, .name = {name, strlen(name)}};
	struct buf b;

	buf_init(&b, 1000);
	file_item_add(&b, &file);
	start_text(w->files, item, b.data, b.len);
	buf_done(&b);
}

TEST(each_kind_has_one_lane)
{
	struct world w;

	begin(&w);
	for (int kind = 0; kind < N_KINDS; kind++) {
		int n = (lane_ops(w.dns)->kinds >> kind & 1) != 0;
		n += (lane_ops(w.files)->kinds >> kind & 1) != 0;
		ck_assert_msg(n == 1, "%s", job_kind_name((enum job_kind)kind));
	}
	end(&w);
}

TEST(results_come_as_records)
{
	struct lane_event e;
	struct result r;
	size_t offset = 0, at = 0;
	struct world w;

	begin(&w);
	start_name(&w, 1, "f.test");
	start_name(&w, 0, "n.test");
	ck_assert(fake_checks_finish(w.opts.checker, "n.test", ITEM_NOT_FOUND));
	ck_assert(fake_checks_finish(w.opts.checker, "f.test", ITEM_FOUND));
	ck_assert_int_ge(w.n_told, 2);
	ck_assert_uint_eq(lane_in_flight(w.dns), 2); /* until they are taken */
	lane_take(w.dns, &w.events);
	ck_assert_uint_eq(lane_in_flight(w.dns), 0);
	ck_assert(lane_next(&w.events, &offset, &e));
	ck_assert(e.item == 0 && e.type == LANE_DONE && e.status == ITEM_NOT_FOUND &&
		  e.reason == REASON_NXDOMAIN && e.job.bytes[0] == 7);
	ck_assert(record_next(e.record, e.n_record, &at, &r) && at == e.n_record);
	ck_assert(r.index == 0 && r.name_len == 6 && memcmp(r.name, "n.test", 6) == 0);
	ck_assert(lane_next(&w.events, &offset, &e));
	ck_assert(e.item == 1 && e.status == ITEM_FOUND && e.reason == REASON_NONE);
	ck_assert(!lane_next(&w.events, &offset, &e));
	lane_take(w.dns, &w.events);
	offset = 0;
	ck_assert(!lane_next(&w.events, &offset, &e));
	end(&w);
}

TEST(cancelled_items_tell_nothing)
{
	struct lane_event e;
	size_t offset = 0;
	struct world w;

	begin(&w);
	start_name(&w, 0, "a.test");
	start_name(&w, 1, "b.test");
	lane_cancel(w.dns, 0);
	lane_cancel(w.dns, 0);
	lane_cancel(w.dns, 5); /* never started */
	ck_assert_uint_eq(checker_in_flight(w.opts.checker), 1);
	ck_assert_uint_eq(lane_in_flight(w.dns), 1);
	start_name(&w, (uint64_t)1 << 32, "c.test"); /* in the same place */
	lane_cancel(w.dns, 0);                       /* the old number means nothing */
	ck_assert_uint_eq(lane_in_flight(w.dns), 2);
	ck_assert(fake_checks_finish(w.opts.checker, "c.test", ITEM_FOUND));
	lane_take(w.dns, &w.events);
	ck_assert(lane_next(&w.events, &offset, &e) && e.item == (uint64_t)1 << 32);
	ck_assert(!lane_next(&w.events, &offset, &e));
	lane_cancel(w.dns, 1);
	end(&w);
}

TEST(files_are_received_first)
{
	struct lane_event e;
	size_t offset = 0;
	struct world w;

	begin(&w);
	start_file(&w, 3, "a.gif");
	ck_assert(fake_fetcher_receive(w.opts.fetcher, "a.gif"));
	ck_assert(fake_fetcher_finish(w.opts.fetcher, "a.gif", ITEM_OK, REASON_NONE));
	lane_take(w.files, &w.events);
	ck_assert(lane_next(&w.events, &offset, &e) && e.item == 3 && e.type == LANE_RECEIVED);
	ck_assert(lane_next(&w.events, &offset, &e) && e.item == 3 && e.type == LANE_DONE);
	ck_assert(!lane_next(&w.events, &offset, &e));
	ck_assert_str_eq(fake_fetcher_removed_file(w.opts.fetcher), "");
	end(&w);
}

/* The result was on its way when the item was cancelled: its file goes. */
TEST(discarded_results_leave_no_file)
{
	struct lane_event e;
	size_t offset = 0;
	struct world w;

	begin(&w);
	start_file(&w, 0, "a.gif");
	ck_assert(fake_fetcher_finish(w.opts.fetcher, NULL, ITEM_OK, REASON_NONE));
	lane_cancel(w.files, 0);
	ck_assert_uint_eq(lane_in_flight(w.files), 1);
	lane_take(w.files, &w.events);
	ck_assert(lane_next(&w.events, &offset, &e));
	lane_discard(w.files, &e);
	ck_assert_str_eq(fake_fetcher_removed_file(w.opts.fetcher), "a.gif");
	end(&w);
}

TEST(results_of_names_leave_nothing)
{
	struct lane_event e;
	size_t offset = 0;
	struct world w;

	begin(&w);
	start_name(&w, 0, "f.test");
	ck_assert(fake_checks_finish(w.opts.checker, NULL, ITEM_FOUND));
	lane_take(w.dns, &w.events);
	ck_assert(lane_next(&w.events, &offset, &e));
	lane_discard(w.dns, &e);
	lane_remove_job(w.dns, &e.job);
	ck_assert_str_eq(fake_fetcher_removed_file(w.opts.fetcher), "");
	ck_assert_uint_eq(fake_fetcher_n_removed(w.opts.fetcher, &e.job), 0);
	end(&w);
}

SUITE(lane)
{
	ADD(each_kind_has_one_lane);
	ADD(results_come_as_records);
	ADD(cancelled_items_tell_nothing);
	ADD(files_are_received_first);
	ADD(discarded_results_leave_no_file);
	ADD(results_of_names_leave_nothing);
}
