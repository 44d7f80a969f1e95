/* Submissions as values. */
#include "model/spec.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/alloc.h"
#include "base/str.h"
#include "model/target.h"

static const char *const kind_names[N_KINDS] = {
    [KIND_DOMAINS] = "domains", [KIND_DOWNLOADS] = "downloads", [KIND_FLAGS] = "flags"};
static const char *const check_names[N_CHECKS] = {[CHECK_RESOLVE] = "resolve",
    [CHECK_RECORDS] = "records",
    [CHECK_REGISTRATION] = "registration",
    [CHECK_DELEGATION] = "delegation"};

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
	if (status == ITEM_UNCHANGED)
		return kind == KIND_DOWNLOADS;
	return status == (job_kind_is_files(kind) ? ITEM_OK : ITEM_FOUND) ||
	       status == ITEM_NOT_FOUND || status == ITEM_ERROR;
}

enum item_status job_failure_status(enum job_kind kind, enum job_check check)
{
	return kind == KIND_DOMAINS && check == CHECK_REGISTRATION ? ITEM_UNKNOWN : ITEM_ERROR;
}

STR_DEFINE_NAMES(job_check, enum job_check, check_names)

void text_list_init(struct text_list *list)
{
	enum { MAX_BYTES = 1 << 30 }; /* the body's limit holds first */

	*list = (struct text_list){.n = 0};
	buf_init(&list->bytes, MAX_BYTES);
}

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

struct seen {
	const char *text;
	UT_hash_handle hh;
};

void text_list_drop_repeats(struct text_list *list)
{
	struct seen *seen = NULL, *all = xcalloc(list->n + 1, sizeof(*all)), *s;
	char *to = list->bytes.data;
	size_t n = 0;

	for (const char *text = NULL, *next = text_list_next(list, NULL); next != NULL;) {
		text = next;
		next = text_list_next(list, text);
		size_t len = strlen(text);
		HASH_FIND(hh, seen, text, len, s);
		if (s != NULL)
			continue;
		memmove(to, text, len + 1);
		all[n].text = to;
		HASH_ADD_KEYPTR(hh, seen, all[n].text, len, &all[n]);
		n++;
		to += len + 1;
	}
	HASH_CLEAR(hh, seen);
	free(all);
	list->n = n;
	buf_truncate(&list->bytes, n > 0 ? (size_t)(to - list->bytes.data) : 0);
}

void spec_init(struct spec *spec)
{

	*spec = (struct spec){.kind = KIND_DOMAINS, .params.priority = SPEC_PRIORITY};
	text_list_init(&spec->domains);
	text_list_init(&spec->names);
	text_list_init(&spec->tlds);
	text_list_init(&spec->tld_presets);
	text_list_init(&spec->prefixes);
	text_list_init(&spec->suffixes);
	text_list_init(&spec->ptr);
	text_list_init(&spec->urls);
	buf_init(&spec->headers, FILE_MAX_HEADERS);
}

void spec_done(struct spec *spec)
{
	FREE_ALL(spec->label, spec->callback_url, spec->preset, spec->server, spec->base_url);
	buf_done(&spec->domains.bytes);
	buf_done(&spec->names.bytes);
	buf_done(&spec->tlds.bytes);
	buf_done(&spec->tld_presets.bytes);
	buf_done(&spec->prefixes.bytes);
	buf_done(&spec->suffixes.bytes);
	buf_done(&spec->ptr.bytes);
	buf_done(&spec->urls.bytes);
	buf_done(&spec->headers);
	*spec = (struct spec){.kind = spec->kind};
}

bool tld_list_add(struct text_list *list, const char *tld)
{
	char name[TARGET_MAX + 1];
	size_t len;

	tld += strspn(tld, ".");
	for (len = strlen(tld); len > 0 && tld[len - 1] == '.'; len--)
		;
	if (target_normalise(tld, len, name) == 0 || !target_is_host_name(name))
		return false;
	text_list_add(list, name);
	return true;
}

bool spec_add_tld(struct spec *spec, const char *tld)
{
	return tld_list_add(&spec->tlds, tld);
}

bool spec_add_affix(struct text_list *list, const char *affix)
{
	char word[SPEC_MAX_AFFIX + 3], name[TARGET_MAX + 1];
	size_t len = strlen(affix);

	if (len == 0 || len > SPEC_MAX_AFFIX)
		return false;
	/* a hyphen may end a prefix or begin a suffix */
	word[0] = word[len + 1] = 'x';
	memcpy(word + 1, affix, len);
	if (target_normalise(word, len + 2, name) == 0 || strchr(name, '.') != NULL ||
	    !target_is_host_name(name))
		return false;
	text_list_add(list, affix);
	return true;
}
