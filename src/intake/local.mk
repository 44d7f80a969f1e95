noinst_LIBRARIES += src/intake/libintake.a
src_intake_libintake_a_SOURCES = \
	src/intake/dedup.c src/intake/dedup.h \
	src/intake/files.c src/intake/files.h \
	src/intake/flags.c src/intake/flags.h \
	src/intake/intake.c src/intake/intake.h \
	src/intake/file_names.c src/intake/file_names.h \
	src/intake/presets.c src/intake/presets.h \
	src/intake/retry.c \
	src/intake/submit.c src/intake/submit.h \
	src/intake/submit_commit.c \
	src/intake/submit_private.h \
	src/intake/words.c src/intake/words.h
