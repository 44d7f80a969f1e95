/* See alpn.h. */
#include "engine/alpn.h"

#include <openssl/ssl.h>
#include <string.h>

struct alpn alpn_find(CURL *easy)
{
	const struct curl_tlssessioninfo *info = NULL;
	const unsigned char *name = NULL;
	unsigned len = 0;

	if (curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &info) != CURLE_OK || info == NULL ||
	    info->internals == NULL)
		return (struct alpn){0};
	if (info->backend != CURLSSLBACKEND_OPENSSL)
		return (struct alpn){.is_http2 = true};
	SSL_get0_alpn_selected(info->internals, &name, &len);
	return (struct alpn){
	    .connection = info->internals, .is_http2 = len == 2 && memcmp(name, "h2", 2) == 0};
}
