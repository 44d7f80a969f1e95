noinst_LIBRARIES += src/store/libstore.a
src_store_libstore_a_SOURCES = \
	%D%/backend.h %D%/copier.c %D%/damage.c %D%/damage.h %D%/page.h %D%/schedule_op.h \
	%D%/reader.c %D%/results.c %D%/results.h %D%/store.c %D%/store.h %D%/store_life.h \
	%D%/store_op.c %D%/store_op.h %D%/stored.h %D%/stored_post.h %D%/verbs.def %D%/worker.h \
	%D%/writer.c
