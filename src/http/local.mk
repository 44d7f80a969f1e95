noinst_LIBRARIES += src/http/libhttp.a
src_http_libhttp_a_SOURCES = \
	src/http/authority.c src/http/authority.h \
	src/http/chars.c src/http/chars.h \
	src/http/chunked.c src/http/chunked.h \
	src/http/fault.h \
	src/http/fields.c src/http/fields.h \
	src/http/head.c src/http/head.h \
	src/http/reader.c src/http/reader.h \
	src/http/request_line.c src/http/request_line.h
