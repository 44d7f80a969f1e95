/* An engine (engine/engine.h) without a network: probes end when the test says so, or by themselves
 * in the next turn of the loop. Linked in place of the real one. Thread: loop. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "engine/engine.h"

/* `room`: probes at most at one time. */
struct engine *fake_engine_new(struct loop *loop, size_t room);

void fake_engine_set_room(struct engine *engine, size_t room);

/* Have all probes end by themselves from now on: found when the name begins with `f`, else not. */
void fake_engine_answer_all(struct engine *engine);

/* End the probe of this name, the oldest when `name` is NULL. False when there is none. */
bool fake_engine_finish(struct engine *engine, const char *name, enum item_status status);

/* A probe of a name that begins with `poison` was started: it answers nothing any more, until it is
 * revived. */
bool fake_engine_is_dead(const struct engine *engine);
void fake_engine_revive(struct engine *engine);

size_t fake_engine_n_started(const struct engine *engine); /* in all */
/* The name of the probe that was started as the i-th, from 0. */
const char *fake_engine_name(const struct engine *engine, size_t i);
const struct probe_request *fake_engine_last(const struct engine *engine); /* its name is gone */
