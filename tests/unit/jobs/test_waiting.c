/* Who is next among those that wait. */
#include "../unit.h"

#include "jobs/live.h"
#include "jobs/waiting.h"

enum { MAX_RUNS = 4 };

static const struct {
	const char *name;
	struct {
		uint32_t priority;
		int since; /* seconds */
	} runs[MAX_RUNS];
	int n, now;
	const char *order; /* in which they are taken */
} rows[] = {
    {"none", {{0, 0}}, 0, 5, ""},
    {"equals: the oldest first", {{5, 0}, {5, 1}, {5, 2}}, 3, 10, "012"},
    {"the highest first", {{0, 0}, {9, 1}, {5, 2}}, 3, 10, "120"},
    {"less than a step of waiting counts nothing", {{4, 0}, {5, 29}}, 2, 29, "10"},
    {"a step makes it an equal that is older", {{4, 0}, {5, 29}}, 2, 30, "01"},
    {"all get older", {{4, 0}, {6, 0}}, 2, 600, "10"},
    {"the lowest after long enough", {{0, 0}, {9, 270}, {9, 271}}, 3, 271, "012"},
    {"the lowest not yet", {{0, 0}, {9, 265}}, 2, 269, "10"},
    {"a list is in order of age", {{3, 0}, {3, 100}, {7, 100}}, 3, 120, "021"},
};

TEST(takes)
{
	struct live_job runs[MAX_RUNS] = {{.core = NULL}}, *next;
	struct waiting waiting;
	char order[MAX_RUNS + 1] = "";
	usec_t now = rows[_i].now * USEC_PER_SEC;

	waiting_init(&waiting);
	for (int i = 0; i < rows[_i].n; i++) {
		runs[i].job.params.priority = rows[_i].runs[i].priority;
		waiting_add(&waiting, &runs[i], rows[_i].runs[i].since * USEC_PER_SEC);
	}
	for (int n = 0; (next = waiting_next(&waiting, now)) != NULL; n++) {
		ck_assert_int_lt(n, rows[_i].n);
		order[n] = (char)('0' + (next - runs));
		waiting_remove(&waiting, next);
	}
	ck_row_str(rows[_i].name, order, rows[_i].order);
}

SUITE(waiting)
{
	ADD_ROWS(takes, rows);
}
