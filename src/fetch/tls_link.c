/* See tls_link.h. */
#include "fetch/tls_link.h"

#include <openssl/ssl.h>
#include <string.h>

struct tls_link tls_link_find(CURL *easy)
{
	const struct curl_tlssessioninfo *info = NULL;
	const unsigned char *name = NULL;
	unsigned len = 0;

	if (curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &info) != CURLE_OK || info == NULL ||
	    info->internals == NULL)
		return (struct tls_link){0};
	if (info->backend != CURLSSLBACKEND_OPENSSL)
		return (struct tls_link){.is_http2 = true};
	SSL_get0_alpn_selected(info->internals, &name, &len);
	return (struct tls_link){
	    .connection = info->internals, .is_http2 = len == 2 && memcmp(name, "h2", 2) == 0};
}

static void on_info(const SSL *ssl, int where, int value)
{
	struct tls_link_watch *watch = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

	if (where == SSL_CB_READ_ALERT && (value & 0xff) == SSL_AD_CLOSE_NOTIFY && watch != NULL)
		watch->on_closed(ssl, watch->arg);
}

/* CURLOPT_SSL_CTX_FUNCTION: each connection has a context of its own. */
static CURLcode on_context(CURL *easy, void *context, void *watch)
{
	(void)easy;
	SSL_CTX_set_app_data(context, watch);
	SSL_CTX_set_info_callback(context, on_info);
	return CURLE_OK;
}

void tls_link_watch(CURL *easy, struct tls_link_watch *watch)
{
	struct curl_tlssessioninfo *info = NULL;

	/* the backend is known without a connection */
	if (curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &info) != CURLE_OK || info == NULL ||
	    info->backend != CURLSSLBACKEND_OPENSSL)
		return;
	curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, on_context);
	curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, watch);
}
