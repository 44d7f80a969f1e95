/* What the header of an answer tells beside its status: the name of the file, and by what the file
 * can be asked for again, in part (RFC 9110 sections 13.1.5 and 14). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "fetch/fetch_parts.h"
#include "model/disposition.h"

/* Copy the value of a header up to its line end; "" when it is too long to be of use. */
static void copy_header(const struct fetch *f, const char *name, char *ret_text, size_t size)
{
	const char *value = transfer_header(f->transfer, name);
	size_t len = value != NULL ? strcspn(value, "\r\n") : 0;

	if (len >= size)
		len = 0;
	memcpy(ret_text, value != NULL ? value : "", len);
	ret_text[len] = '\0';
}

/* Note what If-Range may say: a strong ETag, or a date. */
static void note_validator(struct fetch *f)
{
	char ranges[16];

	copy_header(f, "Accept-Ranges", ranges, sizeof(ranges));
	copy_header(f, "ETag", f->validator, sizeof(f->validator));
	if (f->validator[0] != '"') {
		copy_header(f, "Last-Modified", f->validator, sizeof(f->validator));
		if (f->validator[0] != '\0' && !fetch_has_strong_date(f))
			f->validator[0] = '\0';
	}
	if (strcasecmp(ranges, "none") == 0)
		f->validator[0] = '\0';
}

static void note_name(struct fetch *f)
{
	const char *value = transfer_header(f->transfer, "Content-Disposition");
	const char *slash = strrchr(f->file_name, '/');
	size_t n_folders = slash != NULL ? (size_t)(slash + 1 - f->file_name) : 0;
	char name[FILE_NAME_MAX + 1] = "";

	free(TAKE(f->given_name));
	if (value == NULL || disposition_name(value, name) == 0)
		return;
	f->given_name = xmalloc(n_folders + sizeof(name));
	memcpy(f->given_name, f->file_name, n_folders);
	memcpy(f->given_name + n_folders, name, sizeof(name));
}

void fetch_note_head(struct fetch *f, const struct transfer_outcome *o)
{
	if (!f->is_metadata && (fetch_is_whole(o->status) || o->status == 304))
		fetch_note_version(f, o);
	if (f->is_metadata || !fetch_is_whole(o->status))
		return;
	note_validator(f);
	if (f->item.options.by_disposition)
		note_name(f);
}
