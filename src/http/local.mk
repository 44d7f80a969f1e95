noinst_LIBRARIES += src/http/libhttp.a
src_http_libhttp_a_SOURCES = \
	%D%/accept.c %D%/accept.h %D%/access.c %D%/access.h %D%/answer.c %D%/answer.h \
	%D%/authority.c %D%/authority.h %D%/chars.c %D%/chars.h %D%/chunked.c %D%/chunked.h \
	%D%/connection.c %D%/connection.h %D%/connection_phase.c %D%/door.c %D%/door.h \
	%D%/fault.h %D%/fields.c %D%/fields.h %D%/guard.c %D%/head.c %D%/head.h \
	%D%/listener.c %D%/listener.h %D%/pipe.c %D%/pipe.h %D%/reader.c %D%/reader.h \
	%D%/request.c %D%/request.h %D%/request_private.h \
	%D%/request_metrics.c %D%/request_metrics.h %D%/request_line.c %D%/request_line.h \
	%D%/route.c %D%/server.c %D%/server.h %D%/server_private.h %D%/stream.c \
	%D%/tls.c %D%/tls.h %D%/tokens.c %D%/tokens.h %D%/transport.c %D%/transport.h
