noinst_LIBRARIES += src/jobs/libjobs.a
src_jobs_libjobs_a_SOURCES = \
	%D%/agenda.c %D%/agenda.h %D%/bulk.c %D%/bulk.h %D%/careful.c %D%/careful.h \
	%D%/chunks.c %D%/chunks.h %D%/claims.c %D%/commit.c %D%/context.h \
	%D%/due_heap.c %D%/due_heap.h %D%/endings.c %D%/gauges.c %D%/gauges.h %D%/items.c \
	%D%/jobs.c %D%/jobs.h %D%/jobs_private.h %D%/lane.c %D%/lane.h %D%/lane_adapters.h \
	%D%/lane_dns.c %D%/lane_files.c %D%/lane_registration.c %D%/lane_servers.c %D%/parking.c %D%/parking.h \
	%D%/places.c %D%/opts.h %D%/recover.c %D%/retention.c %D%/retention.h \
	%D%/live.c %D%/live.h %D%/suspects.c %D%/suspects.h %D%/turns.c %D%/verbs.c \
	%D%/waiting.c %D%/waiting.h
