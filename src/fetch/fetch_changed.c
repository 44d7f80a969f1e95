/* Files of schedules that are compared with the last copy (RFC 9110 sections 13.1 and 15.4.5). The
 * condition goes to the URL that the copy came from, whether redirects or a mirror led there. The
 * copy's file gets one name more, in the folder of this job, so it stays when the older job goes.
 * Where that can't be, and where the server's answer doesn't fit, the file is asked for anew. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "fetch/fetch_parts.h"
#include "model/result.h"
#include "model/tagged.h"

/* Whether the item has a condition of its own. */
static bool has_condition(struct span headers)
{
	struct span line;

	while (file_take_line(&headers, &line)) {
		if (line.len > 3 && strncasecmp(line.bytes, "If-", 3) == 0)
			return true;
	}
	return false;
}

void fetch_read_copy(struct fetch *f)
{
	struct span rest = f->item.copy;
	uint8_t wanted[FILE_DIGEST_SIZE];

	f->last.has_copy = f->item.options.if_changed && file_copy_take(&rest, &f->last.copy) &&
			   f->last.copy.asked == file_item_asked(&f->item) &&
			   (f->last.copy.name.len > 0 || f->item.options.is_unsaved) &&
			   (!file_digest_parse(f->item.sha256, wanted) ||
			       memcmp(wanted, f->last.copy.digest, sizeof(wanted)) == 0);
	f->last.is_unconditional = has_condition(f->item.headers);
}

static bool has_url(const struct fetch *f, struct span url)
{
	return strlen(f->url.text) == url.len && memcmp(f->url.text, url.bytes, url.len) == 0;
}

struct span fetch_condition(struct fetch *f, char ret_text[static FETCH_CONDITION_SIZE])
{
	const struct file_copy *copy = &f->last.copy;
	size_t len = 0;

	f->last.is_conditional = f->last.has_copy && !f->last.is_unconditional && !f->is_resuming &&
				 !f->is_metadata && has_url(f, copy->url) &&
				 copy->etag.len + copy->modified.len > 0;
	if (!f->last.is_conditional)
		return (struct span){0};
	if (copy->etag.len > 0)
		len += (size_t)snprintf(ret_text, VALIDATOR_SIZE + 32, "If-None-Match: %.*s\n",
		    (int)copy->etag.len, copy->etag.bytes);
	if (copy->modified.len > 0)
		len += (size_t)snprintf(ret_text + len, VALIDATOR_SIZE + 32,
		    "If-Modified-Since: %.*s\n", (int)copy->modified.len, copy->modified.bytes);
	return (struct span){ret_text, len};
}

/* An entity-tag (RFC 9110 section 8.8.3). `*` and what has no quotes would mean something else in
 * a condition. */
static bool is_etag(const char *text)
{
	const char *quoted = strncmp(text, "W/", 2) == 0 ? text + 2 : text;
	size_t len = strlen(quoted);

	return len >= 2 && quoted[0] == '"' && strchr(quoted + 1, '"') == quoted + len - 1 &&
	       strpbrk(text, " \t") == NULL;
}

/* Copy the value of a header; NULL when there is none, or when it is too long to be of use. */
static char *copy_value(const struct fetch *f, const char *name)
{
	const char *value = transfer_header(f->transfer, name);
	size_t len = value != NULL ? strcspn(value, "\r\n") : 0;

	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)value[i] < ' ' || value[i] == 0x7f)
			return NULL; /* it could not be sent back */
	}
	return len > 0 && len < VALIDATOR_SIZE ? xstrndup(value, len) : NULL;
}

/* Weak comparison (RFC 9110 section 8.8.3.2). */
static bool is_same_etag(struct span a, const char *b)
{
	if (a.len > 2 && strncmp(a.bytes, "W/", 2) == 0)
		a = (struct span){a.bytes + 2, a.len - 2};
	if (strncmp(b, "W/", 2) == 0)
		b += 2;
	return strlen(b) == a.len && memcmp(a.bytes, b, a.len) == 0;
}

/* A date that is at least a second older than the answer names one state of the file (RFC 9110
 * section 8.8.2.2). */
bool fetch_has_strong_date(const struct fetch *f)
{
	int64_t changed = transfer_header_date(f->transfer, "Last-Modified");

	return changed >= 0 && transfer_header_date(f->transfer, "Date") > changed;
}

/* A 304 that is for another version than ours was not asked for. */
static void doubt_unchanged(struct fetch *f)
{
	AUTO_FREE char *etag = copy_value(f, "ETag");

	if (etag != NULL && f->last.copy.etag.len > 0 && !is_same_etag(f->last.copy.etag, etag))
		f->last.is_unconditional = true;
}

void fetch_note_version(struct fetch *f, const struct transfer_outcome *o)
{
	if (!f->item.options.if_changed)
		return;
	if (o->status == 304 && f->last.is_conditional) {
		doubt_unchanged(f);
		return;
	}
	free(TAKE(f->last.etag));
	free(TAKE(f->last.modified));
	f->last.etag = copy_value(f, "ETag");
	if (f->last.etag != NULL && !is_etag(f->last.etag))
		free(TAKE(f->last.etag));
	/* a date as young as the answer may hide a later change (section 8.8.2.2) */
	bool is_date = transfer_header_date(f->transfer, "Last-Modified") >= 0;
	if (is_date && (f->last.etag != NULL || fetch_has_strong_date(f)))
		f->last.modified = copy_value(f, "Last-Modified");
}

static void tell(struct buf *tagged, uint32_t tag, const char *text)
{
	if (text != NULL)
		tagged_add(tagged, tag, (struct span){text, strlen(text)});
}

void fetch_tell_version(const struct fetch *f, struct buf *tagged)
{
	tell(tagged, RESULT_ETAG, f->last.etag);
	tell(tagged, RESULT_MODIFIED, f->last.modified);
	tagged_add_number(tagged, RESULT_ASKED, file_item_asked(&f->item));
}

bool fetch_is_copy(const struct fetch *f, const struct sink_outcome *saved)
{
	return f->last.has_copy && saved->n_bytes == f->last.copy.n_bytes &&
	       memcmp(saved->digest, f->last.copy.digest, sizeof(saved->digest)) == 0;
}

static char *copy_span(struct span text)
{
	return text.len > 0 ? xstrndup(text.bytes, text.len) : NULL;
}

void fetch_adopt_copy(struct fetch *f)
{
	const struct file_copy *copy = &f->last.copy;

	f->last.is_unchanged = true;
	free(f->content_type);
	f->content_type = copy_span(copy->content_type);
	snprintf(f->content_encoding, sizeof(f->content_encoding), "%.*s",
	    (int)copy->content_encoding.len, copy->content_encoding.bytes);
	free(f->last.etag);
	free(f->last.modified);
	f->last.etag = copy_span(copy->etag);
	f->last.modified = copy_span(copy->modified);
	f->n_bytes = copy->n_bytes;
	if (f->item.options.by_disposition && f->given_name == NULL)
		f->given_name = copy_span(copy->name);
}
