noinst_LIBRARIES += src/fetch/libfetch.a
src_fetch_libfetch_a_SOURCES = \
	%D%/address_order.c %D%/address_order.h %D%/address_source.c \
	%D%/answer_head.c %D%/answer_head.h %D%/curl_loop.c %D%/curl_loop.h \
	%D%/digest.c %D%/digest.h %D%/doh.c %D%/doh.h %D%/draft.c %D%/draft.h \
	%D%/exchange.c %D%/exchange.h %D%/fetch.c %D%/fetch.h %D%/fetch_private.h \
	%D%/fetch_parts.h %D%/fetch_body.c %D%/fetch_changed.c %D%/fetch_changed.h \
	%D%/fetch_end.c %D%/fetch_head.c %D%/fetch_mirror.c %D%/fetch_rate.c %D%/fetch_redirect.c \
	%D%/fetch_resume.c %D%/fetch_save.c %D%/fetch_sync.c %D%/fetch_way.c %D%/fetch_way.h \
	%D%/fetcher.c %D%/folder.c %D%/folder.h %D%/folder_mark.c %D%/folder_mark.h \
	%D%/folder_path.c %D%/folder_path.h %D%/host.c %D%/host.h %D%/origin.c %D%/origin.h \
	%D%/origin_private.h %D%/policy.c %D%/policy.h %D%/post.c %D%/post.h \
	%D%/race.c %D%/race.h %D%/route.c %D%/route.h %D%/signature.c %D%/signature.h \
	%D%/sink.c %D%/sink.h %D%/tls_link.c %D%/tls_link.h %D%/transfer.c %D%/transfer.h \
	%D%/transfer_private.h %D%/transfer_options.c \
	%D%/transfer_outcome.c %D%/transfer_outcome.h %D%/way.c
