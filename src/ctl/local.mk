noinst_LIBRARIES += src/ctl/libctl.a
src_ctl_libctl_a_SOURCES = \
	src/ctl/acts.c src/ctl/acts.h \
	src/ctl/answer.c src/ctl/answer.h \
	src/ctl/args.c src/ctl/args.h \
	src/ctl/backoff.c src/ctl/backoff.h \
	src/ctl/cmd_acts.c \
	src/ctl/cmd_backup.c \
	src/ctl/cmd_domains.c \
	src/ctl/cmd_download.c \
	src/ctl/cmd_flags.c \
	src/ctl/cmd_jobs.c \
	src/ctl/cmd_results.c \
	src/ctl/cmd_schedules.c \
	src/ctl/cmd_schedules_edit.c \
	src/ctl/cmd_schedules_log.c \
	src/ctl/cmd_servers.c \
	src/ctl/cmd_status.c \
	src/ctl/cmd_whois.c \
	src/ctl/commands.c src/ctl/commands.h \
	src/ctl/copies.c src/ctl/copies.h \
	src/ctl/fields.c src/ctl/fields.h \
	src/ctl/filter.c src/ctl/filter.h \
	src/ctl/follow.c src/ctl/follow.h \
	src/ctl/http.c src/ctl/http.h \
	src/ctl/input.c src/ctl/input.h \
	src/ctl/job_args.c src/ctl/job_args.h \
	src/ctl/line_reader.c src/ctl/line_reader.h \
	src/ctl/message.c src/ctl/message.h \
	src/ctl/option.c src/ctl/option.h \
	src/ctl/pages.c src/ctl/pages.h \
	src/ctl/progress.c src/ctl/progress.h \
	src/ctl/raw.c src/ctl/raw.h \
	src/ctl/rows.c src/ctl/rows.h \
	src/ctl/submit.c src/ctl/submit.h \
	src/ctl/sum.c src/ctl/sum.h \
	src/ctl/view.c src/ctl/view.h \
	src/ctl/view_registration.c src/ctl/view_registration.h \
	src/ctl/view_json.c src/ctl/view_json.h \
	src/ctl/view_schedule.c src/ctl/view_schedule.h \
	src/ctl/view_server.c src/ctl/view_server.h

bin_PROGRAMS += src/asyncprobectl
src_asyncprobectl_SOURCES = src/ctl/main.c
src_asyncprobectl_LDADD = src/ctl/libctl.a src/wire/libwire.a src/model/libmodel.a src/base/libbase.a \
	$(CURL_LIBS) $(CRYPTO_LIBS) $(JANSSON_LIBS) $(IDN2_LIBS) $(GLIB_LIBS)
