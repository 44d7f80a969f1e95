/* Fetches given up in each state: nothing is called, nothing is left. */
#include "../unit.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "fetch_bench.h"

#define OK_HEAD "HTTP/1.1 200 OK\r\n"
#define HOST    "http://one.test:{port}"

enum { N_THREADS = 2 }; /* of the pool in fetch_bench.h */

static const struct http_rule rules[] = {
    {"/good", 1, 0, OK_HEAD, "GIF89a", 0, HTTP_KEEP, 0},
    {"/long", 1, 0, OK_HEAD, NULL, 8 << 20, HTTP_KEEP, 0},
    {"/silent", 1, 0, NULL, NULL, 0, HTTP_STALL, 0},
    {"/half-a-head", 1, 0, OK_HEAD "X: y", NULL, 0, HTTP_STALL, 0},
    {"/stalls", 1, 0, OK_HEAD "Content-Length: 100\r\n", "half of it", 0, HTTP_STALL, 0},
    {"/broken", 1, 0, "HTTP/1.1 500 Oops\r\n", "", 0, HTTP_KEEP, 0},
    {"/later", 1, 0, "HTTP/1.1 503 Later\r\nRetry-After: 100\r\n", "", 0, HTTP_KEEP, 0},
    {"/to-silent", 1, 0, "HTTP/1.1 302 Found\r\nLocation: /silent\r\n", "", 0, HTTP_KEEP, 0},
    {"/br/br.gif", 1, 0, OK_HEAD, "flag", 0, HTTP_KEEP, 0},
    {"/br/metadata.json", 1, 0, NULL, NULL, 0, HTTP_STALL, 0},
    {.path = NULL},
};

/* Tasks that keep all threads of the pool busy until the gate is opened. */
struct gate {
	struct offload_task tasks[N_THREADS];
	pthread_mutex_t lock;
	pthread_cond_t wake;
	unsigned n_held;
	bool is_open;
};

static struct gate gate = {.lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER};

static void hold(struct offload_task *task)
{
	(void)task;
	pthread_mutex_lock(&gate.lock);
	gate.n_held++;
	pthread_cond_broadcast(&gate.wake);
	while (!gate.is_open)
		pthread_cond_wait(&gate.wake, &gate.lock);
	pthread_mutex_unlock(&gate.lock);
}

static void ignore(struct offload_task *task)
{
	(void)task;
}

static void close_gate(struct fetch_bench *b)
{
	gate.n_held = 0;
	gate.is_open = false;
	for (int i = 0; i < N_THREADS; i++) {
		gate.tasks[i] = (struct offload_task){.work = hold, .done = ignore};
		offload_submit(b->place.offload, &gate.tasks[i]);
	}
	pthread_mutex_lock(&gate.lock);
	while (gate.n_held < N_THREADS)
		pthread_cond_wait(&gate.wake, &gate.lock);
	pthread_mutex_unlock(&gate.lock);
}

static void open_gate(void)
{
	pthread_mutex_lock(&gate.lock);
	gate.is_open = true;
	pthread_cond_broadcast(&gate.wake);
	pthread_mutex_unlock(&gate.lock);
}

static const struct {
	const char *name, *url;
	/* It is given up when this path was asked for so often, and so many bytes came, ... */
	const char *path;
	unsigned n_asked;
	double n_bytes;
	bool is_saving;  /* ... and it is being saved, ... */
	bool has_gate;   /* while the pool is busy with other things, ... */
	bool is_resting; /* and no transfer runs. */
} states[] = {
    {"at once", HOST "/good", NULL, 0, 0, false, false, false},
    {"being resolved", "http://silent.test/", NULL, 0, 0, false, false, true},
    {"waiting for an answer", HOST "/silent", "/silent", 1, 0, false, false, false},
    {"behind half a head", HOST "/half-a-head", "/half-a-head", 1, 0, false, false, false},
    {"in the middle of a body", HOST "/stalls", "/stalls", 1, 10, false, false, false},
    {"held back by the disk", HOST "/long", "/long", 1, 200000, false, true, false},
    {"between two attempts", HOST "/broken", "/broken", 1, 0, false, false, true},
    {"while its host wants time", HOST "/later", "/later", 1, 0, false, false, true},
    {"behind a redirect", HOST "/to-silent", "/silent", 1, 0, false, false, false},
    {"waiting for its country", HOST "/br/br.gif", "/br/metadata.json", 1, 4, false, false, false},
    {"being saved", HOST "/good", "/good", 1, 6, true, true, true},
    {"at the end", HOST "/good", "/good", 1, 6, true, true, true},
};

struct waiting {
	struct fetch_bench *b;
	const struct fetched *f;
	int state;
	int n_turns;
};

static bool is_in_state(void *arg)
{
	struct waiting *w = arg;
	int i = w->state;
	const char *path = states[i].path;

	if ((path != NULL && fake_http_count(w->b->http, path) < states[i].n_asked) ||
	    fetch_metric("asyncprobed_transfer_body_bytes_total") < states[i].n_bytes ||
	    (states[i].is_saving && w->f->n_saving == 0) ||
	    (states[i].is_resting && fetch_metric("asyncprobed_transfers_in_flight") > 0))
		return false;
	return ++w->n_turns > 5; /* what was sent has arrived */
}

static void begin_in_state(struct fetch_bench *b, struct fetched *f, int state)
{
	const struct file_item item = {.name = {"a", 1},
	    .code = {"BR", 2},
	    .options.by_country = strstr(states[state].url, "/br/") != NULL};
	struct waiting w = {.b = b, .f = f, .state = state};

	fetch_bench_begin(b, rules);
	fetch_bench_start(b);
	if (states[state].has_gate)
		close_gate(b);
	fetch_begin(b, f, states[state].url, &item, 0, 3);
	if (state > 0)
		run_until(b->place.loop, is_in_state, &w, states[state].name);
}

TEST(given_up)
{
	const char *row = states[_i].name;
	size_t n_fds = place_n_fds();
	struct fetch_bench b;
	struct fetched f;

	begin_in_state(&b, &f, _i);
	if (strcmp(row, "at the end") == 0)
		open_gate(); /* the pool may have saved it, and the loop has not heard of it */
	ck_assert_msg(f.n_done == 0, "%s: %s", row, reason_name(f.result.reason));
	unsigned n_asked = fake_http_count(b.http, NULL);
	fetch_cancel(f.fetch);
	ck_assert_uint_eq(fetcher_in_flight(b.fetcher), 0);
	open_gate();
	run_turns(b.place.loop, 20);
	ck_assert_msg(f.n_done == 0, "%s", row);
	ck_assert_msg(fake_http_count(b.http, NULL) == n_asked, "%s: asked once more", row);
	fetch_check_nothing_left(&b, row);
	fetch_bench_end(&b);
	ck_assert_msg(place_n_fds() == n_fds, "%s: descriptors are left", row);
}

/* As the daemon ends: the pool first, then what is still under way. */
TEST(given_up_behind_the_pool)
{
	size_t n_fds = place_n_fds();
	struct fetch_bench b;
	struct fetched f;

	begin_in_state(&b, &f, _i);
	open_gate();
	place_stop(&b.place);
	if (f.n_done == 0)
		fetch_cancel(f.fetch);
	else
		ck_assert_int_eq(f.result.status, ITEM_OK);
	place_stop(&b.place); /* what the end of unfinished files left behind */
	if (f.n_done == 0)
		fetch_check_nothing_left(&b, states[_i].name);
	fetch_bench_end(&b);
	ck_assert_msg(place_n_fds() == n_fds, "%s: descriptors are left", states[_i].name);
}

/* One is given up, the others at its host go on. */
TEST(others_go_on)
{
	enum { N = 10 };
	static struct fetched files[N];
	struct fetch_bench b;

	fetch_bench_begin(&b, rules);
	b.opts.per_host = 2;
	fetch_bench_start(&b);
	for (int i = 0; i < N; i++) {
		char name[] = {(char)('a' + i)};
		fetch_begin(&b, &files[i], i < 2 ? HOST "/stalls" : HOST "/good",
		    &(struct file_item){.name = {name, 1}}, 0, 1);
	}
	while (fake_http_count(b.http, "/stalls") < 2)
		run_turns(b.place.loop, 1);
	fetch_cancel(files[5].fetch); /* waits for a place */
	fetch_cancel(files[0].fetch); /* has one */
	fetch_cancel(files[1].fetch);
	for (int i = 2; i < N; i++) {
		if (i == 5)
			continue;
		fetch_wait(&files[i]);
		ck_assert_int_eq(files[i].result.status, ITEM_OK);
	}
	ck_assert_uint_eq(files[0].n_done + files[1].n_done + files[5].n_done, 0);
	place_stop(&b.place);
	AUTO_FREE char *left = fetch_list(&b);
	ck_assert_str_eq(left, "c d e g h i j");
	fetch_bench_end(&b);
}

/* Fetches wait for the pool without a bound on time, and are whole all the same. */
TEST(a_busy_pool_only_delays)
{
	struct fetch_bench b;
	struct fetched f, g;

	fetch_bench_begin(&b, rules);
	fetch_bench_start(&b);
	close_gate(&b);
	fetch_begin(&b, &f, HOST "/long", &(struct file_item){.name = {"a", 1}}, 0, 1);
	fetch_begin(&b, &g, HOST "/good", &(struct file_item){.name = {"b", 1}}, 0, 1);
	while (g.n_saving == 0 || fetch_metric("asyncprobed_transfer_body_bytes_total") < 200000)
		run_turns(b.place.loop, 1);
	run_turns(b.place.loop, 50);
	/* it is held back: no more than two pieces are kept */
	ck_assert(fetch_metric("asyncprobed_transfer_body_bytes_total") < 400000);
	ck_assert(f.n_done == 0 && g.n_done == 0);
	open_gate();
	fetch_wait(&f);
	fetch_wait(&g);
	ck_assert(f.result.status == ITEM_OK && g.result.status == ITEM_OK);
	ck_assert_uint_eq(f.result.file.n_bytes, 8 << 20);
	fetch_bench_end(&b);
}

SUITE(fetch_cancel)
{
	ADD_ROWS(given_up, states);
	ADD_ROWS(given_up_behind_the_pool, states);
	ADD(others_go_on);
	ADD(a_busy_pool_only_delays);
}
