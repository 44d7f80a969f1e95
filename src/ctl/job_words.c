/* The job of a schedule as words. Thread: main. */
#include "ctl/job_words.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "ctl/answer.h"
#include "model/schedule.h"

enum { MAX_BYTES = 2 * SCHEDULE_MAX_JOB }; /* a job that is larger is none of a schedule */

job_words_fn *job_words_find(const char *command)
{
	static const struct {
		const char *name;
		job_words_fn *read;
	} readers[] = {
	    {"domains", domains_read_words},
	    {"flags", flags_read_words},
	    {"download", download_read_words},
	};

	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
		if (strcmp(readers[i].name, command) == 0)
			return readers[i].read;
	}
	return NULL;
}

bool job_words_check(const struct job_args *args, const char *folder)
{
	const char *unfit = folder != NULL ? "--output" : job_args_unfit(args);

	if (unfit != NULL)
		fprintf(stderr, "asyncprobectl: %s has no place in a schedule\n", unfit);
	return unfit == NULL;
}

static bool fail(const char *input, const char *why)
{
	fputs("asyncprobectl: ", stderr);
	answer_print(stderr, input);
	fprintf(stderr, ": %s\n", why);
	return false;
}

static bool read_all(const char *input, struct buf *text)
{
	bool is_stdin = strcmp(input, "-") == 0;
	FILE *file = is_stdin ? stdin : fopen(input, "re");
	char piece[4096];
	size_t n;

	if (file == NULL)
		return fail(input, strerror(errno));
	while ((n = fread(piece, 1, sizeof(piece), file)) > 0 && !text->overflow)
		buf_add(text, piece, n);
	int why = ferror(file) ? errno : 0;
	if (!is_stdin)
		fclose(file);
	if (text->overflow)
		return fail(input, "this is too large for a schedule");
	if (why == 0 && text->len > 0 && memchr(text->data, '\0', text->len) != NULL)
		return fail(input, "this is no text");
	return why == 0 || fail(input, strerror(why));
}

char *job_words_read_file(const char *input)
{
	struct buf text;

	buf_init(&text, MAX_BYTES);
	if (read_all(input, &text))
		return buf_take(&text, NULL);
	buf_done(&text);
	return NULL;
}

bool job_words_add_lines(struct text_list *list, const char *input)
{
	AUTO_FREE char *text = job_words_read_file(input);
	char *rest = text;

	for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
		line[strcspn(line, "\r")] = '\0';
		if (*line != '\0' && *line != '#')
			text_list_add(list, line);
	}
	return text != NULL;
}
