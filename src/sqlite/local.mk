# The backend of the store that keeps all in an SQLite database.
noinst_LIBRARIES += src/sqlite/libbackend.a
src_sqlite_libbackend_a_SOURCES = \
	src/sqlite/access.c \
	src/sqlite/block.c src/sqlite/block.h \
	src/sqlite/chores.c src/sqlite/chores.h \
	src/sqlite/copies.c \
	src/sqlite/copy.c \
	src/sqlite/end.c \
	src/sqlite/files.c src/sqlite/files.h \
	src/sqlite/open.c \
	src/sqlite/outbox.c \
	src/sqlite/outcome.c \
	src/sqlite/progress.c src/sqlite/progress.h \
	src/sqlite/read.c \
	src/sqlite/retention.c \
	src/sqlite/rows.c \
	src/sqlite/schedule.c \
	src/sqlite/schema.c src/sqlite/schema.h \
	src/sqlite/sqlite.c src/sqlite/sqlite.h \
	src/sqlite/unclean.c \
	src/sqlite/verbs.c src/sqlite/verbs.h \
	src/sqlite/watch.c \
	src/sqlite/write.c \
	src/sqlite/database.h src/sqlite/db.h src/sqlite/statements.def
nodist_src_sqlite_libbackend_a_SOURCES = src/sqlite/schema_steps.c
# In their order.
SCHEMA = src/sqlite/schema/1.sql src/sqlite/schema/2.sql src/sqlite/schema/3.sql src/sqlite/schema/4.sql \
	src/sqlite/schema/5.sql src/sqlite/schema/6.sql src/sqlite/schema/7.sql src/sqlite/schema/8.sql \
	src/sqlite/schema/9.sql src/sqlite/schema/10.sql
EXTRA_DIST += src/sqlite/embed_schema.sh $(SCHEMA)
CLEANFILES += src/sqlite/schema_steps.c

src/sqlite/schema_steps.c: $(srcdir)/src/sqlite/embed_schema.sh $(SCHEMA)
	$(AM_V_GEN)$(MKDIR_P) src/sqlite && (cd $(srcdir) && sh src/sqlite/embed_schema.sh $(SCHEMA)) > $@.tmp && mv $@.tmp $@
