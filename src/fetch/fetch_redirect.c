/* Redirects: each is a new URL that goes through all that the first one did. */
#include <stdio.h>
#include <string.h>

#include "fetch/fetch_parts.h"

enum { MAX_REDIRECTS = 10 };

bool fetch_is_redirect(uint32_t status)
{
	return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* A redirect that is not followed: say where it leads. */
static enum reason refuse(
    enum reason reason, const char *why, const char *to, char ret_detail[static FETCH_DETAIL_SIZE])
{
	enum { MOST = 200 }; /* bytes of the URL */
	size_t len = strlen(to);

	snprintf(ret_detail, FETCH_DETAIL_SIZE, "%s (the redirect leads to %.*s%s)", why, MOST, to,
	    len > MOST ? "..." : "");
	return reason;
}

enum reason fetch_redirect(
    struct fetch *f, const char *location, char ret_detail[static FETCH_DETAIL_SIZE])
{
	struct url next;

	if (f->n_redirects == MAX_REDIRECTS)
		return refuse(
		    REASON_TOO_MANY_REDIRECTS, "more than 10 redirects", location, ret_detail);
	enum url_fault fault = url_parse(location, strlen(location), &next);
	if (fault != URL_GOOD)
		return refuse(fault == URL_SCHEME ? REASON_DENIED_TARGET : REASON_INVALID_URL,
		    url_fault_text(fault), location, ret_detail);
	if (f->url.is_tls && !next.is_tls && !f->fetcher->opts.may_downgrade) {
		url_done(&next);
		return refuse(
		    REASON_DENIED_TARGET, "redirect from https to http", location, ret_detail);
	}
	if (strcmp(f->url.host, next.host) != 0 || f->url.port != next.port)
		f->has_left_host = true;
	url_done(&f->url);
	f->url = next;
	f->n_redirects++;
	return REASON_NONE;
}
