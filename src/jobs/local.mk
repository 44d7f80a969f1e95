noinst_LIBRARIES += src/jobs/libjobs.a
src_jobs_libjobs_a_SOURCES = \
	src/jobs/agenda.c src/jobs/agenda.h \
	src/jobs/bulk.c src/jobs/bulk.h \
	src/jobs/careful.c src/jobs/careful.h \
	src/jobs/chunks.c src/jobs/chunks.h \
	src/jobs/claims.c \
	src/jobs/commit.c \
	src/jobs/context.h \
	src/jobs/due_heap.c src/jobs/due_heap.h \
	src/jobs/endings.c \
	src/jobs/gauges.c src/jobs/gauges.h \
	src/jobs/items.c \
	src/jobs/jobs.c src/jobs/jobs.h \
	src/jobs/jobs_private.h \
	src/jobs/lane.c src/jobs/lane.h \
	src/jobs/lane_dns.c \
	src/jobs/lane_files.c \
	src/jobs/lane_registration.c \
	src/jobs/parking.c src/jobs/parking.h \
	src/jobs/places.c \
	src/jobs/opts.h \
	src/jobs/recover.c \
	src/jobs/retention.c src/jobs/retention.h \
	src/jobs/live.c src/jobs/live.h \
	src/jobs/suspects.c src/jobs/suspects.h \
	src/jobs/turns.c \
	src/jobs/verbs.c \
	src/jobs/waiting.c src/jobs/waiting.h
