/* A reader that tries again and again must not fill the log: a place is told once, as long as no
 * more than DAMAGE_REMEMBERED others came after it. */
#include "store/damage.h"

#include "base/log.h"
#include "base/metrics.h"

static const char *const names[N_DAMAGES] = {[DAMAGED_RESULTS] = "results",
    [DAMAGED_INPUT] = "input",
    [DAMAGED_JOB] = "job",
    [DAMAGED_SCHEDULE] = "schedule",
    [DAMAGED_CHANGE] = "change",
    [DAMAGED_OUTCOME] = "outcome",
    [DAMAGED_CALLBACK] = "callback",
    [DAMAGED_OTHER] = "other"};

void damage_init(struct damage_log *log)
{
	for (int i = DAMAGED_RESULTS; i < N_DAMAGES; i++)
		log->counts[i] = metrics_cell(METRIC_STORE_DAMAGED, names[i]);
}

/* Not 0. */
static uint64_t fingerprint(int what, int64_t no, const struct store_damage *d)
{
	uint64_t sum = (uint64_t)what + 1;

	for (size_t i = 0; i < sizeof(d->id.bytes); i++)
		sum = sum * 31 + d->id.bytes[i];
	sum = (sum * 1000003 + (uint64_t)no) * 1000003 + d->first;
	return sum != 0 ? sum : 1;
}

static bool was_told(struct damage_log *log, uint64_t place)
{
	for (size_t i = 0; i < DAMAGE_REMEMBERED; i++) {
		if (log->seen[i] == place)
			return true;
	}
	log->seen[log->n_seen++ % DAMAGE_REMEMBERED] = place;
	return false;
}

void damage_note(struct damage_log *log, const struct store_op *op)
{
	const struct store_damage *d = &op->damage;
	int what = d->what != DAMAGED_NOTHING ? (int)d->what : DAMAGED_OTHER;
	bool is_schedules = what == DAMAGED_CHANGE || what == DAMAGED_OUTCOME;
	int64_t no = is_schedules && op->verb != STORE_PUT ? op->u.log.schedule_no : op->job_no;
	char id[ID_TEXT_SIZE];

	metric_add(log->counts[what], 1);
	if (was_told(log, fingerprint(what, no, d)))
		return;
	id_format(&d->id, id);
	log_error("store_damaged", "what=%s id=%s no=%lld first=%llu last=%llu", names[what],
	    id_is_none(&d->id) ? "-" : id, (long long)no, (unsigned long long)d->first,
	    (unsigned long long)d->last);
}
