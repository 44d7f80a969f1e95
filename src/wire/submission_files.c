/* The fields of jobs whose items are files. */
#include "wire/submission_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "model/url.h"
#include "wire/url_item.h"

/* Tell of a fault in what is at `pointer`. */
static void add_fault(const struct url_item_fault *fault, const char *pointer, struct problem *p)
{
	char member[160];

	snprintf(member, sizeof(member), "%s%s%s", pointer, fault->member[0] != '\0' ? "/" : "",
	    fault->member);
	problem_add(p, member, "%s", fault->detail);
}

bool files_add_url(struct spec *spec, struct jvalue value, const char *pointer, struct problem *p)
{
	struct url_item_fault fault = {.detail = NULL};

	if (!url_item_add(&spec->urls.bytes, value, &fault)) {
		add_fault(&fault, pointer, p);
		return p->n_errors < PROBLEM_MAX_ERRORS;
	}
	buf_add_char(&spec->urls.bytes, '\0');
	spec->urls.n++;
	return true;
}

void files_set_layout(struct spec *spec, const char *value, struct problem *p)
{
	if (strcmp(value, "flat") == 0)
		spec->layout = LAYOUT_FLAT;
	else if (strcmp(value, "host") == 0)
		spec->layout = LAYOUT_HOST;
	else if (strcmp(value, "url") == 0)
		spec->layout = LAYOUT_URL;
	else
		problem_add(p, "/layout", "The layout must be \"flat\", \"host\" or \"url\".");
}

void files_set_keep(struct spec *spec, const char *value, struct problem *p)
{
	spec->files.keeps_last = strcmp(value, "last") == 0;
	if (!spec->files.keeps_last && strcmp(value, "all") != 0)
		problem_add(p, "/keep", "This must be \"all\" or \"last\".");
}

void files_set_headers(struct spec *spec, struct jvalue value, struct problem *p)
{
	struct url_item_fault fault = {.detail = NULL};

	buf_clear(&spec->headers);
	if (!url_item_add_headers(&spec->headers, value, &fault))
		problem_add(p, "/headers", "%s", fault.detail);
}

void files_check(const struct spec *spec, struct problem *p)
{
	const struct file_options *o = &spec->files;

	if (o->is_unsaved && o->by_disposition)
		problem_add(p, "/content_disposition", "Files that are not saved have no names.");
	if (o->is_unsaved && o->keeps_last)
		problem_add(p, "/keep", "Files that are not saved are not kept.");
	if (o->is_unsaved && spec->layout != LAYOUT_FLAT)
		problem_add(p, "/layout", "Files that are not saved have no folders.");
}
