noinst_LIBRARIES += src/base/libbase.a
src_base_libbase_a_SOURCES = \
	src/base/alloc.c src/base/alloc.h \
	src/base/buf.c src/base/buf.h \
	src/base/clock.c src/base/clock.h \
	src/base/err.c src/base/err.h \
	src/base/hex.c src/base/hex.h \
	src/base/id.c src/base/id.h \
	src/base/log.c src/base/log.h \
	src/base/metrics.c src/base/metrics.h src/base/metrics.def \
	src/base/process.c \
	src/base/random.c src/base/random.h \
	src/base/small_file.c src/base/small_file.h \
	src/base/span.h \
	src/base/stdfd.c src/base/stdfd.h \
	src/base/str.c src/base/str.h \
	src/base/utf8.c src/base/utf8.h \
	src/base/varint.c src/base/varint.h
