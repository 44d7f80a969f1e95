/* A day of schedules in a minute: the core on a real database, with a checker that answers at once
 * and clocks that leap from one due time to the next. When the first hours are over, neither memory
 * nor descriptors nor the database may grow.
 *
 * usage: day [HOURS [SCHEDULES]]; the database is in a new folder below $TMPDIR or /tmp. */
#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../fake/checks.h"
#include "../fake/fetcher.h"
#include "../fake/runner.h"
#include "base/alloc.h"
#include "base/log.h"
#include "base/metrics.h"
#include "core/core.h"
#include "loop/mailbox.h"
#include "schedules/schedules_private.h"
#include "sqlite/sqlite.h"

#define HOUR (3600 * USEC_PER_SEC)
#define STEP (10 * USEC_PER_SEC)
#define KEPT (2 * HOUR) /* ended jobs */

enum { SETTLED_HOURS = 6, REPORT_HOURS = 2, RUNS_AN_HOUR = 12 };

struct day {
	struct loop *loop;
	struct mailbox *mailbox;
	struct offload *offload;
	struct checker *checker;
	struct fetcher *fetcher;
	struct store *store;
	struct core *core;
	struct core_opts opts;
	int n;         /* schedules */
	size_t n_open; /* additions under way */
	bool is_bad;
};

struct footprint {
	size_t rss, n_fds; /* bytes */
	uint64_t used;     /* bytes of the database */
};

/* The linker leads all calls of the two clocks here. */
static usec_t leapt;
usec_t __real_clock_mono(void);
usec_t __real_clock_wall(void);
usec_t __wrap_clock_mono(void);
usec_t __wrap_clock_wall(void);

usec_t __wrap_clock_mono(void)
{
	return __real_clock_mono() + leapt;
}

usec_t __wrap_clock_wall(void)
{
	return __real_clock_wall() + leapt;
}

static struct footprint measure(const struct day *d)
{
	struct footprint f = {.used = store_size(d->store).used};
	long n_pages = 0, n_resident = 0;
	FILE *file = fopen("/proc/self/statm", "r");
	DIR *dir = opendir("/proc/self/fd");

	if (file != NULL && fscanf(file, "%ld %ld", &n_pages, &n_resident) == 2)
		f.rss = (size_t)n_resident * 4096;
	if (file != NULL)
		fclose(file);
	while (dir != NULL && readdir(dir) != NULL)
		f.n_fds++;
	if (dir != NULL)
		closedir(dir);
	return f;
}

static void on_added(struct problem *problem, const struct schedule *schedule, void *arg)
{
	struct day *d = arg;

	d->is_bad = d->is_bad || schedule == NULL;
	if (schedule == NULL)
		fprintf(stderr, "a schedule is refused: %s\n", problem->detail);
	d->n_open--;
}

static bool are_added(void *arg)
{
	return ((struct day *)arg)->n_open == 0;
}

static void add_schedules(struct day *d, int n)
{
	for (int i = 0; i < n; i++) {
		char *body = xmalloc(200);
		snprintf(body, 200,
		    "{\"%s\":\"%s\",\"job\":{\"kind\":\"domains\",\"domains\":[\"%c%d.test\"]}}",
		    i % 4 == 0 ? "cron" : "every", i % 4 == 0 ? "*/5 * * * *" : "5m",
		    i % 2 == 0 ? 'f' : 'n', i);
		const struct schedule_edit_opts opts = {.action = SCHEDULE_ADD,
		    .body = body,
		    .len = strlen(body),
		    .on_done = on_added,
		    .arg = d};
		d->n_open++;
		schedules_edit(d->core, &opts);
	}
	run_until(d->loop, are_added, d, "the schedules");
}

static bool is_idle(void *arg)
{
	const struct day *d = arg;
	const struct schedules *all = d->core->schedules;

	return core_n_live(d->core) == 0 && all->n_beginning == 0 &&
	       store_n_queued(d->store) == 0 && schedules_turn(d->core) > 0 &&
	       all->n_beginning == 0 && !store_has_chores(d->store);
}

/* Retention has looked: what is left are the runs of the hours that are kept, and perhaps one more
 * of each schedule. */
static bool are_old_gone(void *arg)
{
	const struct day *d = arg;
	uint64_t n_kept = (uint64_t)d->n * RUNS_AN_HOUR * (KEPT / HOUR);

	return d->core->ended[JOB_DONE] <= n_kept + (uint64_t)d->n && is_idle(arg);
}

static void report(const struct day *d, int hour, const struct footprint *f)
{
	double runs = metric_value(metrics_cell(METRIC_SCHEDULE_RUNS, "started"));

	printf("hour %2d: runs %6.0f  memory %5.1f MiB  descriptors %zu  database %5.1f MiB\n",
	    hour, runs, (double)f->rss / 1048576, f->n_fds, (double)f->used / 1048576);
	fflush(stdout);
	(void)d;
}

static bool live(struct day *d, int n_hours, int n)
{
	struct footprint settled = {.rss = 0}, f = measure(d);

	for (int hour = 1; hour <= n_hours; hour++) {
		for (usec_t left = HOUR; left > 0; left -= STEP) {
			leapt += STEP;
			run_until(d->loop, is_idle, d, "the end of runs");
		}
		d->opts.retention = KEPT;
		core_set_limits(d->core, &d->opts); /* it looks soon, and not in a while */
		run_until(d->loop, are_old_gone, d, "the end of old jobs");
		f = measure(d);
		if (hour == SETTLED_HOURS)
			settled = f;
		if (hour % REPORT_HOURS == 0)
			report(d, hour, &f);
	}
	double runs = metric_value(metrics_cell(METRIC_SCHEDULE_RUNS, "started"));
	double expected = (double)n * n_hours * RUNS_AN_HOUR;
	printf("runs: %.0f of %.0f\n", runs, expected);
	return runs >= expected - n && runs <= expected + n &&
	       (n_hours <= SETTLED_HOURS ||
		   (f.n_fds <= settled.n_fds && f.rss <= settled.rss + (2 << 20) &&
		       f.used <= settled.used + settled.used / 5 + (1 << 20)));
}

static bool start(struct day *d, const char *path)
{
	const struct store_events events = {.on_writable = NULL};
	char *why = NULL;

	d->loop = loop_new();
	d->mailbox = mailbox_new(d->loop);
	d->offload = offload_new(d->mailbox, 1);
	d->checker = fake_checks_new(d->loop, 1000);
	d->fetcher = fake_fetcher_new(d->loop, 10);
	fake_checks_answer_all(d->checker);
	if (store_open(sqlite_backend(), path, d->mailbox, &events, &d->store, &why) != OK) {
		fprintf(stderr, "%s: %s\n", path, why);
		return false;
	}
	d->opts = (struct core_opts){.loop = d->loop,
	    .checker = d->checker,
	    .fetcher = d->fetcher,
	    .store = d->store,
	    .offload = d->offload,
	    .suspects = suspects_new(d->loop, d->store, SUSPECTS_PATIENCE),
	    .folder = "/tmp",
	    .max_items = 1000,
	    .max_active = 1000,
	    .min_every = USEC_PER_SEC,
	    .max_schedules = 100000};
	d->core = core_new(&d->opts);
	return d->core != NULL;
}

static int hours = 24, n_schedules = 100;

/* The doubles assert, which only a test may. */
START_TEST(nothing_grows)
{
	const char *tmp = getenv("TMPDIR");
	struct day d = {.loop = NULL};
	char folder[200], path[220];

	log_setup(LOG_LEVEL_WARNING, LOG_TEXT);
	snprintf(folder, sizeof(folder), "%s/day.XXXXXX", tmp != NULL ? tmp : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/jobs.db", folder);
	ck_assert(start(&d, path));
	d.n = n_schedules;
	add_schedules(&d, n_schedules);
	ck_assert(!d.is_bad);
	ck_assert_msg(live(&d, hours, n_schedules), "it grows, or runs are missing");
}
END_TEST

int main(int argc, char **argv)
{
	Suite *suite = suite_create("day");
	TCase *tcase = tcase_create("day");

	hours = argc > 1 ? (int)strtol(argv[1], NULL, 10) : hours;
	n_schedules = argc > 2 ? (int)strtol(argv[2], NULL, 10) : n_schedules;
	tcase_add_test(tcase, nothing_grows);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_NORMAL);
	int n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
