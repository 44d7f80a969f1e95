/* What libmicrohttpd does with GnuTLS needs the files as texts; here they are read and judged, so
 * that a mistake shows at the start with its name. */
#include "http/tls.h"

#include <errno.h>
#include <fcntl.h>
#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
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

/* --- What handshakes present --- */

enum { MAX_CHAIN = 16 };

/* A certificate with those that lead to its authority, and its key. GnuTLS borrows them for as long
 * as a connection lives, so those of before a reload stay. */
struct identity {
	SLIST_ENTRY(identity) link;
	unsigned n_chain;
	gnutls_pcert_st chain[MAX_CHAIN];
	gnutls_privkey_t key;
};

/* GnuTLS passes no argument to whom it asks; the first is presented. */
static SLIST_HEAD(, identity) identities = SLIST_HEAD_INITIALIZER(identities);

static void free_identity(struct identity *i)
{
	for (unsigned n = 0; n < i->n_chain; n++)
		gnutls_pcert_deinit(&i->chain[n]);
	if (i->key != NULL)
		gnutls_privkey_deinit(i->key);
	free(i);
}

bool tls_present(const struct tls *tls)
{
	struct identity *i = xcalloc(1, sizeof(*i));
	gnutls_datum_t cert = datum(tls->cert), key = datum(tls->key);
	unsigned n = MAX_CHAIN;

	if (gnutls_pcert_list_import_x509_raw(i->chain, &n, &cert, GNUTLS_X509_FMT_PEM, 0) >= 0)
		i->n_chain = n;
	if (i->n_chain == 0 || gnutls_privkey_init(&i->key) < 0 ||
	    gnutls_privkey_import_x509_raw(i->key, &key, GNUTLS_X509_FMT_PEM, NULL, 0) < 0) {
		free_identity(i);
		return false;
	}
	SLIST_INSERT_HEAD(&identities, i, link);
	return true;
}

static int retrieve(gnutls_session_t session, const gnutls_datum_t *ca_names, int n_ca_names,
    const gnutls_pk_algorithm_t *algorithms, int n_algorithms, gnutls_pcert_st **ret_chain,
    unsigned *ret_n_chain, gnutls_privkey_t *ret_key)
{
	struct identity *i = SLIST_FIRST(&identities);

	(void)session, (void)ca_names, (void)n_ca_names, (void)algorithms, (void)n_algorithms;
	if (i == NULL)
		return -1;
	*ret_chain = i->chain;
	*ret_n_chain = i->n_chain;
	*ret_key = i->key;
	return 0;
}

void *tls_retriever(void)
{
	static const union {
		gnutls_certificate_retrieve_function2 *function;
		void *pointer;
	} retriever = {.function = retrieve};

	return retriever.pointer;
}

void tls_forget(void)
{
	struct identity *i;

	while ((i = SLIST_FIRST(&identities)) != NULL) {
		SLIST_REMOVE_HEAD(&identities, link);
		free_identity(i);
	}
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
