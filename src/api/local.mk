noinst_LIBRARIES += src/api/libapi.a
src_api_libapi_a_SOURCES = \
	%D%/answers.c %D%/api.h %D%/archive_api.c %D%/backup_api.c %D%/bodies.c %D%/bodies.h \
	%D%/bulk_api.c %D%/changes_api.c %D%/feed.c %D%/feed.h %D%/grid_api.c %D%/grid_api.h \
	%D%/file_api.c %D%/gzip.c %D%/gzip.h %D%/health_api.c %D%/jobs_api.c %D%/limits_api.c \
	%D%/lookup.c %D%/metrics_api.c %D%/openapi_api.c %D%/openapi_text.h %D%/page_api.c \
	%D%/page_files.h %D%/range.c %D%/range.h %D%/routes.c %D%/schedules_api.c \
	%D%/registries_api.c %D%/servers_api.c %D%/status_api.c %D%/stream_api.c %D%/submit_api.c
nodist_src_api_libapi_a_SOURCES = %D%/openapi_text.c %D%/page_files.c
EXTRA_DIST += src/api/embed.sh
CLEANFILES += %D%/openapi_text.c %D%/page_files.c

src/api/openapi_text.c: $(srcdir)/src/api/embed.sh $(srcdir)/docs/openapi.yaml $(srcdir)/docs/openapi.json
	$(AM_V_GEN)$(MKDIR_P) src/api && sh $(srcdir)/src/api/embed.sh api/openapi_text.h \
		openapi_yaml $(srcdir)/docs/openapi.yaml openapi_json $(srcdir)/docs/openapi.json > $@.tmp && mv $@.tmp $@

src/api/page_files.c: $(PAGE_FILES) $(srcdir)/page/embed.sh
	$(AM_V_GEN)$(MKDIR_P) src/api && sh $(srcdir)/page/embed.sh $(PAGE_FILES) > $@.tmp && mv $@.tmp $@
