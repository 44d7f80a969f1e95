noinst_LIBRARIES += src/loop/libloop.a
src_loop_libloop_a_SOURCES = \
	%D%/alarm.c %D%/alarm.h %D%/loop.c %D%/loop.h %D%/mailbox.c %D%/mailbox.h \
	%D%/offload.c %D%/offload.h
