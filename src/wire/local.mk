noinst_LIBRARIES += src/wire/libwire.a
src_wire_libwire_a_SOURCES = \
	src/wire/asked.c src/wire/asked.h \
	src/wire/cells.c src/wire/cells.h \
	src/wire/grid.c src/wire/grid.h \
	src/wire/change_text.c src/wire/change_text.h \
	src/wire/domain_row.c src/wire/file_row.c \
	src/wire/flag_metadata.c src/wire/flag_metadata.h \
	src/wire/json_check.c src/wire/json_check.h \
	src/wire/json_job.c src/wire/json_job.h \
	src/wire/json_text.c src/wire/json_text.h \
	src/wire/jvalue.c src/wire/jvalue.h \
	src/wire/lines.c src/wire/lines.h \
	src/wire/problem.c src/wire/problem.h \
	src/wire/problem_parse.c src/wire/problem_parse.h \
	src/wire/record.c src/wire/record.h \
	src/wire/records_row.c \
	src/wire/result_filter.c src/wire/result_filter.h \
	src/wire/registration_row.c \
	src/wire/result_text.c src/wire/result_text.h \
	src/wire/row.c src/wire/row.h \
	src/wire/schedule.c src/wire/schedule.h \
	src/wire/submission.c src/wire/submission.h \
	src/wire/submission_files.c src/wire/submission_files.h \
	src/wire/tar.c src/wire/tar.h \
	src/wire/url_item.c src/wire/url_item.h
