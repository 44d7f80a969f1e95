noinst_LIBRARIES += src/engine/libengine.a
src_engine_libengine_a_SOURCES = \
	src/engine/tls_link.c src/engine/tls_link.h \
	src/engine/answer_head.c src/engine/answer_head.h \
	src/engine/curl_loop.c src/engine/curl_loop.h \
	src/engine/dns_socket.c src/engine/dns_socket.h \
	src/engine/draft.c src/engine/draft.h \
	src/engine/engine.c src/engine/engine.h \
	src/engine/fetch.c src/engine/fetch.h src/engine/fetch_private.h \
	src/engine/fetch_body.c \
	src/engine/fetch_save.c \
	src/engine/fetcher.c \
	src/engine/folder_mark.c src/engine/folder_mark.h \
	src/engine/folder.c src/engine/folder.h \
	src/engine/hosts.c src/engine/hosts.h \
	src/engine/origin.c src/engine/origin.h \
	src/engine/policy.c src/engine/policy.h \
	src/engine/post.c src/engine/post.h \
	src/engine/probe.h \
	src/engine/resolv_conf.c src/engine/resolv_conf.h \
	src/engine/resolve.c \
	src/engine/resolver_evdns.c src/engine/resolver_evdns.h \
	src/engine/route.c src/engine/route.h \
	src/engine/signature.c src/engine/signature.h \
	src/engine/sink.c src/engine/sink.h \
	src/engine/transfer.c src/engine/transfer.h src/engine/transfer_private.h \
	src/engine/transfer_options.c \
	src/engine/transfer_outcome.c src/engine/transfer_outcome.h \
	src/engine/window.c src/engine/window.h
