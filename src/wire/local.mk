noinst_LIBRARIES += src/wire/libwire.a
src_wire_libwire_a_SOURCES = \
	%D%/asked.c %D%/asked.h %D%/cells.c %D%/cells.h %D%/grid.c %D%/grid.h \
	%D%/change_text.c %D%/change_text.h %D%/domain_row.c %D%/file_row.c \
	%D%/flag_metadata.c %D%/flag_metadata.h %D%/json_check.c %D%/json_check.h \
	%D%/json_job.c %D%/json_job.h %D%/json_text.c %D%/json_text.h %D%/jvalue.c %D%/jvalue.h \
	%D%/lines.c %D%/lines.h %D%/problem.c %D%/problem.h \
	%D%/problem_parse.c %D%/problem_parse.h %D%/record.c %D%/record.h %D%/records_row.c \
	%D%/result_filter.c %D%/result_filter.h %D%/registration_row.c \
	%D%/result_text.c %D%/result_text.h %D%/row.c %D%/row.h %D%/schedule.c %D%/schedule.h \
	%D%/submission.c %D%/submission.h %D%/submission_files.c %D%/submission_files.h \
	%D%/tar.c %D%/tar.h %D%/url_item.c %D%/url_item.h
