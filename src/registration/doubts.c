#include "registration/doubts.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/random.h"
#include "dns/message.h"
#include "loop/loop.h"
#include "registration/verdict.h"

#define TRUSTED_FOR (300 * USEC_PER_SEC)

enum { LABEL_LETTERS = 16 };

struct doubts {
	struct checker *checker; /* borrowed */
	struct check *test;      /* under way, or NULL */
	struct defer again;      /* those that wait are looked at */
	TAILQ_HEAD(, doubt) waiting;
	struct endpoint trusted; /* the server that passed last, and until when: by clock_mono */
	usec_t trusted_until;
};

static void finish(struct doubt *doubt, bool is_believed)
{
	if (doubt->check == NULL)
		TAILQ_REMOVE(&doubt->doubts->waiting, doubt, link);
	doubt->check = NULL;
	doubt->doubts = NULL;
	doubt->on_done(is_believed, doubt->arg);
}

/* Authorities are known from recursors, and it is these that have to pass. */
static bool is_trusted(const struct doubts *d, const struct evidence *e)
{
	return clock_mono() < d->trusted_until &&
	       (e->type == DNS_NS || endpoint_equal(&d->trusted, &e->server));
}

/* --- The test --- */

static void on_tested(const struct result *result, void *arg)
{
	struct doubts *d = arg;
	struct doubt *doubt;

	d->test = NULL;
	if (verdict_dns_word(result) == DNS_ABSENT && result->n_evidence > 0) {
		d->trusted = result->evidence[result->n_evidence - 1].server;
		d->trusted_until = clock_mono() + TRUSTED_FOR;
	}
	while ((doubt = TAILQ_FIRST(&d->waiting)) != NULL)
		finish(doubt, doubt->is_right_zone && is_trusted(d, &doubt->first));
}

static void test(struct doubts *d)
{
	char name[] = "                .invalid";

	random_bytes(name, LABEL_LETTERS);
	for (int i = 0; i < LABEL_LETTERS; i++)
		name[i] = (char)('a' + (unsigned char)name[i] % 26);
	d->test = check_start(d->checker,
	    &(struct check_request){.check = CHECK_RESOLVE,
		.families = CHECK_ONLY_V4,
		.name = name,
		.name_len = strlen(name)},
	    on_tested, d);
}

/* Wait for the test, or for the next turn of the loop if the server has passed. */
static void await_test(struct doubt *doubt)
{
	struct doubts *d = doubt->doubts;

	doubt->check = NULL;
	TAILQ_INSERT_TAIL(&d->waiting, doubt, link);
	defer_start(&d->again);
}

static void on_again(void *arg)
{
	struct doubts *d = arg;
	struct doubt *doubt = TAILQ_FIRST(&d->waiting), *next;

	for (; doubt != NULL; doubt = next) {
		next = TAILQ_NEXT(doubt, link);
		if (!doubt->is_right_zone || is_trusted(d, &doubt->first))
			finish(doubt, doubt->is_right_zone);
	}
	if (d->test == NULL && !TAILQ_EMPTY(&d->waiting))
		test(d);
}

/* --- The second opinion --- */

static void on_second(const struct result *result, void *arg)
{
	struct doubt *doubt = arg;
	enum dns_word word = verdict_dns_word(result);
	const struct evidence *e =
	    result->n_evidence > 0 ? &result->evidence[result->n_evidence - 1] : NULL;
	bool is_other = e != NULL && !endpoint_equal(&e->server, &doubt->first.server);

	if (is_other)
		doubt->on_evidence(e, doubt->arg);
	if (word == DNS_ABSENT && is_other)
		finish(doubt, true);
	else if (word == DNS_EXISTS || word == DNS_NOT_DELEGATED) /* the servers disagree */
		finish(doubt, false);
	else
		await_test(doubt);
}

void doubt_start(struct doubt *doubt, struct doubts *d, const struct check_request *request,
    const struct evidence *first, const char *suffix)
{
	struct check_request second = *request;

	doubt->doubts = d;
	doubt->first = *first;
	doubt->is_right_zone = first->n_zone > 0 && first->n_zone <= strlen(suffix);
	if (checker_n_servers(d->checker) < 2) {
		await_test(doubt);
		return;
	}
	second.avoid = &doubt->first.server;
	doubt->check = check_start(d->checker, &second, on_second, doubt);
}

void doubt_cancel(struct doubt *doubt)
{
	if (doubt->doubts == NULL)
		return;
	if (doubt->check != NULL)
		check_cancel(doubt->check);
	else
		TAILQ_REMOVE(&doubt->doubts->waiting, doubt, link);
	doubt->doubts = NULL;
}

/* --- All of them --- */

struct doubts *doubts_new(struct loop *loop, struct checker *checker)
{
	struct doubts *d = xcalloc(1, sizeof(*d));

	d->checker = checker;
	TAILQ_INIT(&d->waiting);
	defer_init(&d->again, loop, on_again, d);
	return d;
}

void doubts_free(struct doubts *d)
{
	if (d == NULL)
		return;
	if (d->test != NULL)
		check_cancel(d->test);
	defer_cancel(&d->again);
	free(d);
}
