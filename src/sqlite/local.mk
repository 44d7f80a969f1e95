# The backend of the store that keeps all in an SQLite database.
noinst_LIBRARIES += src/sqlite/libbackend.a
src_sqlite_libbackend_a_SOURCES = \
	%D%/access.c %D%/block.c %D%/block.h %D%/chores.c %D%/chores.h %D%/copies.c %D%/copy.c \
	%D%/end.c %D%/files.c %D%/files.h %D%/open.c %D%/outbox.c %D%/outcome.c \
	%D%/progress.c %D%/progress.h %D%/read.c %D%/retention.c %D%/rows.c %D%/schedule.c \
	%D%/schema.c %D%/schema.h %D%/sqlite.c %D%/sqlite.h %D%/unclean.c %D%/verbs.c %D%/verbs.h \
	%D%/watch.c %D%/write.c %D%/database.h %D%/db.h %D%/statements.def
nodist_src_sqlite_libbackend_a_SOURCES = %D%/schema_steps.c
# In their order.
SCHEMA = src/sqlite/schema/1.sql src/sqlite/schema/2.sql src/sqlite/schema/3.sql src/sqlite/schema/4.sql \
	src/sqlite/schema/5.sql src/sqlite/schema/6.sql src/sqlite/schema/7.sql src/sqlite/schema/8.sql \
	src/sqlite/schema/9.sql src/sqlite/schema/10.sql
EXTRA_DIST += src/sqlite/embed_schema.sh $(SCHEMA)
CLEANFILES += %D%/schema_steps.c

src/sqlite/schema_steps.c: $(srcdir)/src/sqlite/embed_schema.sh $(SCHEMA)
	$(AM_V_GEN)$(MKDIR_P) src/sqlite && (cd $(srcdir) && sh src/sqlite/embed_schema.sh $(SCHEMA)) > $@.tmp && mv $@.tmp $@
