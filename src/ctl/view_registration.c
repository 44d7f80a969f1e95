#include "ctl/view_registration.h"

#include <jansson.h>
#include <string.h>

enum { MAX_LINE = 64 << 10 };

static const char *or_unknown(const char *text)
{
	return text != NULL ? text : "?";
}

/* `DNS 192.0.2.53:53: NXDOMAIN; RDAP https://rdap.example/domain/foo.dev: 404` */
static void add_evidence(const json_t *list, struct buf *line)
{
	const json_t *piece;
	size_t i;

	json_array_foreach(list, i, piece)
	{
		const char *source = view_get_text(piece, "source");
		uint64_t status = view_get_number(piece, "status");
		if (line->len > 0)
			buf_add_str(line, "; ");
		if (source != NULL && strcmp(source, "rdap") == 0) {
			buf_addf(line, "RDAP %s: ", or_unknown(view_get_text(piece, "url")));
			if (status > 0)
				buf_addf(line, "%llu", (unsigned long long)status);
			else
				buf_add_str(line, "no answer");
			if (view_get_text(piece, "detail") != NULL)
				buf_addf(line, " (%s)", view_get_text(piece, "detail"));
		} else if (source != NULL && strcmp(source, "dns") == 0) {
			buf_addf(line, "DNS %s: %s", or_unknown(view_get_text(piece, "server")),
			    or_unknown(view_get_text(piece, "rcode")));
		} else {
			buf_add_str(line, or_unknown(source));
		}
	}
}

static void add_texts(const json_t *list, struct buf *line)
{
	const json_t *text;
	size_t i;

	json_array_foreach(list, i, text)
	    buf_addf(line, "%s%s", line->len > 0 ? ", " : "", or_unknown(json_string_value(text)));
}

static bool read_result(const json_t *object, view_fn *on_result, void *arg)
{
	struct buf statuses, evidence, for_sale;
	struct registration_view r = {.domain = view_get_text(object, "domain"),
	    .status = view_get_text(object, "status"),
	    .reason = view_get_text(object, "reason"),
	    .registrar = view_get_text(object, "registrar"),
	    .created = view_get_text(object, "created"),
	    .expires = view_get_text(object, "expires"),
	    .is_likely_available = json_is_true(json_object_get(object, "likely_available")),
	    .has_conflict = json_is_true(json_object_get(object, "conflict")),
	    .drops = json_is_true(json_object_get(object, "drops"))};

	if (r.domain == NULL || r.status == NULL)
		return false;
	buf_init(&statuses, MAX_LINE);
	buf_init(&evidence, MAX_LINE);
	buf_init(&for_sale, MAX_LINE);
	add_texts(json_object_get(object, "rdap_status"), &statuses);
	add_texts(json_object_get(object, "for_sale"), &for_sale);
	add_evidence(json_object_get(object, "evidence"), &evidence);
	r.statuses = statuses.data != NULL ? statuses.data : "";
	r.for_sale = for_sale.data != NULL ? for_sale.data : "";
	r.evidence = evidence.data != NULL ? evidence.data : "";
	on_result(&r, arg);
	buf_done(&statuses);
	buf_done(&evidence);
	buf_done(&for_sale);
	return true;
}

bool view_parse_registration(const char *line, size_t len, view_fn *on_result, void *arg)
{
	return view_read_item(line, len, read_result, on_result, arg);
}
