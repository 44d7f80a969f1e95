noinst_LIBRARIES += src/base/libbase.a
src_base_libbase_a_SOURCES = \
	%D%/alloc.c %D%/alloc.h %D%/buf.c %D%/buf.h %D%/clock.c %D%/clock.h %D%/err.c %D%/err.h \
	%D%/hex.c %D%/hex.h %D%/id.c %D%/id.h %D%/log.c %D%/log.h %D%/metrics.c %D%/metrics.h \
	%D%/metrics.def %D%/process.c %D%/random.c %D%/random.h %D%/small_file.c %D%/small_file.h \
	%D%/span.h %D%/stdfd.c %D%/stdfd.h %D%/str.c %D%/str.h %D%/utf8.c %D%/utf8.h \
	%D%/varint.c %D%/varint.h
