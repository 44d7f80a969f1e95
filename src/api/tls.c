/* What libmicrohttpd does with GnuTLS needs the files as texts; here they are read and judged, so
 * that a mistake shows at the start with its name. */
#include "api/tls.h"

#include <errno.h>
#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"

enum { MAX_FILE = 1 << 20, MAX_NAME = 256 };

const char *tls_priorities(void)
{
	return "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";
}

/* --- Files --- */

/* Return the file's text, or NULL after saying why in `why`. */
static char *read_file(const char *path, bool is_secret, enum err *ret_err, struct buf *why)
{
	struct buf text;
	struct stat st;
	const char *fault = NULL;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	*ret_err = fd < 0 || fstat(fd, &st) != 0 ? ERR_IO : ERR_INVALID;
	if (*ret_err == ERR_IO)
		fault = strerror(errno);
	else if (!S_ISREG(st.st_mode))
		fault = "this is no regular file";
	else if (is_secret && (st.st_mode & S_IRWXO) != 0)
		fault = "everyone may read or write it; take that right away (chmod o= FILE)";
	else if (st.st_size > MAX_FILE)
		fault = "it is longer than 1 MiB";
	buf_init(&text, MAX_FILE);
	for (ssize_t n = 1; fault == NULL && n > 0;) {
		char *to = buf_reserve(&text, 4096);
		n = to != NULL ? read(fd, to, 4096) : 0;
		if (n < 0)
			fault = strerror(errno);
		else
			buf_commit(&text, (size_t)n);
	}
	if (fd >= 0)
		close(fd);
	char *bytes = fault == NULL ? buf_take(&text, NULL) : NULL;
	buf_done(&text);
	if (fault != NULL)
		buf_addf(why, "%s: %s", path, fault);
	return bytes;
}

static gnutls_datum_t datum(const char *text)
{
	return (gnutls_datum_t){(unsigned char *)(uintptr_t)text, (unsigned)strlen(text)};
}

/* Do certificate and key fit each other, and is the authority one? Says in `why` if not. */
static bool is_good(const struct tls *tls, const char *cert, const char *client_ca, struct buf *why)
{
	gnutls_certificate_credentials_t credentials;
	gnutls_datum_t cert_pem = datum(tls->cert), key_pem = datum(tls->key);

	if (gnutls_certificate_allocate_credentials(&credentials) < 0)
		return false;
	int n = gnutls_certificate_set_x509_key_mem(
	    credentials, &cert_pem, &key_pem, GNUTLS_X509_FMT_PEM);
	if (n < 0) {
		buf_addf(
		    why, "%s: with its key this is no certificate: %s", cert, gnutls_strerror(n));
	} else if (tls->client_ca != NULL) {
		gnutls_datum_t ca_pem = datum(tls->client_ca);
		n = gnutls_certificate_set_x509_trust_mem(
		    credentials, &ca_pem, GNUTLS_X509_FMT_PEM);
		if (n <= 0)
			buf_addf(why, "%s: there is no certificate in it", client_ca);
	}
	gnutls_certificate_free_credentials(credentials);
	return why->len == 0;
}

enum err tls_load(
    const char *cert, const char *key, const char *client_ca, struct tls *ret_tls, char **ret_why)
{
	struct tls tls = {.cert = NULL};
	struct buf why;
	enum err e = OK;

	buf_init(&why, 8192);
	tls.cert = read_file(cert, false, &e, &why);
	if (tls.cert != NULL)
		tls.key = read_file(key, true, &e, &why);
	if (tls.key != NULL && *client_ca != '\0')
		tls.client_ca = read_file(client_ca, false, &e, &why);
	if (why.len == 0)
		e = is_good(&tls, cert, client_ca, &why) ? OK : ERR_INVALID;
	if (e == OK) {
		*ret_tls = tls;
	} else {
		tls_done(&tls);
		*ret_why = buf_take(&why, NULL);
	}
	buf_done(&why);
	return e;
}

void tls_done(struct tls *tls)
{
	if (tls->key != NULL)
		explicit_bzero(tls->key, strlen(tls->key));
	free(tls->cert);
	free(tls->key);
	free(tls->client_ca);
	*tls = (struct tls){.cert = NULL};
}

/* --- Clients --- */

bool tls_client_is_trusted(void *session)
{
	unsigned status = 0;

	return gnutls_certificate_verify_peers2(session, &status) == GNUTLS_E_SUCCESS &&
	       status == 0;
}

void tls_add_client_name(void *session, struct buf *text)
{
	unsigned n = 0;
	const gnutls_datum_t *list = gnutls_certificate_get_peers(session, &n);
	gnutls_x509_crt_t cert;
	char name[MAX_NAME];
	size_t size = sizeof(name);

	if (list == NULL || n == 0 || gnutls_x509_crt_init(&cert) < 0)
		return;
	if (gnutls_x509_crt_import(cert, &list[0], GNUTLS_X509_FMT_DER) >= 0 &&
	    gnutls_x509_crt_get_dn(cert, name, &size) >= 0)
		buf_add_str(text, name);
	gnutls_x509_crt_deinit(cert);
}
