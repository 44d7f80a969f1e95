/* The window of a server, by a clock that is an argument. */
#include "../unit.h"

#include "model/window.h"

#define RTT     USEC_PER_MSEC
#define TIMEOUT (100 * USEC_PER_MSEC)

enum { CAP = 1000, START_TIME = 1000 };

struct drill {
	struct window w;
	usec_t now;
};

static void begin(struct drill *d)
{
	d->now = START_TIME;
	window_init(&d->w, CAP, d->now);
}

/* A round: `size` queries (64 at least) of which every `nth` is lost (0: none), while the sender
 * has more to send. */
static void round_of(struct drill *d, uint32_t nth, usec_t rtt)
{
	uint32_t n = d->w.size > 64 ? d->w.size : 64;
	usec_t step = nth > 0 ? 2 * TIMEOUT / n + 1 : 10;

	for (uint32_t i = 1; i <= n; i++) {
		d->now += step;
		window_on_full(&d->w);
		if (nth > 0 && i % nth == 0)
			window_on_loss(&d->w, d->now, TIMEOUT);
		else
			window_on_answer(&d->w, d->now, rtt);
	}
	d->now += TIMEOUT + rtt;
}

TEST(closes_by_a_third_once_for_one_loss)
{
	struct drill d;

	begin(&d);
	round_of(&d, 0, RTT);
	round_of(&d, 0, RTT);
	uint32_t size = d.w.size;
	ck_assert_uint_gt(size, WINDOW_START);
	round_of(&d, 2, RTT);
	ck_assert_uint_eq(d.w.size, size - size / 3);
	d.now -= TIMEOUT + RTT; /* these were sent before it closed */
	d.w.hold_until = d.now + TIMEOUT;
	size = d.w.size;
	for (uint32_t i = 0; i < size; i++)
		window_on_loss(&d.w, d.now, TIMEOUT);
	ck_assert_uint_eq(d.w.size, size);
}

TEST(has_a_floor)
{
	struct drill d;

	begin(&d);
	for (int i = 0; i < 30; i++)
		round_of(&d, 1, RTT);
	ck_assert_uint_ge(d.w.size, WINDOW_FLOOR);
	begin(&d);
	round_of(&d, 1, RTT);
	for (int i = 0; i < 5; i++)
		round_of(&d, 2, RTT);
	ck_assert_uint_ge(d.w.size, WINDOW_FLOOR);
	window_init(&d.w, 4, d.now);
	ck_assert_uint_eq(d.w.size, 4);
	round_of(&d, 1, RTT);
	ck_assert_uint_le(d.w.size, 4);
	ck_assert_uint_gt(d.w.size, 0);
}

TEST(opens_fast_up_to_the_cap)
{
	struct drill d;

	begin(&d);
	ck_assert_uint_eq(d.w.size, WINDOW_START);
	for (uint32_t want = 2 * WINDOW_START; want < CAP; want *= 2) {
		round_of(&d, 0, RTT);
		ck_assert_uint_eq(d.w.size, want);
	}
	round_of(&d, 0, RTT);
	round_of(&d, 0, RTT);
	ck_assert_uint_eq(d.w.size, CAP);
}

TEST(opens_by_a_sixteenth_after_trouble)
{
	struct drill d;

	begin(&d);
	round_of(&d, 0, RTT);
	round_of(&d, 2, RTT);
	d.now += 2 * TIMEOUT;
	for (int i = 0; i < 5; i++) {
		uint32_t size = d.w.size;
		round_of(&d, 0, RTT);
		ck_assert_uint_eq(d.w.size, size + 1 + size / 16);
	}
}

TEST(stays_when_it_is_not_what_holds_back)
{
	struct drill d;

	begin(&d);
	for (int i = 0; i < 1000; i++)
		window_on_answer(&d.w, d.now += RTT, RTT);
	ck_assert_uint_eq(d.w.size, WINDOW_START);
}

TEST(learns_a_usual_loss)
{
	struct drill d;
	uint32_t least = CAP;

	begin(&d);
	for (int i = 0; i < 20; i++) {
		round_of(&d, 10, RTT);
		least = d.w.size < least ? d.w.size : least;
	}
	for (int i = 0; i < 60; i++)
		round_of(&d, 10, RTT);
	ck_assert(d.w.usual_loss > 0.05 && d.w.usual_loss < 0.15);
	ck_assert_msg(
	    d.w.size > 2 * least && d.w.size > 2 * WINDOW_START, "%u after %u", d.w.size, least);
	uint32_t size = d.w.size;
	round_of(&d, 2, RTT); /* half is not usual */
	ck_assert_uint_lt(d.w.size, size);
}

/* Every fifth name is slow and holds its place until its time-out: then all of a window time out in
 * one go, and none in the rest of the round. That is no reason to stay at the floor. */
TEST(bursts_of_losses_do_not_keep_it_at_the_floor)
{
	enum { TURNS = 200 };
	struct drill d;

	begin(&d);
	d.w.is_opening = false;
	d.w.size = WINDOW_FLOOR;
	for (int turn = 0; turn < TURNS; turn++) {
		uint32_t size = d.w.size;
		for (uint32_t i = 0; i < 4 * size; i++)
			window_on_answer(&d.w, d.now += 10, RTT);
		window_on_full(&d.w);
		d.now += TIMEOUT;
		for (uint32_t i = 0; i < size; i++)
			window_on_loss(&d.w, d.now += 10, TIMEOUT);
	}
	ck_assert_uint_gt(d.w.size, 500);
}

TEST(a_standing_queue_stops_it)
{
	struct drill d;

	begin(&d);
	round_of(&d, 0, RTT);
	round_of(&d, 0, RTT);
	uint32_t size = d.w.size;
	for (int i = 0; i < 10; i++)
		round_of(&d, 0, RTT + 3 * USEC_PER_MSEC);
	ck_assert_uint_eq(d.w.size, size);
	round_of(&d, 0, RTT + 20 * USEC_PER_MSEC);
	ck_assert_uint_eq(d.w.size, size - size / 16);
	size = d.w.size;
	round_of(&d, 0, RTT); /* the queue is gone */
	ck_assert_uint_eq(d.w.size, size + 1 + size / 16);
}

TEST(tries_again_each_half_minute)
{
	struct drill d;

	begin(&d);
	round_of(&d, 0, RTT);
	round_of(&d, 0, RTT + 10 * USEC_PER_MSEC);
	ck_assert(!d.w.is_opening);
	uint32_t size = d.w.size;
	d.now += 31 * USEC_PER_SEC;
	round_of(&d, 0, RTT + 10 * USEC_PER_MSEC);
	ck_assert(d.w.is_opening);
	ck_assert_uint_lt(d.w.size, size);
	size = d.w.size;
	round_of(&d, 0, RTT + 10 * USEC_PER_MSEC); /* the new measure of its best */
	round_of(&d, 0, RTT + 10 * USEC_PER_MSEC);
	ck_assert_uint_ge(d.w.size, 4 * size);
}

TEST(a_row_of_losses_is_death)
{
	struct drill d;
	int n = 0;

	begin(&d);
	while (!window_is_dead(&d.w) && n < 1000) {
		window_on_loss(&d.w, d.now += TIMEOUT, TIMEOUT);
		n++;
	}
	ck_assert(n > 8 && n < 100);
	window_on_answer(&d.w, d.now, RTT);
	ck_assert(!window_is_dead(&d.w));
	for (int i = 0; i < 1000; i++) { /* half of the answers is not death */
		window_on_loss(&d.w, d.now += TIMEOUT, TIMEOUT);
		window_on_answer(&d.w, d.now, RTT);
		ck_assert(!window_is_dead(&d.w));
	}
}

SUITE(window)
{
	ADD(closes_by_a_third_once_for_one_loss);
	ADD(has_a_floor);
	ADD(opens_fast_up_to_the_cap);
	ADD(opens_by_a_sixteenth_after_trouble);
	ADD(stays_when_it_is_not_what_holds_back);
	ADD(learns_a_usual_loss);
	ADD(bursts_of_losses_do_not_keep_it_at_the_floor);
	ADD(a_standing_queue_stops_it);
	ADD(tries_again_each_half_minute);
	ADD(a_row_of_losses_is_death);
}
