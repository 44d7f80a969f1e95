/* Submissions as values. */
#include "model/spec.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "model/target.h"

static const char *const kind_names[N_KINDS] = {
    [KIND_DOMAINS] = "domains", [KIND_DOWNLOADS] = "downloads", [KIND_FLAGS] = "flags"};
static const char *const check_names[N_CHECKS] = {[CHECK_RESOLVE] = "resolve",
    [CHECK_RECORDS] = "records",
    [CHECK_REGISTRATION] = "registration"};

STR_DEFINE_NAMES(job_kind, enum job_kind, kind_names)

bool job_kind_is_files(enum job_kind kind)
{
	return kind != KIND_DOMAINS;
}

bool job_has_status(enum job_kind kind, enum job_check check, enum item_status status)
{
	if (kind == KIND_DOMAINS && check == CHECK_REGISTRATION)
		return status == ITEM_REGISTERED || status == ITEM_AVAILABLE ||
		       status == ITEM_RESERVED || status == ITEM_UNKNOWN;
	return status == (job_kind_is_files(kind) ? ITEM_OK : ITEM_FOUND) ||
	       status == ITEM_NOT_FOUND || status == ITEM_ERROR;
}

enum item_status job_failure_status(enum job_kind kind, enum job_check check)
{
	return kind == KIND_DOMAINS && check == CHECK_REGISTRATION ? ITEM_UNKNOWN : ITEM_ERROR;
}

STR_DEFINE_NAMES(job_check, enum job_check, check_names)

void text_list_add(struct text_list *list, const char *text)
{
	buf_add(&list->bytes, text, strlen(text) + 1);
	list->n++;
}

const char *text_list_next(const struct text_list *list, const char *text)
{
	const char *next = text == NULL ? list->bytes.data : text + strlen(text) + 1;

	return list->n > 0 && next < list->bytes.data + list->bytes.len ? next : NULL;
}

void spec_init(struct spec *spec)
{
	enum { MAX_LIST_BYTES = 1 << 30 }; /* the body's limit holds first */

	*spec = (struct spec){.kind = KIND_DOMAINS, .params.priority = SPEC_PRIORITY};
	buf_init(&spec->domains.bytes, MAX_LIST_BYTES);
	buf_init(&spec->names.bytes, MAX_LIST_BYTES);
	buf_init(&spec->tlds.bytes, MAX_LIST_BYTES);
	buf_init(&spec->ptr.bytes, MAX_LIST_BYTES);
	buf_init(&spec->urls.bytes, MAX_LIST_BYTES);
	buf_init(&spec->headers, FILE_MAX_HEADERS);
}

void spec_done(struct spec *spec)
{
	free(spec->label);
	free(spec->callback_url);
	free(spec->preset);
	free(spec->server);
	free(spec->base_url);
	buf_done(&spec->domains.bytes);
	buf_done(&spec->names.bytes);
	buf_done(&spec->tlds.bytes);
	buf_done(&spec->ptr.bytes);
	buf_done(&spec->urls.bytes);
	buf_done(&spec->headers);
	*spec = (struct spec){.kind = spec->kind};
}

bool spec_add_tld(struct spec *spec, const char *tld)
{
	char name[TARGET_MAX + 1];
	size_t len;

	tld += strspn(tld, ".");
	for (len = strlen(tld); len > 0 && tld[len - 1] == '.'; len--)
		;
	if (target_normalise(tld, len, name) == 0 || !target_is_host_name(name))
		return false;
	text_list_add(&spec->tlds, name);
	return true;
}
