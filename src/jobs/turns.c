/* Whose turn it is. Active runs stand in the ring of their lane and begin a few items a turn, more
 * the higher their priority and at least one, so a short job posted behind a long one has its share
 * at once and nobody starves. A run leaves the ring when it may not begin an item now (no input at
 * hand, its own limit of concurrency or rate) and comes back when that has changed. How an item
 * begins is for the hooks. */
#include <assert.h>

#include "base/log.h"
#include "jobs/jobs_private.h"

/* Items begun in one turn of the loop. */
enum { MAX_PER_TURN = 256 };

static struct ring *ring_of(const struct run *run)
{
	return run->core->ring_of_kind[run->job.kind];
}

/* Stand at the end of the ring, with a turn of as many items as its priority is worth. */
static void queue_turn(struct run *run)
{
	TAILQ_INSERT_TAIL(&ring_of(run)->runs, run, turn);
	run->n_turn = run->job.params.priority + 1;
}

static void enter_ring(struct run *run)
{
	if (!run->has_turn)
		queue_turn(run);
	run->has_turn = true;
}

static void leave_ring(struct run *run)
{
	if (run->has_turn)
		TAILQ_REMOVE(&ring_of(run)->runs, run, turn);
	run->has_turn = false;
}

static void check_move(const struct run *run, enum place place)
{
	static const char *const names[N_PLACES] = {[PLACE_NONE] = "none",
	    [PLACE_LATER] = "later",
	    [PLACE_PAUSED] = "paused",
	    [PLACE_WAITING] = "waiting",
	    [PLACE_ACTIVE] = "active"};
	char id[ID_TEXT_SIZE];

	assert(place != PLACE_ACTIVE || run->place == PLACE_WAITING);
	id_format(&run->job.id, id);
	log_debug("job_place", "job=%s from=%s to=%s", id, names[run->place], names[place]);
}

void turns_move(struct run *run, enum place place)
{
	struct core *core = run->core;

	if (run->place == place)
		return;
	check_move(run, place);
	if (run->place == PLACE_WAITING)
		waiting_remove(&core->waiting, run);
	if (run->place == PLACE_ACTIVE)
		leave_ring(run);
	if (run->place != PLACE_NONE)
		core->n_in_place[run->place]--;
	run->place = place;
	if (place != PLACE_NONE)
		core->n_in_place[place]++;
	if (place == PLACE_WAITING)
		waiting_add(&core->waiting, run, clock_mono());
	if (place == PLACE_ACTIVE)
		turns_wake(run);
	else
		turns_kick(core); /* it may become active, or another one in its place */
}

static void activate_waiting(struct core *core)
{
	usec_t now = clock_mono();
	struct run *run;

	while (core->n_in_place[PLACE_ACTIVE] < core->opts.max_active &&
	       (run = waiting_next(&core->waiting, now)) != NULL)
		turns_move(run, PLACE_ACTIVE);
	loop_watch_lag(core->opts.loop, core->n_in_place[PLACE_ACTIVE] > 0);
}

static void take_events(struct ring *ring)
{
	enum { KEPT = 1 << 20 }; /* bytes of memory */
	struct lane_event event;
	struct buf events = ring->spare;
	size_t offset = 0;

	buf_init(&ring->spare, SIZE_MAX / 2);
	lane_take(ring->lane, &events);
	while (lane_next(&events, &offset, &event))
		ring->core->turn_hooks->on_event(ring, &event);
	if (events.room > KEPT)
		buf_done(&events);
	buf_done(&ring->spare);
	ring->spare = events;
}

void turns_take_events(struct run *run)
{
	take_events(ring_of(run));
}

static void serve(void *arg)
{
	struct ring *ring = arg;
	struct core *core = ring->core;
	struct run *run;

	take_events(ring);
	if (core->is_draining)
		return;
	activate_waiting(core);
	if ((TAILQ_EMPTY(&ring->runs) && core->noted == NULL) ||
	    core->n_pending >= COMMIT_PENDING_MANY || core->pending_bytes >= COMMIT_PENDING_BYTES)
		return;
	size_t room = lane_room(ring->lane);
	bool is_more = room > MAX_PER_TURN;
	if (is_more)
		room = MAX_PER_TURN;
	if (room > 0 && core->turn_hooks->begin_suspect(ring))
		room--;
	while (room > 0 && (run = TAILQ_FIRST(&ring->runs)) != NULL) {
		if (!core->turn_hooks->begin(run)) {
			leave_ring(run);
			continue;
		}
		room--;
		if (--run->n_turn == 0) {
			TAILQ_REMOVE(&ring->runs, run, turn);
			queue_turn(run);
		}
	}
	if (is_more && !TAILQ_EMPTY(&ring->runs))
		defer_start(&ring->serve);
}

void turns_wake(struct run *run)
{
	if (run->is_gone || run->place != PLACE_ACTIVE)
		return;
	if (run->current != NULL || !run->is_all_claimed)
		enter_ring(run);
	run->core->turn_hooks->woken(run);
	if (run->has_turn || run->core->noted != NULL)
		defer_start(&ring_of(run)->serve);
}

void turns_kick(struct core *core)
{
	for (int i = 0; i < N_LANES; i++)
		defer_start(&core->rings[i].serve);
}

size_t turns_in_flight(const struct core *core)
{
	size_t n = 0;

	for (int i = 0; i < N_LANES; i++)
		n += lane_in_flight(core->rings[i].lane);
	return n;
}

static void on_bucket(void *arg)
{
	turns_wake(arg);
}

void turns_add(struct run *run)
{
	timer_init(&run->bucket_timer, run->core->opts.loop, on_bucket, run);
}

static void on_lane_event(void *arg)
{
	struct ring *ring = arg;

	defer_start(&ring->serve);
}

static void init_ring(struct core *core, size_t i)
{
	struct ring *ring = &core->rings[i];

	ring->core = core;
	ring->lane = lane_new(i, &core->opts);
	TAILQ_INIT(&ring->runs);
	buf_init(&ring->spare, SIZE_MAX / 2);
	defer_init(&ring->serve, core->opts.loop, serve, ring);
	lane_set_on_event(ring->lane, on_lane_event, ring);
	for (int kind = 0; kind < N_KINDS; kind++) {
		if ((lane_ops(ring->lane)->kinds >> kind & 1) != 0)
			core->ring_of_kind[kind] = ring;
	}
}

void turns_init(struct core *core, const struct turn_hooks *hooks)
{
	core->turn_hooks = hooks;
	for (size_t i = 0; i < N_LANES; i++)
		init_ring(core, i);
}

void turns_done(struct core *core)
{
	for (int i = 0; i < N_LANES; i++) {
		defer_cancel(&core->rings[i].serve);
		buf_done(&core->rings[i].spare);
		lane_free(core->rings[i].lane);
	}
}
