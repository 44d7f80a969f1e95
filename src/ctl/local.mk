noinst_LIBRARIES += src/ctl/libctl.a
src_ctl_libctl_a_SOURCES = \
	%D%/acts.c %D%/acts.h %D%/answer.c %D%/answer.h %D%/args.c %D%/args.h \
	%D%/backoff.c %D%/backoff.h %D%/cmd_acts.c %D%/cmd_backup.c %D%/cmd_domains.c \
	%D%/cmd_download.c %D%/cmd_flags.c %D%/cmd_jobs.c %D%/cmd_results.c %D%/cmd_schedules.c \
	%D%/cmd_schedules_edit.c %D%/cmd_schedules_log.c %D%/cmd_servers.c %D%/cmd_status.c \
	%D%/cmd_whois.c %D%/commands.c %D%/commands.h %D%/copies.c %D%/copies.h \
	%D%/fields.c %D%/fields.h %D%/filter.c %D%/filter.h %D%/follow.c %D%/follow.h \
	%D%/http.c %D%/http.h %D%/input.c %D%/input.h %D%/job_args.c %D%/job_args.h \
	%D%/line_reader.c %D%/line_reader.h %D%/message.c %D%/message.h %D%/option.c %D%/option.h \
	%D%/pages.c %D%/pages.h %D%/progress.c %D%/progress.h %D%/raw.c %D%/raw.h \
	%D%/rows.c %D%/rows.h %D%/submit.c %D%/submit.h %D%/sum.c %D%/sum.h %D%/view.c %D%/view.h \
	%D%/view_registration.c %D%/view_registration.h %D%/view_json.c %D%/view_json.h \
	%D%/view_schedule.c %D%/view_schedule.h %D%/view_server.c %D%/view_server.h

bin_PROGRAMS += src/asyncprobectl
src_asyncprobectl_SOURCES = %D%/main.c
src_asyncprobectl_LDADD = src/ctl/libctl.a src/wire/libwire.a src/model/libmodel.a src/base/libbase.a \
	$(CURL_LIBS) $(CRYPTO_LIBS) $(JANSSON_LIBS) $(IDN2_LIBS) $(GLIB_LIBS)
