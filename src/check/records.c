/* check: records. What does the DNS say of a name, for each type that was asked for?
 *
 * All types are asked at once, each with attempts of its own; one that fails leaves the others as
 * they are. The name as a whole is
 *
 *   found                  a type has data
 *   not_found, nxdomain    a type was answered NXDOMAIN for the name itself: it holds for all
 *                          (RFC 8020)
 *   error                  a type failed: with the reason of the first one
 *   not_found, no_address  the name exists, without what was asked for
 *
 * The hosts file has no say: it holds addresses, not records. */
#include <string.h>

#include "check/dns_outcome.h"
#include "check/private.h"
#include "dns/recordset.h"
#include "model/records.h"
#include "model/tagged.h"

/* One type. Its texts stand in check->texts. */
struct question {
	struct check *check;
	struct dns_lookup *lookup; /* under way, or NULL */
	struct record_set set;     /* without the lists */
	bool is_absent;            /* NXDOMAIN for the name itself */
	size_t n_cname, n_data, n_ede, at;
};

struct records {
	unsigned n_started, n_done;
	struct question questions[CHECK_MAX_TYPES];
};

static struct records *records_of(struct check *check)
{
	return (struct records *)check->state;
}

static void stop(struct check *check)
{
	struct records *records = records_of(check);

	for (unsigned i = 0; i < records->n_started; i++) {
		if (records->questions[i].lookup != NULL)
			dns_lookup_cancel(records->questions[i].lookup);
		records->questions[i].lookup = NULL;
	}
}

/* --- The verdict --- */

static void judge(struct check *check, enum item_status *ret_status, enum reason *ret_reason)
{
	const struct records *records = records_of(check);
	bool has_data = false, is_absent = false;
	enum reason failure = REASON_NONE;

	for (unsigned i = 0; i < records->n_started; i++) {
		const struct question *q = &records->questions[i];
		has_data = has_data || q->n_data > 0;
		is_absent = is_absent || q->is_absent;
		if (failure == REASON_NONE)
			failure = q->set.reason;
	}
	*ret_status = has_data                               ? ITEM_FOUND
		      : !is_absent && failure != REASON_NONE ? ITEM_ERROR
							     : ITEM_NOT_FOUND;
	*ret_reason = has_data                 ? REASON_NONE
		      : is_absent              ? REASON_NXDOMAIN
		      : failure != REASON_NONE ? failure
					       : REASON_NO_ADDRESS;
}

static void pack(struct check *check)
{
	struct records *records = records_of(check);
	struct buf packed;

	buf_init(&packed, RESULT_MAX_FIELDS);
	for (unsigned i = 0; i < records->n_started; i++) {
		struct question *q = &records->questions[i];
		const char *texts = check->texts.len > 0 ? check->texts.data + q->at : "";
		q->set.cname = (struct span){texts, q->n_cname};
		q->set.data = (struct span){texts + q->n_cname, q->n_data};
		q->set.ede = (struct span){texts + q->n_cname + q->n_data, q->n_ede};
		records_add(&packed, &q->set);
	}
	tagged_add(&check->tagged, RESULT_TAG_RECORDS, (struct span){packed.data, packed.len});
	buf_done(&packed);
}

/* --- Answers --- */

static void add_ede(struct question *q, const struct dns_message *m)
{
	struct buf *texts = &q->check->texts;
	size_t before = texts->len;

	for (unsigned i = 0; i < m->n_ede; i++)
		records_add_ede(texts, m->ede[i].code,
		    (struct span){(const char *)m->ede[i].text, m->ede[i].n_text});
	q->n_ede = texts->len - before;
}

/* Keep what the answer says. An answer with more than a result can hold is as one that was cut. */
static void keep(struct question *q, const struct dns_answer *answer)
{
	struct buf *texts = &q->check->texts;

	dns_outcome_add_chain(answer, texts);
	q->n_cname = texts->len - q->at;
	if (answer->outcome == DNS_DATA) {
		size_t before = texts->len;
		(void)dns_recordset_write(answer, texts);
		q->n_data = texts->len - before;
		q->set.ttl = answer->ttl;
	}
	add_ede(q, answer->message);
	if (!texts->overflow)
		return;
	buf_truncate(texts, q->at);
	texts->overflow = false;
	q->n_cname = q->n_data = q->n_ede = 0;
	q->set.rcode = RCODE_TRUNCATED;
	q->set.reason = REASON_TRUNCATED;
}

static bool is_answer(enum dns_outcome outcome)
{
	return outcome == DNS_DATA || outcome == DNS_NODATA || outcome == DNS_NXDOMAIN;
}

static void on_done(const struct dns_result *result, void *arg)
{
	struct question *q = arg;
	struct check *check = q->check;
	struct records *records = records_of(check);
	const struct dns_answer *answer = result->answer;
	enum item_status status;
	enum reason reason;

	q->lookup = NULL;
	q->at = check->texts.len;
	check->result.attempts += result->n_attempts;
	dns_metrics_count(check->checker->dns_metrics, result);
	q->set.rcode = dns_outcome_of(result);
	q->set.reason = is_answer(result->outcome) ? REASON_NONE : dns_outcome_reason(q->set.rcode);
	q->is_absent = result->outcome == DNS_NXDOMAIN && answer->n_chain == 0;
	if (result->n_tries > 0) {
		q->set.server = result->tries[result->n_tries - 1].server;
		q->set.rtt = result->tries[result->n_tries - 1].rtt;
	}
	if (answer != NULL)
		keep(q, answer);
	check_note(check, q->set.reason == REASON_NONE ? answer : NULL);
	if (++records->n_done < check->asked.n_types)
		return;
	judge(check, &status, &reason);
	pack(check);
	if (status == ITEM_FOUND)
		check_finish_found(check);
	else
		check_finish(check, status, reason);
}

/* --- Questions --- */

static bool ask(struct check *check)
{
	struct records *records = records_of(check);
	struct dns_name name;

	/* target_normalise passes no name that can't be encoded */
	if (!dns_name_from_text(check->name, check->result.name_len, &name))
		return false;
	while (records->n_started < check->asked.n_types) {
		struct question *q = &records->questions[records->n_started];
		const struct dns_question question = {.name = &name,
		    .type = check->asked.types[records->n_started],
		    .flags = DNS_FLAG_RD,
		    .timeout = check->timeout,
		    .attempts = check->max_attempts};
		q->check = check;
		q->set.type = question.type;
		q->lookup = dns_lookup_start(check->checker->dns, &question, on_done, q);
		if (q->lookup == NULL)
			return false;
		records->n_started++;
	}
	return true;
}

const struct check_ops *records_check(void)
{
	static const struct check_ops ops = {
	    .state_size = sizeof(struct records), .ask = ask, .stop = stop};

	return &ops;
}
