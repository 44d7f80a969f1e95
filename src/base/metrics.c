/* The registry of metrics and its exposition. What a scrape writes before each value, and the heads
 * of the metrics, are made when a series is registered: a scrape copies them. The formats:
 * Prometheus "text-based format" 0.0.4 and OpenMetrics 1.0. */
#include "base/metrics.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

enum metric_type { COUNTER, COUNTER_FN, GAUGE, INFO, LATENCY, ANSWER, LAG, SIZE };

struct metric_row {
	enum metric_type type;
	const char *name, *labels, *help;
};

static const struct metric_row rows[] = {
#define METRIC(id, type, name, labels, help) {type, name, labels, help},
#include "base/metrics.def"
#undef METRIC
};

enum { MAX_BUCKETS = 16, N_FORMATS = METRICS_OPENMETRICS + 1 };

#define MANY 1e15 /* integers below this are exact in a double */

struct bucket_set {
	int n;
	double bounds[MAX_BUCKETS];
};

static const struct bucket_set bucket_sets[] = {
    [LATENCY] = {16,
	{.0001, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}},
    [ANSWER] = {7, {.001, .005, .025, .1, .5, 2.5, 10}},
    [LAG] = {11, {.0005, .001, .002, .005, .01, .02, .05, .1, .2, .5, 1}},
    [SIZE] = {8, {1, 2, 5, 10, 50, 100, 1000, 10000}},
};

struct metric_cell {
	struct metric_cell *next;
	const struct metric_row *row;
	char *labels; /* owned; `a="x",b="y"`, or "" */
	/* owned; each line up to its value: one, or those of the buckets, of +Inf, sum and count */
	char *lines[MAX_BUCKETS + 3];
	metric_get_fn *get;
	void *get_arg;
	double sum; /* histogram: sum of the values; otherwise unused */
	uint64_t count;
	uint64_t buckets[MAX_BUCKETS]; /* values at most bounds[i] and above bounds[i - 1] */
};

static struct metric_cell *cells[N_METRICS], **cell_ends[N_METRICS];
static unsigned long n_scrapes;
static char *heads[N_METRICS][N_FORMATS]; /* owned; of the metrics that have cells */

static void add_escaped(struct buf *b, const char *s)
{
	for (; *s != '\0'; s++) {
		if (*s == '\n')
			buf_add_str(b, "\\n");
		else if (*s == '"' || *s == '\\')
			buf_addf(b, "\\%c", *s);
		else
			buf_add_char(b, *s);
	}
}

static char *format_labels(const struct metric_row *row, va_list args)
{
	const char *name = row->labels;
	struct buf b;

	buf_init(&b, 1 << 16);
	while (*name != '\0') {
		size_t len = strcspn(name, ",");
		buf_addf(&b, "%s%.*s=\"", b.len > 0 ? "," : "", (int)len, name);
		add_escaped(&b, va_arg(args, const char *));
		buf_add_char(&b, '"');
		name += len + (name[len] == ',');
	}
	return buf_take(&b, NULL);
}

/* The shortest decimal that reads back as the same number; the daemon never leaves the "C" locale.
 */
static void add_number(struct buf *b, double value)
{
	char text[32];

	if (!isfinite(value)) {
		buf_add_str(b, isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf");
		return;
	}
	if (value >= 0 && value < MANY && value == (double)(uint64_t)value) {
		buf_add_u64(b, (uint64_t)value);
		return;
	}
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, value);
		if (strtod(text, NULL) == value)
			break;
	}
	buf_add_str(b, text);
}

/* A bucket's bound as OpenMetrics writes it: with a point even when it is whole. */
static void add_bound(struct buf *b, double bound)
{
	size_t before = b->len;

	add_number(b, bound);
	if (b->data != NULL && strpbrk(b->data + before, ".eI") == NULL)
		buf_add_str(b, ".0");
}

static char *PRINTF(1, 2) format_line(const char *format, ...)
{
	struct buf b;
	va_list args;

	va_start(args, format);
	buf_init(&b, 1 << 17);
	buf_addv(&b, format, args);
	va_end(args);
	return buf_take(&b, NULL);
}

static void make_histogram_lines(struct metric_cell *c)
{
	const struct bucket_set *set = &bucket_sets[c->row->type];
	bool has_labels = c->labels[0] != '\0';
	const char *name = c->row->name, *open = has_labels ? "{" : "",
		   *close = has_labels ? "}" : "";

	for (int i = 0; i <= set->n; i++) {
		struct buf bound;
		buf_init(&bound, 64);
		add_bound(&bound, i < set->n ? set->bounds[i] : INFINITY);
		c->lines[i] = format_line("%s_bucket{%s%sle=\"%s\"} ", name, c->labels,
		    has_labels ? "," : "", bound.data);
		buf_done(&bound);
	}
	c->lines[set->n + 1] = format_line("%s_sum%s%s%s ", name, open, c->labels, close);
	c->lines[set->n + 2] = format_line("%s_count%s%s%s ", name, open, c->labels, close);
}

static void make_lines(struct metric_cell *c)
{
	if (c->row->type >= LATENCY)
		make_histogram_lines(c);
	else if (c->labels[0] != '\0')
		c->lines[0] = format_line("%s{%s} ", c->row->name, c->labels);
	else
		c->lines[0] = format_line("%s ", c->row->name);
}

/* OpenMetrics names the family of a counter or an info without its suffix. */
static char *make_head(const struct metric_row *row, enum metrics_format format)
{
	static const char *const text_types[] = {[COUNTER] = "counter",
	    [COUNTER_FN] = "counter",
	    [GAUGE] = "gauge",
	    [INFO] = "gauge",
	    [LATENCY] = "histogram",
	    [ANSWER] = "histogram",
	    [LAG] = "histogram",
	    [SIZE] = "histogram"};
	const char *type = text_types[row->type];
	int name_len = (int)strlen(row->name);

	if (format == METRICS_OPENMETRICS) {
		if (row->type == COUNTER || row->type == COUNTER_FN)
			name_len -= (int)strlen("_total");
		if (row->type == INFO) {
			name_len -= (int)strlen("_info");
			type = "info";
		}
	}
	return format_line("# HELP %.*s %s\n# TYPE %.*s %s\n", name_len, row->name, row->help,
	    name_len, row->name, type);
}

static struct metric_cell *find_or_make(enum metric metric, va_list args)
{
	AUTO_FREE char *labels = format_labels(&rows[metric], args);
	struct metric_cell *c;

	for (c = cells[metric]; c != NULL; c = c->next) {
		if (strcmp(c->labels, labels) == 0)
			return c;
	}
	c = xcalloc(1, sizeof(*c));
	c->row = &rows[metric];
	c->labels = TAKE(labels);
	make_lines(c);
	if (cell_ends[metric] == NULL) {
		cell_ends[metric] = &cells[metric];
		for (int i = 0; i < N_FORMATS; i++)
			heads[metric][i] = make_head(&rows[metric], (enum metrics_format)i);
	}
	*cell_ends[metric] = c;
	cell_ends[metric] = &c->next;
	return c;
}

struct metric_cell *metrics_cell(enum metric metric, ...)
{
	va_list args;

	va_start(args, metric);
	struct metric_cell *c = find_or_make(metric, args);
	va_end(args);
	return c;
}

void metrics_getter(enum metric metric, metric_get_fn *get, void *arg, ...)
{
	va_list args;

	va_start(args, arg);
	struct metric_cell *c = find_or_make(metric, args);
	va_end(args);
	c->get = get;
	c->get_arg = arg;
}

void metric_add(struct metric_cell *cell, uint64_t n)
{
	cell->count += n;
}

void metric_observe(struct metric_cell *cell, double value)
{
	const struct bucket_set *set = &bucket_sets[cell->row->type];
	int i = 0;

	assert(cell->row->type >= LATENCY);
	while (i < set->n && value > set->bounds[i])
		i++;
	if (i < set->n)
		cell->buckets[i]++;
	cell->count++;
	cell->sum += value;
}

double metric_value(const struct metric_cell *cell)
{
	return cell->row->type >= LATENCY ? cell->sum : (double)cell->count;
}

static void write_count(struct buf *b, const char *line, uint64_t count)
{
	buf_add_str(b, line);
	buf_add_u64(b, count);
	buf_add_char(b, '\n');
}

static void write_number(struct buf *b, const char *line, double value)
{
	buf_add_str(b, line);
	add_number(b, value);
	buf_add_char(b, '\n');
}

static void write_histogram(struct buf *b, const struct metric_cell *c)
{
	int n = bucket_sets[c->row->type].n;
	uint64_t total = 0;

	for (int i = 0; i < n; i++) {
		total += c->buckets[i];
		write_count(b, c->lines[i], total);
	}
	write_count(b, c->lines[n], c->count);
	write_number(b, c->lines[n + 1], c->sum);
	write_count(b, c->lines[n + 2], c->count);
}

static void write_cell(struct buf *b, const struct metric_cell *c)
{
	if (c->row->type >= LATENCY)
		write_histogram(b, c);
	else if (c->get != NULL)
		write_number(b, c->lines[0], c->get(c->get_arg));
	else
		write_count(b, c->lines[0], c->count);
}

unsigned long metrics_n_scrapes(void)
{
	return n_scrapes;
}

void metrics_refresh(void)
{
	n_scrapes++;
}

static double value_of(const struct metric_cell *c)
{
	return c->get != NULL ? c->get(c->get_arg) : (double)c->count;
}

static bool has_label(const struct metric_cell *c, const char *label)
{
	return label == NULL || strstr(c->labels, label) != NULL;
}

double metrics_sum(enum metric metric, const char *label)
{
	double sum = 0;

	for (const struct metric_cell *c = cells[metric]; c != NULL; c = c->next)
		sum += has_label(c, label) ? value_of(c) : 0;
	return sum;
}

double metrics_highest(enum metric metric, const char *label)
{
	double highest = 0;

	for (const struct metric_cell *c = cells[metric]; c != NULL; c = c->next)
		highest = has_label(c, label) ? fmax(highest, value_of(c)) : highest;
	return highest;
}

void metrics_write(struct buf *b, enum metrics_format format)
{
	metrics_refresh();
	for (int i = 0; i < N_METRICS; i++) {
		if (cells[i] == NULL)
			continue;
		buf_add_str(b, heads[i][format]);
		for (const struct metric_cell *c = cells[i]; c != NULL; c = c->next)
			write_cell(b, c);
	}
	if (format == METRICS_OPENMETRICS)
		buf_add_str(b, "# EOF\n");
}

static void free_cell(struct metric_cell *c)
{
	for (size_t k = 0; k < sizeof(c->lines) / sizeof(c->lines[0]); k++)
		free(c->lines[k]);
	free(c->labels);
	free(c);
}

void metrics_forget(const void *arg)
{
	for (int i = 0; i < N_METRICS; i++) {
		struct metric_cell **at = &cells[i];
		while (*at != NULL) {
			struct metric_cell *c = *at;
			if (c->get == NULL || c->get_arg != arg) {
				at = &c->next;
				continue;
			}
			*at = c->next;
			free_cell(c);
		}
		if (cell_ends[i] != NULL)
			cell_ends[i] = at;
	}
}

void metrics_done(void)
{
	for (int i = 0; i < N_METRICS; i++) {
		while (cells[i] != NULL) {
			struct metric_cell *c = cells[i];
			cells[i] = c->next;
			free_cell(c);
		}
		for (int k = 0; k < N_FORMATS; k++) {
			free(heads[i][k]);
			heads[i][k] = NULL;
		}
		cell_ends[i] = NULL;
	}
}
