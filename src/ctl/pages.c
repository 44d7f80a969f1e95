/* Lists, which come a page at a time. Thread: main. */
#include "ctl/pages.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "ctl/answer.h"

enum { MAX_LIMIT = 1000 };

error_t pages_option(struct pages *pages, int key, char *value, const struct argp_state *state)
{
	switch (key) {
	case 'l':
		pages->limit = args_number(state, "limit", value, MAX_LIMIT);
		return 0;
	case 'a':
		pages->is_all = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int get_page(
    const struct pages *pages, struct http *http, const char *cursor, struct http_call **ret_call)
{
	struct buf path;
	char digits[24];

	buf_init(&path, SIZE_MAX / 2);
	buf_add_str(&path, pages->path);
	if (cursor != NULL)
		http_add_query(&path, pages->cursor_name, cursor);
	snprintf(digits, sizeof(digits), "%llu", (unsigned long long)pages->limit);
	if (pages->limit > 0)
		http_add_query(&path, "limit", digits);
	int status = answer_get(http, path.data, ret_call);
	buf_done(&path);
	return status;
}

/* Print the page behind *cursor, and put in its place what the next page is behind. */
static int print_page(
    const struct pages *pages, struct http *http, bool is_json, bool is_first, char **cursor)
{
	struct page_end end = {.next = NULL};
	struct http_call *call;
	int status = get_page(pages, http, *cursor, &call);

	if (status != CTL_OK)
		return status;
	const struct http_answer *answer = http_call_answer(call);
	if (answer->body.len == 0 ||
	    !pages->read(answer->body.data, answer->body.len, !is_json, pages->arg, &end))
		status = answer_strange();
	else if (is_json && (is_first || !end.is_empty))
		status = answer_print_raw(answer);
	http_call_free(call);
	free(*cursor);
	*cursor = end.next;
	return status;
}

int pages_print(const struct pages *pages, const struct options *options)
{
	AUTO_FREE char *cursor = pages->from != NULL ? xstrdup(pages->from) : NULL;
	struct http *http = answer_open(options);

	if (http == NULL)
		return CTL_USAGE;
	int status = print_page(pages, http, options->is_json, true, &cursor);
	while (status == CTL_OK && pages->is_all && cursor != NULL)
		status = print_page(pages, http, options->is_json, false, &cursor);
	if (status == CTL_OK && cursor != NULL && pages->things != NULL && !options->is_quiet &&
	    !options->is_json) {
		fflush(stdout);
		fprintf(stderr, "There are older %s; --all shows them.\n", pages->things);
	}
	http_free(http);
	return status;
}
