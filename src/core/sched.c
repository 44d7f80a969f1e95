/* Which item is begun next. Active runs stand in a ring and begin a few items a turn, more the
 * higher their priority and at least one, so a short job posted behind a long one has its share at
 * once and nobody starves. A run leaves the ring when it may not begin an item now (no input at
 * hand, its own limit of concurrency or rate) and comes back when that has changed. */
#include "base/alloc.h"
#include "core/core_private.h"

/* Items begun in one turn of the loop. Files of one run that may be in flight when the job doesn't
 * say: most of them wait for their host, and the more there are the more hosts are busy at one
 * time.
 */
enum { MAX_PER_TURN = 256, FILES_AHEAD = 1000 };

static void on_result(const struct result *result, void *arg)
{
	struct item *item = arg;
	struct run *run = item->run;
	struct open_chunk *chunk = item->chunk;

	careful_rest(item);
	TAILQ_REMOVE(&run->items, item, link);
	TAILQ_INSERT_HEAD(&run->core->spare_items, item, link);
	run->n_items--;
	run->n_saving -= item->is_saving;
	commit_settle(run, chunk, result);
	sched_wake(run);
}

/* The file was received: another may be, while this one is saved. */
static void on_saving(void *arg)
{
	struct item *item = arg;

	item->is_saving = true;
	item->run->n_saving++;
	sched_wake(item->run);
}

struct item *sched_new_item(struct run *run, struct open_chunk *c)
{
	struct core *core = run->core;
	struct item *item = TAILQ_FIRST(&core->spare_items);

	if (item != NULL)
		TAILQ_REMOVE(&core->spare_items, item, link);
	else
		item = xcalloc(1, sizeof(*item));
	*item = (struct item){.run = run, .chunk = c};
	return item;
}

bool sched_next_item(
    struct open_chunk *c, struct chunk_cursor *at, struct chunk_item *ret_item, uint32_t *ret_index)
{
	while (at->next < at->end && chunk_next(&c->stored.chunk, &at->offset, ret_item)) {
		uint32_t place = at->next++;
		*ret_index = c->stored.chunk.first + place;
		if ((c->skip[place / 64] >> (place % 64) & 1) == 0)
			return true;
	}
	return false;
}

void sched_check_end(struct open_chunk *c, const struct chunk_cursor *at)
{
	if (at->next == at->end)
		return;
	run_stop(c->run, JOB_FAILED, JOB_REASON_INPUT_LOST); /* the bytes are damaged */
	commit_mark(c->run);
}

void sched_settle_invalid(
    struct run *run, struct open_chunk *c, const struct chunk_item *in, uint32_t index)
{
	bool is_file = job_kind_is_files(run->job.kind);
	struct result r = {.index = index,
	    .status = ITEM_ERROR,
	    .reason = is_file ? REASON_INVALID_URL : REASON_INVALID_NAME,
	    .is_file = is_file,
	    .finished_at = clock_wall(),
	    .name = in->text,
	    .name_len = in->len};

	commit_settle(run, c, &r);
}

static void start_item(struct item *item, const struct chunk_item *in, uint32_t index)
{
	struct run *run = item->run;
	struct core *core = run->core;
	const struct job_params *params = &run->job.params;

	TAILQ_INSERT_TAIL(&run->items, item, link);
	run->n_items++;
	if (job_kind_is_files(run->job.kind)) {
		struct fetch_request request = {.job = run->job.id,
		    .index = index,
		    .item = in->text,
		    .item_len = in->len,
		    .timeout = params->timeout,
		    .attempts = params->attempts,
		    .on_saving = on_saving};
		item->fetch = fetch_start(core->opts.fetcher, &request, on_result, item);
	} else {
		struct probe_request request = {.check = run->job.check,
		    .index = index,
		    .name = in->text,
		    .name_len = in->len,
		    .timeout = params->timeout,
		    .attempts = params->attempts};
		item->probe = probe_start(core->opts.engine, &request, on_result, item);
	}
}

/* A run without items to begin has none left, or its chunk's last ones are in flight: move on to
 * the next chunk. */
static bool find_current(struct run *run)
{
	while (run->current != NULL && run->current->at.next == run->current->at.end)
		run->current = TAILQ_NEXT(run->current, link);
	claims_fetch(run);
	return run->current != NULL && careful_may_begin(run->current);
}

/* Does the run go on, and is there room by its limit of concurrency? */
static bool has_room(const struct run *run)
{
	uint32_t most = run->job.params.concurrency;

	if (most == 0 && job_kind_is_files(run->job.kind))
		most = FILES_AHEAD;
	/* as many again may be saved, but no more: the disk may be behind */
	uint32_t n_saving = run->n_saving < most ? run->n_saving : most;

	return !job_state_is_ended(run->next_state) && !run->is_held && run->n_cancels == 0 &&
	       (most == 0 || run->n_items - n_saving < most);
}

/* Take an item out of its limit of rate; it is woken when it may have one. */
static bool take_token(struct run *run)
{
	if (bucket_take(&run->bucket, clock_mono()))
		return true;
	timer_start(&run->bucket_timer, bucket_wait(&run->bucket, clock_mono()));
	return false;
}

static void begin_job(struct run *run)
{
	if (run->job.state != JOB_QUEUED)
		return;
	job_set_state(&run->job, JOB_RUNNING, clock_wall());
	run->next_state = JOB_RUNNING;
	pace_init(&run->pace, clock_mono(), run->job.completed);
	run_tell(run);
}

/* Begin one item of the run; false when it may not begin any now. */
static bool begin_one(struct run *run)
{
	struct chunk_item in;
	uint32_t index;

	if (!has_room(run) || !find_current(run) || !take_token(run))
		return false;
	struct open_chunk *c = run->current;
	begin_job(run);
	if (!sched_next_item(c, &c->at, &in, &index)) {
		sched_check_end(c, &c->at);
		return !job_state_is_ended(run->next_state);
	}
	if (in.is_valid)
		start_item(sched_new_item(run, c), &in, index);
	else
		sched_settle_invalid(run, c, &in, index);
	return true;
}

static struct ring *ring_of(const struct run *run)
{
	return &run->core->rings[job_kind_is_files(run->job.kind) ? LANE_FILES : LANE_DNS];
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

void sched_move(struct run *run, enum place place)
{
	struct core *core = run->core;

	if (run->place == place)
		return;
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
		sched_wake(run);
	else
		sched_kick(core); /* it may become active, or another one in its place */
}

static void activate_waiting(struct core *core)
{
	usec_t now = clock_mono();
	struct run *run;

	while (core->n_in_place[PLACE_ACTIVE] < core->opts.max_active &&
	       (run = waiting_next(&core->waiting, now)) != NULL)
		sched_move(run, PLACE_ACTIVE);
	loop_watch_lag(core->opts.loop, core->n_in_place[PLACE_ACTIVE] > 0);
}

static size_t room_of(const struct ring *ring)
{
	const struct core_opts *opts = &ring->core->opts;

	return ring->lane == LANE_FILES ? fetcher_room(opts->fetcher) : engine_room(opts->engine);
}

/* Begin the suspect item that is noted, if it may begin now: whether it did. */
static bool begin_noted(struct ring *ring)
{
	struct item *item = ring->core->noted;

	if (item == NULL || ring_of(item->run) != ring)
		return false;
	struct run *run = item->run;
	if (run->place != PLACE_ACTIVE || job_state_is_ended(run->next_state)) {
		careful_rest(item); /* it asks again when the run is woken */
		return false;
	}
	if (!has_room(run) || !take_token(run))
		return false;
	begin_job(run);
	careful_begin(item);
	start_item(item, &item->in, (uint32_t)item->suspect.index);
	careful_wake(run);
	return true;
}

static void serve(void *arg)
{
	struct ring *ring = arg;
	struct core *core = ring->core;
	struct run *run;

	if (core->is_draining)
		return;
	activate_waiting(core);
	if ((TAILQ_EMPTY(&ring->runs) && core->noted == NULL) ||
	    core->n_pending >= COMMIT_PENDING_MANY)
		return;
	size_t room = room_of(ring);
	if (room > MAX_PER_TURN) {
		room = MAX_PER_TURN;
		defer_start(&ring->serve);
	}
	if (room > 0 && begin_noted(ring))
		room--;
	while (room > 0 && (run = TAILQ_FIRST(&ring->runs)) != NULL) {
		if (!begin_one(run)) {
			leave_ring(run);
			continue;
		}
		room--;
		if (--run->n_turn == 0) {
			TAILQ_REMOVE(&ring->runs, run, turn);
			queue_turn(run);
		}
	}
	if (TAILQ_EMPTY(&ring->runs))
		defer_cancel(&ring->serve);
}

static void on_bucket(void *arg)
{
	sched_wake(arg);
}

void sched_add(struct run *run)
{
	timer_init(&run->bucket_timer, run->core->opts.loop, on_bucket, run);
	life_update(run);
}

void sched_wake(struct run *run)
{
	if (run->is_gone || run->place != PLACE_ACTIVE)
		return;
	if (run->current != NULL || !run->is_all_claimed)
		enter_ring(run);
	careful_wake(run);
	if (run->has_turn || run->core->noted != NULL)
		defer_start(&ring_of(run)->serve);
}

void sched_kick(struct core *core)
{
	for (int i = 0; i < N_LANES; i++)
		defer_start(&core->rings[i].serve);
}

size_t sched_in_flight(const struct core *core)
{
	return engine_in_flight(core->opts.engine) + fetcher_in_flight(core->opts.fetcher);
}

void sched_init(struct core *core)
{
	for (int i = 0; i < N_LANES; i++) {
		struct ring *ring = &core->rings[i];
		ring->core = core;
		ring->lane = (enum lane)i;
		TAILQ_INIT(&ring->runs);
		defer_init(&ring->serve, core->opts.loop, serve, ring);
	}
	engine_set_on_room(core->opts.engine, serve, &core->rings[LANE_DNS]);
	fetcher_set_on_room(core->opts.fetcher, serve, &core->rings[LANE_FILES]);
}

void sched_done(struct core *core)
{
	for (int i = 0; i < N_LANES; i++)
		defer_cancel(&core->rings[i].serve);
}
