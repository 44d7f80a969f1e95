/* Due times of schedules. The numbers of an interval are monotonic times, those of cron wall times;
 * what is stored is a wall time for both. */
#include "model/recurrence.h"

#include <assert.h>

usec_t recurrence_default_jitter(usec_t every)
{
	return every / 10 < 60 * USEC_PER_SEC ? every / 10 : 60 * USEC_PER_SEC;
}

usec_t recurrence_offset(const struct id *id, usec_t jitter)
{
	uint64_t hash = 0;

	/* the last 62 bits of an id are random, which is as good as any hash of them */
	for (int i = 8; i < 16; i++)
		hash = hash << 8 | id->bytes[i];
	return jitter <= 0 ? 0 : (usec_t)(hash % (uint64_t)jitter);
}

usec_t recurrence_clock(const struct recurrence *r, const struct clocks *now)
{
	return r->every > 0 ? now->mono : now->wall;
}

/* Set the due time behind rhythm->served_until. */
static void find_due(const struct recurrence *r, struct rhythm *rhythm)
{
	if (r->every > 0) {
		rhythm->due = rhythm->served_until + r->every;
		return;
	}
	usec_t fire = cron_next(&r->cron, r->zone, rhythm->served_until - r->offset);
	rhythm->due = fire < 0 ? RECURRENCE_NEVER : fire + r->offset;
}

void recurrence_start(const struct recurrence *r, const struct clocks *now, struct rhythm *ret)
{
	assert(r->every >= 0 && r->every <= RECURRENCE_MAX_EVERY && r->offset >= 0);
	ret->served_until = r->every > 0 ? now->mono + r->offset : now->wall;
	find_due(r, ret);
}

/* Settle what is due now. */
static void pass_until_now(
    const struct recurrence *r, const struct clocks *now, struct rhythm *rhythm)
{
	if (r->every > 0)
		rhythm->served_until += (now->mono - rhythm->served_until) / r->every * r->every;
	else
		rhythm->served_until = now->wall;
	find_due(r, rhythm);
}

void recurrence_serve(const struct recurrence *r, const struct clocks *now, struct rhythm *rhythm)
{
	assert(rhythm->due <= recurrence_clock(r, now));
	pass_until_now(r, now, rhythm);
}

usec_t recurrence_stored(
    const struct recurrence *r, const struct clocks *now, const struct rhythm *rhythm)
{
	return rhythm->served_until + now->wall - recurrence_clock(r, now);
}

static usec_t max_back(const struct recurrence *r)
{
	return cron_is_every_hour(&r->cron) ? RECURRENCE_MAX_BACK_HOURLY : RECURRENCE_MAX_BACK;
}

bool recurrence_follow(const struct recurrence *r, const struct clocks *now, struct rhythm *rhythm)
{
	usec_t due = rhythm->due;

	if (r->every > 0 || now->wall >= rhythm->served_until - max_back(r))
		return false;
	recurrence_start(r, now, rhythm);
	return rhythm->due != due;
}

/* Correct a grid whose last point is in the future because the wall clock was set back. */
static void pull_back(const struct recurrence *r, const struct clocks *now, struct rhythm *rhythm)
{
	usec_t ahead = rhythm->served_until - now->mono;

	if (ahead > r->offset)
		rhythm->served_until -= (ahead + r->every - 1) / r->every * r->every;
	find_due(r, rhythm);
}

void recurrence_restart(const struct recurrence *r, const struct clocks *now, usec_t stored,
    enum catch_up catch_up, struct rhythm *ret)
{
	ret->served_until = stored - now->wall + recurrence_clock(r, now);
	find_due(r, ret);
	if (r->every > 0)
		pull_back(r, now, ret);
	else
		(void)recurrence_follow(r, now, ret);
	if (catch_up == CATCH_UP_SKIP && ret->due <= recurrence_clock(r, now))
		pass_until_now(r, now, ret);
}

size_t recurrence_list(const struct recurrence *r, const struct clocks *now,
    const struct rhythm *rhythm, usec_t *ret_times, size_t n)
{
	struct rhythm at = *rhythm;
	size_t i = 0;

	for (; i < n && at.due != RECURRENCE_NEVER; i++) {
		ret_times[i] = at.due + now->wall - recurrence_clock(r, now);
		at.served_until = at.due;
		find_due(r, &at);
	}
	return i;
}
