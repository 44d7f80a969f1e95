noinst_LIBRARIES += src/schedules/libschedules.a
src_schedules_libschedules_a_SOURCES = \
	src/schedules/beginnings.c \
	src/schedules/edits.c \
	src/schedules/plans.c \
	src/schedules/schedules.c src/schedules/schedules.h src/schedules/schedules_private.h
