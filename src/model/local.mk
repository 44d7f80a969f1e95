noinst_LIBRARIES += src/model/libmodel.a
src_model_libmodel_a_SOURCES = \
	src/model/address.c src/model/address.h \
	src/model/bucket.c src/model/bucket.h \
	src/model/asked_tags.h src/model/check_spec.c src/model/check_spec.h \
	src/model/chunk.c src/model/chunk.h \
	src/model/codes.c src/model/codes.h \
	src/model/cron.c src/model/cron.h \
	src/model/disposition.c src/model/disposition.h \
	src/model/file.c src/model/file.h \
	src/model/file_copy.c src/model/file_copy.h \
	src/model/file_name.c src/model/file_name.h \
	src/model/idn.c src/model/idn.h \
	src/model/job.c src/model/job.h \
	src/model/job_filter.c src/model/job_filter.h \
	src/model/name_server.h \
	src/model/registry_state.h \
	src/model/outcome.c src/model/outcome.h \
	src/model/pace.c src/model/pace.h \
	src/model/pattern.c src/model/pattern.h \
	src/model/recurrence.c src/model/recurrence.h \
	src/model/registration.c src/model/registration.h \
	src/model/result.c src/model/result.h \
	src/model/records.c src/model/records.h \
	src/model/reverse.c src/model/reverse.h \
	src/model/rrtype.c src/model/rrtype.h \
	src/model/server_set.c src/model/server_set.h \
	src/model/schedule.c src/model/schedule.h \
	src/model/spec.c src/model/spec.h \
	src/model/state.c src/model/state.h \
	src/model/tagged.c src/model/tagged.h \
	src/model/target.c src/model/target.h \
	src/model/url.c src/model/url.h \
	src/model/url_ref.c src/model/url_ref.h \
	src/model/window.c src/model/window.h \
	src/model/zone.c src/model/zone.h
