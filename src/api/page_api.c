/* GET / and /page/{digest}/{name}: the page for browsers, compiled in from page/. The document is
 * checked for a newer one each time; the paths of the files that it names change with their
 * contents, so a browser keeps them. */
#include <stdio.h>
#include <string.h>

#include "api/api.h"
#include "api/page_files.h"
#include "http/accept.h"

/* Nothing but what the daemon serves, no text as code, and no markup made from text. */
static const char policy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'";

static const char links[] =
    "{\"links\":{\"status\":\"/status\",\"jobs\":\"/jobs\",\"schedules\":\"/"
    "schedules\",\"servers\":\"/servers\","
    "\"registries\":\"/registries\",\"limits\":\"/limits\",\"metrics\":\"/metrics\","
    "\"health\":\"/healthz\",\"readiness\":\"/readyz\",\"description\":\"/openapi.json\"}}\n";

/* Answer with a file, or 304 if the client has it. */
static void respond_file(struct request *rq, const struct page_file *file)
{
	bool is_packed = accept_takes_coding(request_header(rq, "Accept-Encoding"), "gzip");
	char tag[64], etag[72];
	struct buf body;

	snprintf(tag, sizeof(tag), "%s%s", file->digest, is_packed ? "-gzip" : "");
	snprintf(etag, sizeof(etag), "\"%s\"", tag);
	request_add_header(rq, "ETag", etag);
	if (request_header_has_tag(rq, "If-None-Match", tag, true)) {
		request_respond(rq, 304, NULL, NULL);
		return;
	}
	if (is_packed)
		request_add_header(rq, "Content-Encoding", "gzip");
	buf_init(&body, SIZE_MAX / 2);
	buf_add(&body, is_packed ? file->packed : file->plain,
	    is_packed ? file->n_packed : file->n_plain);
	request_respond(rq, 200, file->content_type, &body);
}

void root_handle(struct request *rq, struct api *api)
{
	static const char *const media[] = {"application/json", "text/html"};
	bool is_page = api->has_page && accept_choose(request_header(rq, "Accept"), media, 2) == 1;
	struct buf body;
	size_t n;

	request_add_header(rq, "Vary", "Accept, Accept-Encoding");
	if (is_page) {
		request_add_header(rq, "Content-Security-Policy", policy);
		respond_file(rq, &page_files(&n)[0]);
		return;
	}
	buf_init(&body, sizeof(links));
	buf_add_str(&body, links);
	request_respond(rq, 200, "application/json", &body);
}

void page_file_handle(struct request *rq, struct api *api)
{
	const char *name = request_path_name(rq);
	size_t n;
	const struct page_file *files = page_files(&n);

	if (api->has_page && strcmp(request_path_param(rq), page_digest()) == 0) {
		for (size_t i = 1; i < n; i++) {
			if (strcmp(files[i].name, name) != 0)
				continue;
			request_add_header(rq, "Vary", "Accept-Encoding");
			request_add_header(
			    rq, "Cache-Control", "public, max-age=31536000, immutable");
			respond_file(rq, &files[i]);
			return;
		}
	}
	api_refuse_unknown(rq, "file");
}
