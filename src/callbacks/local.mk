noinst_LIBRARIES += src/callbacks/libcallbacks.a
src_callbacks_libcallbacks_a_SOURCES = \
	%D%/call_hosts.c %D%/call_hosts.h %D%/callbacks.c %D%/callbacks.h
