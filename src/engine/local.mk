noinst_LIBRARIES += src/engine/libengine.a
src_engine_libengine_a_SOURCES = \
	src/engine/engine.c src/engine/engine.h \
	src/engine/hosts.c src/engine/hosts.h \
	src/engine/probe.h \
	src/engine/resolv_conf.c src/engine/resolv_conf.h \
	src/engine/resolve.c \
	src/engine/resolver_evdns.c src/engine/resolver_evdns.h \
	src/engine/window.c src/engine/window.h
