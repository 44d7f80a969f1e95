/* Problem details. `type` is about:blank: the title then says no more than the status (RFC 9457
 * section 4.2.1). */
#include "wire/problem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "model/url.h"
#include "wire/json_text.h"

static char *PRINTF(1, 0) format(const char *text, va_list args)
{
	char detail[PROBLEM_MAX_DETAIL + 1];

	vsnprintf(detail, sizeof(detail), text, args);
	return xstrdup(detail);
}

void problem_done(struct problem *p)
{
	free(p->detail);
	for (size_t i = 0; i < p->n_errors; i++) {
		free(p->errors[i].pointer);
		free(p->errors[i].detail);
	}
	*p = (struct problem){0};
}

void problem_set(struct problem *p, int status, const char *detail, ...)
{
	va_list args;

	if (p->status != 0)
		return;
	p->status = status;
	va_start(args, detail);
	p->detail = format(detail, args);
	va_end(args);
}

void problem_add(struct problem *p, const char *pointer, const char *detail, ...)
{
	va_list args;

	problem_set(p, 422, "Some fields of the request are invalid.");
	if (p->n_errors == PROBLEM_MAX_ERRORS)
		return;
	va_start(args, detail);
	p->errors[p->n_errors].pointer = xstrdup(pointer);
	p->errors[p->n_errors++].detail = format(detail, args);
	va_end(args);
}

const char *problem_title(int status)
{
	static const struct {
		int status;
		const char *title;
	} titles[] = {{400, "Bad Request"}, {401, "Unauthorized"}, {403, "Forbidden"},
	    {404, "Not Found"}, {405, "Method Not Allowed"}, {406, "Not Acceptable"},
	    {408, "Request Timeout"}, {409, "Conflict"}, {412, "Precondition Failed"},
	    {413, "Content Too Large"}, {414, "URI Too Long"}, {415, "Unsupported Media Type"},
	    {421, "Misdirected Request"}, {422, "Unprocessable Content"},
	    {429, "Too Many Requests"}, {500, "Internal Server Error"},
	    {503, "Service Unavailable"}, {507, "Insufficient Storage"}};

	for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++) {
		if (titles[i].status == status)
			return titles[i].title;
	}
	return "Error";
}

void problem_encode(const struct problem *p, struct buf *b)
{
	buf_addf(b, "{\"type\":\"about:blank\",\"title\":\"%s\",\"status\":%d,\"detail\":",
	    problem_title(p->status), p->status);
	json_add_string(b, p->detail, strlen(p->detail));
	for (size_t i = 0; i < p->n_errors; i++) {
		buf_add_str(b, i == 0 ? ",\"errors\":[{\"pointer\":" : ",{\"pointer\":");
		json_add_string(b, p->errors[i].pointer, strlen(p->errors[i].pointer));
		buf_add_str(b, ",\"detail\":");
		json_add_string(b, p->errors[i].detail, strlen(p->errors[i].detail));
		buf_add_char(b, '}');
	}
	buf_add_str(b, p->n_errors > 0 ? "]}" : "}");
}

void problem_escape(const char *name, char *ret_part, size_t size)
{
	size_t n = 0;

	for (; *name != '\0' && n + 3 <= size; name++) {
		if (*name == '~' || *name == '/') {
			ret_part[n++] = '~';
			ret_part[n++] = *name == '~' ? '0' : '1';
		} else {
			ret_part[n++] = *name;
		}
	}
	ret_part[n] = '\0';
}

bool problem_check_url(struct problem *p, const char *pointer, const char *text, size_t max)
{
	struct url url;
	enum url_fault fault = url_parse(text, strlen(text), &url);

	if (fault != URL_GOOD)
		problem_add(p, pointer, "%s", url_fault_text(fault));
	else
		url_done(&url);
	if (fault == URL_GOOD && strlen(text) > max)
		problem_add(p, pointer, "This must have at most %zu bytes.", max);
	return fault == URL_GOOD && strlen(text) <= max;
}
