noinst_LIBRARIES += src/core/libcore.a
src_core_libcore_a_SOURCES = \
	src/core/agenda.c src/core/agenda.h \
	src/core/bulk.c src/core/bulk.h \
	src/core/call_hosts.c src/core/call_hosts.h \
	src/core/callbacks.c src/core/callbacks.h \
	src/core/careful.c src/core/careful.h \
	src/core/chunks.c src/core/chunks.h \
	src/core/claims.c \
	src/core/commit.c \
	src/core/core.c src/core/core.h src/core/core_private.h \
	src/core/dedup.c src/core/dedup.h \
	src/core/due_heap.c src/core/due_heap.h \
	src/core/endings.c \
	src/core/flags.c src/core/flags.h \
	src/core/gauges.c src/core/gauges.h \
	src/core/intake.c src/core/intake.h \
	src/core/items.c \
	src/core/jobs_private.h \
	src/core/life.c \
	src/core/names.c src/core/names.h \
	src/core/plans.c \
	src/core/presets.c src/core/presets.h \
	src/core/recover.c \
	src/core/retention.c src/core/retention.h \
	src/core/retry.c \
	src/core/run.c src/core/run.h \
	src/core/schedule_edit.c src/core/schedule_run.c \
	src/core/schedules.c src/core/schedules.h src/core/schedules_private.h \
	src/core/submit.c src/core/submit.h src/core/submit_commit.c src/core/submit_private.h \
	src/core/suspects.c src/core/suspects.h \
	src/core/turns.c \
	src/core/verbs.c \
	src/core/waiting.c src/core/waiting.h
