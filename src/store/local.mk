noinst_LIBRARIES += src/store/libstore.a
src_store_libstore_a_SOURCES = \
	src/store/backend.h \
	src/store/copier.c \
	src/store/damage.c src/store/damage.h \
	src/store/page.h src/store/schedule_op.h \
	src/store/reader.c \
	src/store/results.c src/store/results.h \
	src/store/store.c src/store/store.h src/store/store_life.h \
	src/store/store_op.c src/store/store_op.h src/store/stored.h src/store/stored_post.h \
	src/store/verbs.def src/store/worker.h \
	src/store/writer.c
