noinst_LIBRARIES += src/loop/libloop.a
src_loop_libloop_a_SOURCES = \
	src/loop/alarm.c src/loop/alarm.h \
	src/loop/loop.c src/loop/loop.h \
	src/loop/mailbox.c src/loop/mailbox.h \
	src/loop/offload.c src/loop/offload.h
