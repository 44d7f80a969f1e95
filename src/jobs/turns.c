/* Whose turn it is. Active jobs stand in the ring of their lane and begin a few items a turn, more
 * the higher their priority and at least one, so a short job posted behind a long one has its share
 * at once and nobody starves. A job leaves the ring when it may not begin an item now (no input at
 * hand, its own limit of concurrency or rate) and comes back when that has changed. How an item
 * begins is for the hooks. */
#include <assert.h>

#include "base/log.h"
#include "jobs/jobs_private.h"

/* Items begun in one turn of the loop. */
enum { MAX_PER_TURN = 256 };

static struct ring *own_ring(const struct live_job *live)
{
	return ring_of(live->core, &live->job);
}

/* Stand at the end of the ring, with a turn of as many items as its priority is worth. */
static void queue_turn(struct live_job *live)
{
	TAILQ_INSERT_TAIL(&own_ring(live)->jobs, live, turn);
	live->n_turn = live->job.params.priority + 1;
}

static void enter_ring(struct live_job *live)
{
	if (!live->has_turn)
		queue_turn(live);
	live->has_turn = true;
}

static void leave_ring(struct live_job *live)
{
	if (live->has_turn)
		TAILQ_REMOVE(&own_ring(live)->jobs, live, turn);
	live->has_turn = false;
}

static void check_move(const struct live_job *live, enum place place)
{
	static const char *const names[N_PLACES] = {[PLACE_NONE] = "none",
	    [PLACE_LATER] = "later",
	    [PLACE_PAUSED] = "paused",
	    [PLACE_WAITING] = "waiting",
	    [PLACE_ACTIVE] = "active"};
	char id[ID_TEXT_SIZE];

	assert(place != PLACE_ACTIVE || live->place == PLACE_WAITING);
	id_format(&live->job.id, id);
	log_debug("job_place", "job=%s from=%s to=%s", id, names[live->place], names[place]);
}

void turns_move(struct live_job *live, enum place place)
{
	struct core *core = live->core;

	if (live->place == place)
		return;
	check_move(live, place);
	if (live->place == PLACE_WAITING)
		waiting_remove(&core->waiting, live);
	if (live->place == PLACE_ACTIVE)
		leave_ring(live);
	if (live->place != PLACE_NONE)
		core->n_in_place[live->place]--;
	live->place = place;
	if (place != PLACE_NONE)
		core->n_in_place[place]++;
	if (place == PLACE_WAITING)
		waiting_add(&core->waiting, live, clock_mono());
	if (place == PLACE_ACTIVE)
		turns_wake(live);
	else
		turns_kick(core); /* it may become active, or another one in its place */
}

static void activate_waiting(struct core *core)
{
	usec_t now = clock_mono();
	struct live_job *live;

	while (core->n_in_place[PLACE_ACTIVE] < core->opts.max_active &&
	       (live = waiting_next(&core->waiting, now)) != NULL)
		turns_move(live, PLACE_ACTIVE);
	loop_watch_lag(core->opts.loop, core->n_in_place[PLACE_ACTIVE] > 0);
}

static void handle_events(struct ring *ring)
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

void turns_handle_events(struct live_job *live)
{
	handle_events(own_ring(live));
}

static void end_turn(struct ring *ring, struct live_job *live)
{
	TAILQ_REMOVE(&ring->jobs, live, turn);
	queue_turn(live);
}

/* Let jobs begin items in turn. One that the lane doesn't take now lets the others pass, until all
 * have. Returns the room that is left. */
static size_t begin_items(struct ring *ring, size_t room)
{
	const struct live_job *first_passed = NULL;
	struct live_job *live;

	while (room > 0 && (live = TAILQ_FIRST(&ring->jobs)) != NULL && live != first_passed) {
		if (!lane_takes(ring->lane, &live->job.params)) {
			first_passed = first_passed != NULL ? first_passed : live;
			end_turn(ring, live);
			continue;
		}
		if (!ring->core->turn_hooks->begin(live)) {
			leave_ring(live);
			continue;
		}
		room--;
		if (--live->n_turn == 0) {
			end_turn(ring, live);
			first_passed = NULL;
		}
	}
	return room;
}

static void serve(void *arg)
{
	struct ring *ring = arg;
	struct core *core = ring->core;

	handle_events(ring);
	if (core->is_draining)
		return;
	activate_waiting(core);
	if ((TAILQ_EMPTY(&ring->jobs) && TAILQ_EMPTY(&core->noted) && ring->lot.n_parked == 0) ||
	    core->n_pending >= COMMIT_PENDING_MANY || core->pending_bytes >= COMMIT_PENDING_BYTES)
		return;
	size_t room = lane_room(ring->lane);
	bool is_more = room > MAX_PER_TURN;
	if (is_more)
		room = MAX_PER_TURN;
	while (room > 0 && core->turn_hooks->begin_suspect(ring))
		room--;
	while (room > 0 && parking_begin(ring))
		room--;
	if (begin_items(ring, room) == 0 && is_more)
		defer_start(&ring->serve);
}

void turns_wake(struct live_job *live)
{
	if (live->is_gone || live->place != PLACE_ACTIVE)
		return;
	if (live->current != NULL || !live->is_all_claimed)
		enter_ring(live);
	live->core->turn_hooks->woken(live);
	if (live->has_turn || own_ring(live)->lot.n_parked > 0 || !TAILQ_EMPTY(&live->core->noted))
		defer_start(&own_ring(live)->serve);
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

void turns_add(struct live_job *live)
{
	timer_init(&live->bucket_timer, live->core->opts.loop, on_bucket, live);
}

static void on_lane_event(void *arg)
{
	struct ring *ring = arg;

	defer_start(&ring->serve);
}

/* The table of lanes. */
static const struct lane_ops *(*const rows[N_LANES])(void) = {
#define X(name) lane_##name,
    LANES(X)
#undef X
};

static void init_ring(struct core *core, enum lane_row row)
{
	struct ring *ring = &core->rings[row];

	ring->core = core;
	ring->lane = lane_new(rows[row](), &core->opts);
	TAILQ_INIT(&ring->jobs);
	buf_init(&ring->spare, SIZE_MAX / 2);
	defer_init(&ring->serve, core->opts.loop, serve, ring);
	lane_set_on_event(ring->lane, on_lane_event, ring);
	const struct lane_ops *ops = lane_ops(ring->lane);
	for (int kind = 0; kind < N_KINDS; kind++) {
		for (int check = 0; check < N_CHECKS; check++) {
			if ((ops->kinds >> kind & 1) != 0 && (ops->checks >> check & 1) != 0)
				core->ring_of[kind][check] = ring;
		}
	}
}

void turns_init(struct core *core, const struct turn_hooks *hooks)
{
	core->turn_hooks = hooks;
	TAILQ_INIT(&core->noted);
	core->ring_of_servers = &core->rings[LANE_servers];
	for (int row = 0; row < N_LANES; row++)
		init_ring(core, (enum lane_row)row);
}

void turns_done(struct core *core)
{
	for (int i = 0; i < N_LANES; i++) {
		defer_cancel(&core->rings[i].serve);
		buf_done(&core->rings[i].spare);
		parking_done(&core->rings[i].lot);
		lane_free(core->rings[i].lane);
	}
}
