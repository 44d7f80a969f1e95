/* What the lanes have in common but for the names of their engines. Inside jobs. Thread: loop. */
#pragma once

#include "jobs/lane.h"
#include "jobs/opts.h"

/* Define what a lane needs beside `start`, for an engine that stands in struct core_opts by this
 * name, has ENGINE_room and ENGINE_set_on_room, and whose items are ended by WORK_cancel. */
#define LANE_ADAPTERS(engine_name, work_name)                                                      \
	static void *engine_of(const struct core_opts *opts)                                       \
	{                                                                                          \
		return opts->engine_name;                                                          \
	}                                                                                          \
	static size_t room(void *engine)                                                           \
	{                                                                                          \
		return engine_name##_room(engine);                                                 \
	}                                                                                          \
	static void set_on_room(void *engine, void (*on_room)(void *arg), void *arg)               \
	{                                                                                          \
		engine_name##_set_on_room(engine, on_room, arg);                                   \
	}                                                                                          \
	static void on_done(const struct result *result, void *arg)                                \
	{                                                                                          \
		lane_item_done(arg, result);                                                       \
	}                                                                                          \
	static void cancel(void *work)                                                             \
	{                                                                                          \
		work_name##_cancel(work);                                                          \
	}
#define LANE_OF_ADAPTERS                                                                           \
	.engine_of = engine_of, .room = room, .set_on_room = set_on_room, .cancel = cancel
