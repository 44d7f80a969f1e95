noinst_LIBRARIES += src/store/libstore.a
src_store_libstore_a_SOURCES = \
	src/store/copier.c \
	src/store/damage.c src/store/damage.h \
	src/store/db_files.c src/store/db_files.h \
	src/store/page.h \
	src/store/reader.c \
	src/store/schedule_op.h src/store/schema.c \
	src/store/sqlite.c src/store/sqlite.h \
	src/store/sqlite_access.c \
	src/store/sqlite_block.c src/store/sqlite_block.h \
	src/store/sqlite_chores.c src/store/sqlite_chores.h \
	src/store/sqlite_copy.c \
	src/store/sqlite_db.h src/store/sqlite_statements.def \
	src/store/sqlite_end.c src/store/sqlite_end.h \
	src/store/sqlite_life.c \
	src/store/sqlite_outbox.c \
	src/store/sqlite_outcome.c \
	src/store/sqlite_read.c \
	src/store/sqlite_retention.c \
	src/store/sqlite_rows.c \
	src/store/sqlite_schedule.c \
	src/store/sqlite_unclean.c src/store/sqlite_unclean.h \
	src/store/sqlite_verbs.c \
	src/store/sqlite_watch.c \
	src/store/sqlite_write.c \
	src/store/store.c src/store/store.h src/store/store_life.h src/store/store_op.c src/store/store_op.h src/store/stored.h \
	src/store/verbs.def src/store/worker.h \
	src/store/writer.c
