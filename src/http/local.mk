noinst_LIBRARIES += src/http/libhttp.a
src_http_libhttp_a_SOURCES = \
	src/http/accept.c src/http/accept.h \
	src/http/access.c src/http/access.h \
	src/http/authority.c src/http/authority.h \
	src/http/chars.c src/http/chars.h \
	src/http/chunked.c src/http/chunked.h \
	src/http/connection.c src/http/connection.h \
	src/http/door.c src/http/door.h \
	src/http/fault.h \
	src/http/fields.c src/http/fields.h \
	src/http/guard.c \
	src/http/head.c src/http/head.h \
	src/http/listener.c src/http/listener.h \
	src/http/pipe.c src/http/pipe.h \
	src/http/reader.c src/http/reader.h \
	src/http/request.c src/http/request.h src/http/request_private.h \
	src/http/request_metrics.c src/http/request_metrics.h \
	src/http/request_line.c src/http/request_line.h \
	src/http/route.c \
	src/http/server.c src/http/server.h src/http/server_private.h \
	src/http/stream.c \
	src/http/tls.c src/http/tls.h \
	src/http/tokens.c src/http/tokens.h \
	src/http/transport.c src/http/transport.h
