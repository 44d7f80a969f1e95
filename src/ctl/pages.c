/* Lists that arrive page by page. Thread: main. */
#include "ctl/pages.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "ctl/answer.h"
#include "ctl/message.h"

enum { MAX_LIMIT = 1000 };

static const struct option_row options_of_lists[] = {
    {"limit", 'l', "N", "Show at most N of them (with --all: request N at a time)", OPT_NUMBER,
	.offset = offsetof(struct pages, limit), .max = MAX_LIMIT},
    {"all", 'a', NULL, "Show all of them, page after page", OPT_FLAG,
	.offset = offsetof(struct pages, is_all)},
    {0},
};

const struct option_row *pages_options(void)
{
	return options_of_lists;
}

static int get_page(const struct pages *pages, struct http *http, const char *path,
    const char *cursor, struct http_call **ret_call)
{
	struct fields fields;

	fields_init(&fields, path);
	fields_add_text(
	    &fields, pages->cursor_name != NULL ? pages->cursor_name : "cursor", cursor);
	fields_add_number(&fields, "limit", pages->limit);
	int status = answer_get(http, fields.text.data, ret_call);
	fields_done(&fields);
	return status;
}

/* Print the page at *cursor and set *cursor to that of the next page. A daemon that names the same
 * page again would never come to an end. */
static int print_page(const struct pages *pages, struct http *http, const char *path, bool is_json,
    bool is_first, char **cursor)
{
	struct view_page page = {.next = NULL};
	struct http_call *call;
	int status = get_page(pages, http, path, *cursor, &call);

	if (status != CTL_OK)
		return status;
	const struct http_answer *answer = http_call_answer(call);
	if (!view_read_list(answer->body.data, answer->body.len, &pages->list,
		is_json ? NULL : pages->print, pages->arg, &page) ||
	    (page.next != NULL && *cursor != NULL && strcmp(page.next, *cursor) == 0))
		status = answer_unknown();
	else if (is_json && (is_first || page.n_items > 0))
		status = answer_print_raw(answer);
	http_call_free(call);
	free(*cursor);
	*cursor = page.next;
	return status;
}

int pages_print(const struct pages *pages, const struct fields *path, const struct options *options)
{
	AUTO_FREE char *cursor = pages->from != NULL ? xstrdup(pages->from) : NULL;
	struct http *http = answer_open(options);
	bool is_first = true;
	int status;

	if (http == NULL)
		return CTL_USAGE;
	do {
		status =
		    print_page(pages, http, path->text.data, options->is_json, is_first, &cursor);
		is_first = false;
	} while (status == CTL_OK && pages->is_all && cursor != NULL);
	if (status == CTL_OK && cursor != NULL && pages->tells_more && !options->is_quiet &&
	    !options->is_json) {
		fflush(stdout);
		fprintf(stderr, "There are more %s; use --all to show them.\n", pages->list.name);
	}
	http_free(http);
	return status;
}
