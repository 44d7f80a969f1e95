/* The registry of metrics and both of its text forms, which golden files hold. */
#include "../unit.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/metrics.h"

static double get_double(void *arg)
{
	return *(double *)arg;
}

static char *expose(enum metrics_format format)
{
	struct buf b;

	buf_init(&b, 1 << 20);
	metrics_write(&b, format);
	ck_assert(!b.overflow);
	return buf_take(&b, NULL);
}

/* Register one family of each type, with values that try the text form. */
static void fill(void)
{
	static double gauges[] = {0, -1, 0.1, 1e21, 123456789.125, INFINITY, -INFINITY, NAN, 2,
	    1732982400.123457, 1e15, 999999999999999, 0.30000000000000004};
	static const double seconds[] = {0, 0.0001, 0.00010001, 0.3, 30, 31};

	metrics_cell(METRIC_JOBS_SUBMITTED, "domains");
	metric_add(metrics_cell(METRIC_BUILD_INFO, "0.1.0", "2.1.12", "0.9.75", "2.14", "3.40"), 1);
	for (size_t i = 0; i < N_ROWS(gauges); i++) {
		char server[32];
		snprintf(server, sizeof(server), "192.0.2.%zu:53", i);
		metrics_getter(METRIC_DNS_WINDOW, get_double, &gauges[i], server);
	}
	metric_add(metrics_cell(METRIC_ITEMS, "domains", "found"), 7);
	metric_add(metrics_cell(METRIC_ITEMS, "domains", "not_found"), UINT64_MAX);
	metric_add(metrics_cell(METRIC_ITEMS, "", "a\\b \"c\"\nd"), 3);
	for (size_t i = 0; i < N_ROWS(seconds); i++)
		metric_observe(metrics_cell(METRIC_DNS_DURATION), seconds[i]);
	metric_observe(metrics_cell(METRIC_HTTP_DURATION, "jobs"), 0.004);
	metrics_cell(METRIC_HTTP_DURATION, "other");
	metrics_cell(METRIC_LOOP_LAG);
	metric_observe(metrics_cell(METRIC_STORE_BATCH_SIZE), 1000);
	metrics_getter(METRIC_PROCESS_CPU, get_double, &gauges[2]);
}

static const struct {
	const char *name;
	enum metrics_format format;
} golden[] = {
    {"golden/metrics.txt", METRICS_TEXT},
    {"golden/metrics.openmetrics", METRICS_OPENMETRICS},
};

TEST(is_as_the_golden_file)
{
	fill();
	AUTO_FREE char *got = expose(golden[_i].format);
	unit_check_golden(golden[_i].name, got, strlen(got));
	metrics_done();
}

TEST(without_cells_nothing_is_shown)
{
	AUTO_FREE char *text = expose(METRICS_TEXT), *open = expose(METRICS_OPENMETRICS);

	ck_assert_str_eq(text, "");
	ck_assert_str_eq(open, "# EOF\n");
}

TEST(too_little_room_is_seen)
{
	struct buf b;

	fill();
	AUTO_FREE char *whole = expose(METRICS_TEXT);
	for (size_t max = 0; max < strlen(whole); max += 7) {
		buf_init(&b, max);
		metrics_write(&b, METRICS_TEXT);
		ck_assert(b.overflow);
		buf_done(&b);
	}
	metrics_done();
}

TEST(one_label_set_is_one_cell)
{
	struct metric_cell *a = metrics_cell(METRIC_ITEMS, "domains", "found"),
			   *b = metrics_cell(METRIC_ITEMS, "domains", "error"),
			   *c = metrics_cell(METRIC_ITEMS, "domains", "found");

	ck_assert_ptr_ne(a, b);
	ck_assert_ptr_eq(a, c);
	metric_add(a, 2);
	metric_add(c, 3);
	ck_assert(metric_value(a) == 5);
	ck_assert(metric_value(b) == 0);
	metrics_done();
}

TEST(sum_and_highest)
{
	double gauges[] = {3, 7, 5};

	metric_add(metrics_cell(METRIC_ITEMS, "domains", "found"), 2);
	metric_add(metrics_cell(METRIC_ITEMS, "flags", "error"), 3);
	metric_add(metrics_cell(METRIC_ITEMS, "domains", "error"), 4);
	metrics_getter(METRIC_QUEUE_OLDEST, get_double, &gauges[0], "domains");
	metrics_getter(METRIC_QUEUE_OLDEST, get_double, &gauges[1], "flags");
	metrics_getter(METRIC_QUEUE_OLDEST, get_double, &gauges[2], "downloads");
	ck_assert(metrics_sum(METRIC_ITEMS, NULL) == 9);
	ck_assert(metrics_sum(METRIC_ITEMS, "status=\"error\"") == 7);
	ck_assert(metrics_sum(METRIC_ITEMS, "status=\"ok\"") == 0);
	ck_assert(metrics_sum(METRIC_STORE_QUEUE, NULL) == 0);
	ck_assert(metrics_highest(METRIC_QUEUE_OLDEST, NULL) == 7);
	ck_assert(metrics_highest(METRIC_QUEUE_OLDEST, "kind=\"domains\"") == 3);
	ck_assert(metrics_highest(METRIC_QUEUE_OLDEST, "kind=\"x\"") == 0);
	metrics_done();
}

/* A comma or a quote in a value must not make two sets look alike. */
TEST(values_are_kept_apart)
{
	struct metric_cell *a = metrics_cell(METRIC_ITEMS, "x\",status=\"y", "z"),
			   *b = metrics_cell(METRIC_ITEMS, "x", "y\",status=\"z");

	ck_assert_ptr_ne(a, b);
	metrics_done();
}

TEST(a_getter_replaces_an_earlier_one)
{
	double one = 1, two = 2;

	metrics_getter(METRIC_STORE_QUEUE, get_double, &one);
	metrics_getter(METRIC_STORE_QUEUE, get_double, &two);
	AUTO_FREE char *text = expose(METRICS_TEXT);
	ck_assert_ptr_nonnull(strstr(text, "\nasyncprobed_store_queue_length 2\n"));
	ck_assert_ptr_null(strstr(text, "\nasyncprobed_store_queue_length 1\n"));
	metrics_done();
}

TEST(histograms_sum)
{
	struct metric_cell *cell = metrics_cell(METRIC_LOOP_LAG);

	metric_observe(cell, 0.25);
	metric_observe(cell, 100);
	ck_assert(metric_value(cell) == 100.25);
	AUTO_FREE char *text = expose(METRICS_TEXT);
	ck_assert_ptr_nonnull(strstr(text, "_bucket{le=\"0.2\"} 0\n"));
	ck_assert_ptr_nonnull(strstr(text, "_bucket{le=\"0.5\"} 1\n"));
	ck_assert_ptr_nonnull(strstr(text, "_bucket{le=\"1.0\"} 1\n"));
	ck_assert_ptr_nonnull(strstr(text, "_bucket{le=\"+Inf\"} 2\n"));
	metrics_done();
}

TEST(a_counter_observes_nothing)
{
	metric_observe(metrics_cell(METRIC_STORE_ERRORS), 1);
}

TEST(ends_and_begins_again)
{
	metric_add(metrics_cell(METRIC_STORE_ERRORS), 7);
	metrics_done();
	metrics_done();
	ck_assert(metric_value(metrics_cell(METRIC_STORE_ERRORS)) == 0);
	metrics_done();
}

static const struct {
	const char *type, *name, *labels, *help;
} rows[] = {
#define METRIC(id, type, name, labels, help) {#type, name, labels, help},
#include "base/metrics.def"
#undef METRIC
};

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && strcmp(s + n - m, end) == 0;
}

/* What Prometheus asks of names, so that its linter has nothing to say. */
TEST(is_named_well)
{
	static const char name_bytes[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
	const char *name = rows[_i].name, *type = rows[_i].type;
	bool is_counter = strncmp(type, "COUNTER", 7) == 0;
	int n_labels = rows[_i].labels[0] != '\0';

	ck_assert_msg(strspn(name, name_bytes) == strlen(name), "%s", name);
	ck_assert_msg(strncmp(name, "asyncprobed_", 12) == 0 || strncmp(name, "process_", 8) == 0,
	    "%s", name);
	ck_assert_msg(ends_with(name, "_total") == is_counter, "%s", name);
	ck_assert_msg(ends_with(name, "_info") == (strcmp(type, "INFO") == 0), "%s", name);
	ck_assert_msg(strcmp(type, "LATENCY") != 0 || ends_with(name, "_seconds"), "%s", name);
	ck_assert_msg(strcmp(type, "ANSWER") != 0 || ends_with(name, "_seconds"), "%s", name);
	ck_assert_msg(strcmp(type, "LAG") != 0 || ends_with(name, "_seconds"), "%s", name);
	ck_assert_msg(
	    !ends_with(name, "_count") && !ends_with(name, "_sum") && !ends_with(name, "_bucket"),
	    "%s", name);
	ck_assert_msg(
	    rows[_i].help[0] != '\0' && strpbrk(rows[_i].help, "\\\"\n") == NULL, "%s", name);
	for (const char *c = rows[_i].labels; *c != '\0'; c++)
		n_labels += *c == ',';
	ck_assert_msg(n_labels <= METRIC_MAX_LABELS, "%s", name);
	for (int i = 0; i < _i; i++)
		ck_assert_msg(strcmp(rows[i].name, name) != 0, "%s is there twice", name);
}

SUITE(metrics)
{
	ADD_ROWS(is_as_the_golden_file, golden);
	ADD(without_cells_nothing_is_shown);
	ADD(too_little_room_is_seen);
	ADD(one_label_set_is_one_cell);
	ADD(sum_and_highest);
	ADD(values_are_kept_apart);
	ADD(a_getter_replaces_an_earlier_one);
	ADD(histograms_sum);
	ADD_ABORTING(a_counter_observes_nothing);
	ADD(ends_and_begins_again);
	ADD_ROWS(is_named_well, rows);
}
