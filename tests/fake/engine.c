/* An engine without a network. */
#include "engine.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/alloc.h"
#include "loop/loop.h"
#include "model/target.h"

/* Begun probes whose names are kept; and that end by themselves in one turn. */
enum { MAX_NAMES = 4096, MAX_PER_TURN = 64 };

struct probe {
	TAILQ_ENTRY(probe) link;
	struct engine *engine;
	probe_fn *on_done;
	void *arg;
	uint32_t index;
	char name[TARGET_MAX + 1];
};

struct engine {
	struct loop *loop; /* borrowed */
	size_t room, n_probes, n_started;
	TAILQ_HEAD(, probe) probes;
	bool answers_all, is_dead;
	struct defer turn;
	void (*on_room)(void *arg);
	void *on_room_arg;
	struct probe_request last;
	char names[MAX_NAMES][TARGET_MAX + 1];
};

static void free_probe(struct probe *probe)
{
	TAILQ_REMOVE(&probe->engine->probes, probe, link);
	probe->engine->n_probes--;
	free(probe);
}

static void finish(struct probe *probe, enum item_status status)
{
	struct engine *engine = probe->engine;
	struct result r = {.index = probe->index,
	    .status = status,
	    .reason = status == ITEM_FOUND       ? REASON_NONE
		      : status == ITEM_NOT_FOUND ? REASON_NXDOMAIN
						 : REASON_TIMEOUT,
	    .attempts = 1,
	    .finished_at = clock_wall(),
	    .name_len = strlen(probe->name)};
	char name[TARGET_MAX + 1];
	probe_fn *on_done = probe->on_done;
	void *arg = probe->arg;

	memcpy(name, probe->name, sizeof(name));
	r.name = name;
	free_probe(probe);
	on_done(&r, arg);
	defer_start(&engine->turn);
}

static void on_turn(void *arg)
{
	struct engine *engine = arg;
	struct probe *probe;

	for (int i = 0; i < MAX_PER_TURN && engine->answers_all && !engine->is_dead; i++) {
		probe = TAILQ_FIRST(&engine->probes);
		if (probe == NULL)
			break;
		finish(probe, probe->name[0] == 'f' ? ITEM_FOUND : ITEM_NOT_FOUND);
	}
	if (engine->on_room != NULL && engine_room(engine) > 0)
		engine->on_room(engine->on_room_arg);
}

struct engine *fake_engine_new(struct loop *loop, size_t room)
{
	struct engine *engine = xcalloc(1, sizeof(*engine));

	engine->loop = loop;
	engine->room = room;
	TAILQ_INIT(&engine->probes);
	defer_init(&engine->turn, loop, on_turn, engine);
	return engine;
}

void engine_free(struct engine *engine)
{
	if (engine == NULL)
		return;
	ck_assert_msg(TAILQ_EMPTY(&engine->probes), "a probe was left behind");
	defer_cancel(&engine->turn);
	free(engine);
}

void fake_engine_set_room(struct engine *engine, size_t room)
{
	engine->room = room;
	defer_start(&engine->turn);
}

void fake_engine_answer_all(struct engine *engine)
{
	engine->answers_all = true;
	defer_start(&engine->turn);
}

bool fake_engine_finish(struct engine *engine, const char *name, enum item_status status)
{
	struct probe *probe;

	TAILQ_FOREACH (probe, &engine->probes, link) {
		if (name == NULL || strcmp(probe->name, name) == 0) {
			finish(probe, status);
			return true;
		}
	}
	return false;
}

bool fake_engine_is_dead(const struct engine *engine)
{
	return engine->is_dead;
}

void fake_engine_revive(struct engine *engine)
{
	engine->is_dead = false;
}

size_t fake_engine_n_started(const struct engine *engine)
{
	return engine->n_started;
}

const char *fake_engine_name(const struct engine *engine, size_t i)
{
	ck_assert(i < engine->n_started && i < MAX_NAMES);
	return engine->names[i];
}

const struct probe_request *fake_engine_last(const struct engine *engine)
{
	return &engine->last;
}

size_t engine_room(struct engine *engine)
{
	return engine->room > engine->n_probes ? engine->room - engine->n_probes : 0;
}

void engine_set_on_room(struct engine *engine, void (*on_room)(void *arg), void *arg)
{
	engine->on_room = on_room;
	engine->on_room_arg = arg;
}

size_t engine_in_flight(const struct engine *engine)
{
	return engine->n_probes;
}

struct probe *probe_start(
    struct engine *engine, const struct probe_request *request, probe_fn *on_done, void *arg)
{
	ck_assert_msg(engine_room(engine) > 0, "a probe was started without room");
	ck_assert_uint_le(request->name_len, TARGET_MAX);
	struct probe *probe = xcalloc(1, sizeof(*probe));
	*probe = (struct probe){
	    .engine = engine, .on_done = on_done, .arg = arg, .index = request->index};
	memcpy(probe->name, request->name, request->name_len);
	TAILQ_INSERT_TAIL(&engine->probes, probe, link);
	engine->is_dead = engine->is_dead || strncmp(probe->name, "poison", 6) == 0;
	engine->last = *request;
	if (engine->n_started < MAX_NAMES)
		memcpy(engine->names[engine->n_started], probe->name, sizeof(probe->name));
	engine->n_started++;
	engine->n_probes++;
	if (engine->answers_all)
		defer_start(&engine->turn);
	return probe;
}

void probe_cancel(struct probe *probe)
{
	struct engine *engine = probe->engine;

	free_probe(probe);
	defer_start(&engine->turn);
}
