/* The registry of metrics and its exposition. The formats: Prometheus "text-based format" 0.0.4 and
 * OpenMetrics 1.0. */
#include "base/metrics.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

enum metric_type { COUNTER, COUNTER_FN, GAUGE, INFO, LATENCY, LAG, SIZE };

struct metric_row {
	enum metric_type type;
	const char *name, *labels, *help;
};

static const struct metric_row rows[] = {
#define METRIC(id, type, name, labels, help) {type, name, labels, help},
#include "base/metrics.def"
#undef METRIC
};

enum { MAX_BUCKETS = 16 };

struct bucket_set {
	int n;
	double bounds[MAX_BUCKETS];
};

static const struct bucket_set bucket_sets[] = {
    [LATENCY] = {16,
	{.0001, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}},
    [LAG] = {11, {.0005, .001, .002, .005, .01, .02, .05, .1, .2, .5, 1}},
    [SIZE] = {8, {1, 2, 5, 10, 50, 100, 1000, 10000}},
};

struct metric_cell {
	struct metric_cell *next;
	const struct metric_row *row;
	char *labels; /* owned; `a="x",b="y"`, or "" */
	metric_get_fn *get;
	void *get_arg;
	double sum; /* histogram: sum of the values; otherwise unused */
	uint64_t count;
	uint64_t buckets[MAX_BUCKETS]; /* values at most bounds[i] and above bounds[i - 1] */
};

static struct metric_cell *cells[N_METRICS], **cell_ends[N_METRICS];

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
	if (cell_ends[metric] == NULL)
		cell_ends[metric] = &cells[metric];
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

/* The shortest decimal that reads back as the same number; the daemon never leaves the "C" locale.
 */
static void add_number(struct buf *b, double value)
{
	char text[32];

	if (!isfinite(value)) {
		buf_add_str(b, isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf");
		return;
	}
	for (int digits = 6; digits <= 17; digits++) {
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

static void write_histogram(struct buf *b, const struct metric_cell *c)
{
	const struct bucket_set *set = &bucket_sets[c->row->type];
	const char *comma = c->labels[0] != '\0' ? "," : "";
	uint64_t total = 0;

	for (int i = 0; i < set->n; i++) {
		total += c->buckets[i];
		buf_addf(b, "%s_bucket{%s%sle=\"", c->row->name, c->labels, comma);
		add_bound(b, set->bounds[i]);
		buf_addf(b, "\"} %llu\n", (unsigned long long)total);
	}
	buf_addf(b, "%s_bucket{%s%sle=\"+Inf\"} %llu\n", c->row->name, c->labels, comma,
	    (unsigned long long)c->count);
	const char *open = c->labels[0] != '\0' ? "{" : "",
		   *close = c->labels[0] != '\0' ? "}" : "";
	buf_addf(b, "%s_sum%s%s%s ", c->row->name, open, c->labels, close);
	add_number(b, c->sum);
	buf_addf(b, "\n%s_count%s%s%s %llu\n", c->row->name, open, c->labels, close,
	    (unsigned long long)c->count);
}

static void write_cell(struct buf *b, const struct metric_cell *c)
{
	if (c->row->type >= LATENCY) {
		write_histogram(b, c);
		return;
	}
	buf_add_str(b, c->row->name);
	if (c->labels[0] != '\0')
		buf_addf(b, "{%s}", c->labels);
	buf_add_char(b, ' ');
	if (c->get != NULL)
		add_number(b, c->get(c->get_arg));
	else
		buf_add_u64(b, c->count);
	buf_add_char(b, '\n');
}

/* OpenMetrics names the family of a counter or an info without its suffix. */
static void write_head(struct buf *b, const struct metric_row *row, enum metrics_format format)
{
	static const char *const text_types[] = {[COUNTER] = "counter",
	    [COUNTER_FN] = "counter",
	    [GAUGE] = "gauge",
	    [INFO] = "gauge",
	    [LATENCY] = "histogram",
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
	buf_addf(b, "# HELP %.*s %s\n# TYPE %.*s %s\n", name_len, row->name, row->help, name_len,
	    row->name, type);
}

void metrics_write(struct buf *b, enum metrics_format format)
{
	for (int i = 0; i < N_METRICS; i++) {
		if (cells[i] == NULL)
			continue;
		write_head(b, &rows[i], format);
		for (const struct metric_cell *c = cells[i]; c != NULL; c = c->next)
			write_cell(b, c);
	}
	if (format == METRICS_OPENMETRICS)
		buf_add_str(b, "# EOF\n");
}

void metrics_done(void)
{
	for (int i = 0; i < N_METRICS; i++) {
		while (cells[i] != NULL) {
			struct metric_cell *c = cells[i];
			cells[i] = c->next;
			free(c->labels);
			free(c);
		}
		cell_ends[i] = NULL;
	}
}
