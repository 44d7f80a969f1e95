noinst_LIBRARIES += src/fetch/libfetch.a
src_fetch_libfetch_a_SOURCES = \
	src/fetch/address_order.c src/fetch/address_order.h \
	src/fetch/address_source.c \
	src/fetch/answer_head.c src/fetch/answer_head.h \
	src/fetch/curl_loop.c src/fetch/curl_loop.h \
	src/fetch/digest.c src/fetch/digest.h \
	src/fetch/doh.c src/fetch/doh.h \
	src/fetch/draft.c src/fetch/draft.h \
	src/fetch/exchange.c src/fetch/exchange.h \
	src/fetch/fetch.c src/fetch/fetch.h src/fetch/fetch_private.h \
	src/fetch/fetch_parts.h \
	src/fetch/fetch_body.c \
	src/fetch/fetch_changed.c src/fetch/fetch_changed.h \
	src/fetch/fetch_end.c \
	src/fetch/fetch_head.c \
	src/fetch/fetch_mirror.c \
	src/fetch/fetch_rate.c \
	src/fetch/fetch_redirect.c \
	src/fetch/fetch_resume.c \
	src/fetch/fetch_save.c \
	src/fetch/fetch_sync.c \
	src/fetch/fetch_way.c src/fetch/fetch_way.h \
	src/fetch/fetcher.c \
	src/fetch/folder.c src/fetch/folder.h \
	src/fetch/folder_mark.c src/fetch/folder_mark.h \
	src/fetch/folder_path.c src/fetch/folder_path.h \
	src/fetch/host.c src/fetch/host.h \
	src/fetch/origin.c src/fetch/origin.h src/fetch/origin_private.h \
	src/fetch/policy.c src/fetch/policy.h \
	src/fetch/post.c src/fetch/post.h \
	src/fetch/race.c src/fetch/race.h \
	src/fetch/route.c src/fetch/route.h \
	src/fetch/signature.c src/fetch/signature.h \
	src/fetch/sink.c src/fetch/sink.h \
	src/fetch/tls_link.c src/fetch/tls_link.h \
	src/fetch/transfer.c src/fetch/transfer.h src/fetch/transfer_private.h \
	src/fetch/transfer_options.c \
	src/fetch/transfer_outcome.c src/fetch/transfer_outcome.h \
	src/fetch/way.c
