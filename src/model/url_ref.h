/* References that are relative to an URL (RFC 3986 section 5). libcurl's way of resolving them
 * drops segments of some. Thread: any. */
#pragma once

/* Return what `reference` means at `base`, an absolute URL, with the fragment that it has itself,
 * as text of the caller's. Bytes that no URL may hold are encoded when they are blanks or stand
 * beyond ASCII; controls stay, and url_parse refuses them. */
char *url_resolve(const char *base, const char *reference);
