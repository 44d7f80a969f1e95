/* Metrics: cells that modules update, and getters that are called for each scrape. metrics.def
 * lists all metrics. A gauge is a getter on the container that it measures, so it can't drift. All
 * label sets are registered at start, so that they are exported from the first scrape. Thread:
 * loop. */
#pragma once

#include <stdint.h>

#include "base/buf.h"

enum metric {
#define METRIC(id, type, name, labels, help) METRIC_##id,
#include "base/metrics.def"
#undef METRIC
	N_METRICS
};

enum { METRIC_MAX_LABELS = 5 };

struct metric_cell; /* one label set of one metric; owned by the registry, lives until metrics_done
		     */

typedef double metric_get_fn(void *arg);

/* Define a getter: an expression over `self`, which is the `arg` of metrics_getter. */
#define METRIC_GETTER(name, type, expression)                                                      \
	static double name(void *arg)                                                              \
	{                                                                                          \
		type *self = arg;                                                                  \
		return (double)(expression);                                                       \
	}

/* Return the cell for these label values (as many as the metric has label names), made on the first
 * call. */
struct metric_cell *metrics_cell(enum metric metric, ...);

/* Call `get(arg)` for these label values at each scrape. Replaces an earlier getter of the same
 * label set. */
void metrics_getter(enum metric metric, metric_get_fn *get, void *arg, ...);

/* Drop all label sets whose getter has this `arg`. */
void metrics_forget(const void *arg);

void metric_add(struct metric_cell *cell, uint64_t n);
void metric_observe(struct metric_cell *cell, double value); /* histograms; durations in seconds */
double metric_value(
    const struct metric_cell *cell); /* for tests: the count, or a histogram's sum */

enum metrics_format { METRICS_TEXT, METRICS_OPENMETRICS };

/* Write all metrics: Prometheus text format 0.0.4, or OpenMetrics 1.0 with its `# EOF`. */
void metrics_write(struct buf *b, enum metrics_format format);

/* Return the sum, or the highest value, of a counter or gauge over the label sets that have
 * `label`, such as `state="queued"`; NULL stands for all. */
double metrics_sum(enum metric metric, const char *label);
double metrics_highest(enum metric metric, const char *label);

/* Have getters compute their values anew, as at the begin of a scrape. */
void metrics_refresh(void);

/* The number of scrapes so far. Expensive getters use it to compute their values once per scrape.
 */
unsigned long metrics_n_scrapes(void);

/* Register the process_* family and the log's counters. */
void metrics_add_process(void);

/* Free all cells. Pointers to cells are invalid afterwards. */
void metrics_done(void);
