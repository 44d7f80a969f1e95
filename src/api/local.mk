noinst_LIBRARIES += src/api/libapi.a
src_api_libapi_a_SOURCES = \
	src/api/answers.c \
	src/api/api.h \
	src/api/archive_api.c \
	src/api/backup_api.c \
	src/api/bodies.c src/api/bodies.h \
	src/api/bulk_api.c \
	src/api/changes_api.c \
	src/api/feed.c src/api/feed.h \
	src/api/grid_api.c src/api/grid_api.h \
	src/api/file_api.c \
	src/api/gzip.c src/api/gzip.h \
	src/api/health_api.c \
	src/api/jobs_api.c \
	src/api/limits_api.c \
	src/api/lookup.c \
	src/api/metrics_api.c \
	src/api/openapi_api.c src/api/openapi_text.h \
	src/api/page_api.c src/api/page_files.h \
	src/api/range.c src/api/range.h \
	src/api/routes.c \
	src/api/schedules_api.c \
	src/api/registries_api.c \
	src/api/servers_api.c \
	src/api/status_api.c \
	src/api/stream_api.c \
	src/api/submit_api.c
nodist_src_api_libapi_a_SOURCES = src/api/openapi_text.c src/api/page_files.c
EXTRA_DIST += src/api/embed.sh
CLEANFILES += src/api/openapi_text.c src/api/page_files.c

src/api/openapi_text.c: $(srcdir)/src/api/embed.sh $(srcdir)/docs/openapi.yaml $(srcdir)/docs/openapi.json
	$(AM_V_GEN)$(MKDIR_P) src/api && sh $(srcdir)/src/api/embed.sh api/openapi_text.h \
		openapi_yaml $(srcdir)/docs/openapi.yaml openapi_json $(srcdir)/docs/openapi.json > $@.tmp && mv $@.tmp $@

src/api/page_files.c: $(PAGE_FILES) $(srcdir)/page/embed.sh
	$(AM_V_GEN)$(MKDIR_P) src/api && sh $(srcdir)/page/embed.sh $(PAGE_FILES) > $@.tmp && mv $@.tmp $@
