noinst_LIBRARIES += src/schedules/libschedules.a
src_schedules_libschedules_a_SOURCES = \
	%D%/beginnings.c %D%/edits.c %D%/plans.c %D%/schedules.c %D%/schedules.h \
	%D%/schedules_private.h
