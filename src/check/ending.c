/* How a check waits for its turn, begins anew and ends. It knows no kind of check: kinds call it.
 */
#include <string.h>

#include "check/private.h"
#include "model/tagged.h"

/* Before a check begins anew that no server answered, and that none was named for. */
#define IMPLIED_PAUSE (USEC_PER_SEC / 2)

void check_await_turn(struct check *check)
{
	struct checker *checker = check->checker;

	if (!check->has_turn)
		TAILQ_INSERT_TAIL(&checker->turns, check, turn);
	check->has_turn = true;
	defer_start(&checker->serve);
}

void check_pause(struct check *check, usec_t delay)
{
	timer_start(&check->pause, delay);
}

void check_finish_soon(struct check *check, enum item_status status, enum reason reason)
{
	check->has_verdict = true;
	check->result.status = status;
	check->result.reason = reason;
	timer_start(&check->pause, 0);
}

void check_begin_anew(struct check *check, usec_t delay)
{
	struct result *r = &check->result;

	check->kind->ops->stop(check);
	wildcards_stop(&check->wildcard);
	if (check->has_turn)
		TAILQ_REMOVE(&check->checker->turns, check, turn);
	check->has_turn = false;
	memset(check->state, 0, check->kind->ops->state_size);
	buf_clear(&check->texts);
	buf_clear(&check->tagged);
	buf_clear(&check->seen);
	r->tagged = (struct span){NULL, 0};
	r->ttl = r->n_addresses = r->n_evidence = r->attempts = 0;
	check_pause(check, delay);
}

/* Take the check out of all lists; it can be used again. */
static void release(struct check *check)
{
	struct checker *checker = check->checker;

	timer_cancel(&check->pause);
	check->kind->ops->stop(check);
	wildcards_stop(&check->wildcard);
	if (check->has_turn)
		TAILQ_REMOVE(&checker->turns, check, turn);
	check->has_turn = false;
	TAILQ_REMOVE(&checker->checks, check, link);
	checker->n_checks--;
}

void check_finish(struct check *check, enum item_status status, enum reason reason)
{
	struct checker *checker = check->checker;
	struct result *r = &check->result;

	if (reason == REASON_TIMEOUT && checker->is_implied) {
		check_begin_anew(check, IMPLIED_PAUSE);
		return;
	}
	release(check);
	r->status = status;
	r->reason = reason;
	r->tagged = (struct span){check->tagged.data, check->tagged.len};
	r->duration = clock_mono() - check->started_at;
	r->finished_at = clock_wall();
	check->on_done(r, check->arg);
	TAILQ_INSERT_HEAD(&check->kind->spare, check, link);
	defer_start(&checker->serve);
}

void check_note(struct check *check, const struct dns_answer *answer)
{
	if (check->asked.wildcards != WILDCARDS_OFF && answer != NULL)
		wildcards_note(&check->seen, answer);
}

static void judge_wildcard(void *arg)
{
	struct check *check = arg;
	struct result *r = &check->result;
	enum wildcard verdict =
	    wildcards_judge(check->checker->wildcards, &check->seen, &check->wildcard);

	if (verdict == WILDCARD_PENDING)
		return;
	bool is_dropped = verdict == WILDCARD_YES && check->asked.wildcards == WILDCARDS_DROP;
	if (is_dropped) {
		buf_clear(&check->tagged);
		r->ttl = r->n_addresses = 0;
	}
	tagged_add_number(&check->tagged, RESULT_TAG_WILDCARD, verdict);
	if (is_dropped)
		check_finish(check, ITEM_NOT_FOUND, REASON_WILDCARD);
	else
		check_finish(check, ITEM_FOUND, REASON_NONE);
}

void check_finish_found(struct check *check)
{
	if (check->asked.wildcards == WILDCARDS_OFF || check->seen.len == 0) {
		check_finish(check, ITEM_FOUND, REASON_NONE);
		return;
	}
	check->wildcard = (struct wildcard_wait){.name = check->name,
	    .timeout = check->timeout,
	    .attempts = check->max_attempts,
	    .on_sample = judge_wildcard,
	    .arg = check};
	judge_wildcard(check);
}

void check_cancel(struct check *check)
{
	struct checker *checker = check->checker;

	release(check);
	TAILQ_INSERT_HEAD(&check->kind->spare, check, link);
	defer_start(&checker->serve);
}
