noinst_LIBRARIES += src/callbacks/libcallbacks.a
src_callbacks_libcallbacks_a_SOURCES = \
	src/callbacks/call_hosts.c src/callbacks/call_hosts.h \
	src/callbacks/callbacks.c src/callbacks/callbacks.h
