noinst_LIBRARIES += src/intake/libintake.a
src_intake_libintake_a_SOURCES = \
	%D%/dedup.c %D%/dedup.h %D%/files.c %D%/files.h %D%/flags.c %D%/flags.h \
	%D%/intake.c %D%/intake.h %D%/file_names.c %D%/file_names.h %D%/presets.c %D%/presets.h \
	%D%/retry.c %D%/submit.c %D%/submit.h %D%/submit_commit.c %D%/submit_private.h \
	%D%/words.c %D%/words.h
