/* Translates libcurl's results of transfers. */
#include "fetch/transfer_outcome.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fetch/answer_head.h"
#include "model/url_ref.h"

/* What libcurl found wrong with a certificate, told by OpenSSL's number where there is one. */
static const char *tls_fault(CURL *easy, CURLcode code, const char *error)
{
	long verdict = 0;

	if (code == CURLE_SSL_CACERT_BADFILE)
		return "untrusted: the CA file can't be read";
	curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &verdict);
	switch (verdict) { /* X509_V_ERR_* of openssl/x509_vfy.h */
	case 9:
		return "expired: the certificate is not valid yet";
	case 10:
		return "expired: the certificate is no longer valid";
	case 18:
	case 19:
		return "self_signed: the certificate is self-signed";
	case 2:
	case 20:
	case 21:
		return "untrusted: the certificate is not signed by a known authority";
	case 62:
	case 64:
		return "wrong_host: the certificate is for another host";
	default:
		break;
	}
	if (strstr(error, "subject name") != NULL || strstr(error, "certificate subject") != NULL)
		return "wrong_host: the certificate is for another host";
	return error[0] != '\0' ? error : curl_easy_strerror(code);
}

/* Fill reason and detail of a transfer that libcurl calls failed. */
static void explain(struct transfer_outcome *o, CURL *easy, CURLcode code, const char *error)
{
	o->detail = error[0] != '\0' ? error : curl_easy_strerror(code);
	switch (code) {
	case CURLE_OPERATION_TIMEDOUT:
		o->reason = REASON_TIMEOUT;
		o->is_congestion = true;
		break;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_ISSUER_ERROR:
		o->reason = REASON_TLS;
		o->detail = tls_fault(easy, code, error);
		break;
	case CURLE_PARTIAL_FILE:
	case CURLE_RECV_ERROR:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
		o->reason = o->status > 0 ? REASON_TRUNCATED : REASON_CONNECT;
		o->is_congestion = true;
		break;
	case CURLE_OUT_OF_MEMORY: /* what libcurl says of a line that is longer than its buffer */
		o->reason = REASON_TOO_LARGE;
		o->detail = ANSWER_HEAD_TOO_LONG;
		break;
	case CURLE_BAD_FUNCTION_ARGUMENT: /* what libcurl says of a header line without a colon */
		o->reason = o->status > 0 ? REASON_CONNECT : REASON_INTERNAL;
		o->detail = o->status > 0 ? ANSWER_HEAD_MALFORMED : o->detail;
		break;
	case CURLE_BAD_CONTENT_ENCODING:
		o->reason = REASON_MALFORMED;
		break;
	case CURLE_FAILED_INIT:
		o->reason = REASON_INTERNAL;
		break;
	case CURLE_WEIRD_SERVER_REPLY: /* an answer that is none tells nothing of how busy it is */
	case CURLE_UNSUPPORTED_PROTOCOL:
		o->reason = REASON_CONNECT;
		break;
	default: /* refused, unreachable, no or no sensible answer */
		o->reason = REASON_CONNECT;
		o->is_congestion = true;
		break;
	}
}

static usec_t get_time(CURL *easy, CURLINFO info)
{
	curl_off_t usec = 0;

	curl_easy_getinfo(easy, info, &usec);
	return (usec_t)usec;
}

static usec_t between(usec_t from, usec_t to)
{
	return to > from ? to - from : 0;
}

static void get_timings(CURL *easy, struct file_timings *timings)
{
	usec_t named = get_time(easy, CURLINFO_NAMELOOKUP_TIME_T),
	       connected = get_time(easy, CURLINFO_CONNECT_TIME_T),
	       secured = get_time(easy, CURLINFO_APPCONNECT_TIME_T),
	       sent = get_time(easy, CURLINFO_PRETRANSFER_TIME_T),
	       first = get_time(easy, CURLINFO_STARTTRANSFER_TIME_T),
	       total = get_time(easy, CURLINFO_TOTAL_TIME_T);

	timings->connect = between(named, connected);
	timings->tls = between(connected, secured);
	timings->first_byte = first > 0 ? between(sent, first) : 0;
	timings->transfer = first > 0 ? between(first, total) : 0;
}

/* The absolute form of the Location header (RFC 9110 section 10.2.2). NULL: there is none. */
static char *find_location(CURL *easy)
{
	struct curl_header *header;
	char *from = NULL;

	if (curl_easy_header(easy, "Location", 0, CURLH_HEADER, -1, &header) != CURLHE_OK ||
	    header->value[strspn(header->value, "\r\n")] == '\0' ||
	    curl_easy_getinfo(easy, CURLINFO_EFFECTIVE_URL, &from) != CURLE_OK)
		return NULL;
	return url_resolve(from, header->value);
}

/* CURLINFO_CONTENT_TYPE may be that of an interim answer (1xx). */
static const char *find_type(CURL *easy)
{
	struct curl_header *header;

	if (curl_easy_header(easy, "Content-Type", 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
		return NULL;
	return header->value[strspn(header->value, "\r\n")] != '\0' ? header->value : NULL;
}

/* RFC 9110 section 10.2.3. libcurl passes over seconds that 63 bits can't hold. */
static usec_t find_retry_after(CURL *easy)
{
	enum { MOST = 86400 };
	struct curl_header *header;
	curl_off_t seconds = 0;

	if (curl_easy_header(easy, "Retry-After", 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
		return 0;
	const char *digits = header->value + strspn(header->value, "0");
	size_t n_digits = strspn(digits, "0123456789");
	if (n_digits > 9 && digits[n_digits] == '\0')
		return MOST * USEC_PER_SEC;
	curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &seconds);
	return seconds > 0 ? (usec_t)(seconds < MOST ? seconds : MOST) * USEC_PER_SEC : 0;
}

/* The codings of the body, which is kept as it came (RFC 9110 section 8.4). */
static void find_encoding(CURL *easy, char *ret_text, size_t size)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.+, ";
	struct curl_header *header;
	size_t len = 0;

	for (size_t i = 0; len < size && curl_easy_header(easy, "Content-Encoding", i, CURLH_HEADER,
					     -1, &header) == CURLHE_OK;
	     i++)
		len += (size_t)snprintf(
		    ret_text + len, size - len, "%s%s", len > 0 ? ", " : "", header->value);
	for (char *s = ret_text; *s != '\0'; s++) {
		if (*s >= 'A' && *s <= 'Z')
			*s |= 0x20;
	}
	if (len >= size || ret_text[strspn(ret_text, good)] != '\0' ||
	    strcmp(ret_text, "identity") == 0)
		ret_text[0] = '\0';
}

static void get_answer(CURL *easy, struct transfer_outcome *o)
{
	long status = 0, version = 0;

	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(easy, CURLINFO_HTTP_VERSION, &version);
	if (status < 100 || status > 999) /* libcurl takes `HTTP/2 20x` for 20 */
		return;
	o->status = (uint32_t)status;
	o->version = version == CURL_HTTP_VERSION_1_0   ? 10
		     : version == CURL_HTTP_VERSION_1_1 ? 11
		     : version == CURL_HTTP_VERSION_2_0 ? 20
							: 0;
	o->content_type = find_type(easy);
	find_encoding(easy, o->content_encoding, sizeof(o->content_encoding));
	if (status >= 300 && status <= 399)
		o->location = find_location(easy);
	o->retry_after = find_retry_after(easy);
}

/* How far it came, when not even the request went out. */
static void find_stage(struct transfer_outcome *o, CURL *easy, CURLcode code)
{
	bool is_connected = get_time(easy, CURLINFO_CONNECT_TIME_T) > 0,
	     is_sent = get_time(easy, CURLINFO_PRETRANSFER_TIME_T) > 0;

	if (is_sent)
		return;
	o->is_unconnected =
	    code == CURLE_COULDNT_CONNECT || (code == CURLE_OPERATION_TIMEDOUT && !is_connected);
	o->is_unsecured =
	    o->reason == REASON_TLS || (code == CURLE_OPERATION_TIMEDOUT && is_connected);
}

void transfer_outcome_fill(struct transfer_outcome *o, CURL *easy, CURLcode code, const char *error)
{
	*o = (struct transfer_outcome){.reason = REASON_NONE};
	get_answer(easy, o);
	get_timings(easy, &o->timings);
	if (code == CURLE_OK && o->status < 200) { /* an unrequested 101 */
		o->reason = REASON_CONNECT;
		o->detail = "only an interim response was received";
	}
	if (code == CURLE_OK)
		return;
	explain(o, easy, code, error);
	find_stage(o, easy, code);
}

void transfer_outcome_done(struct transfer_outcome *o)
{
	free(o->location);
}
