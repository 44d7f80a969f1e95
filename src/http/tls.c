/* The files are read here and not by OpenSSL, so that a mistake shows with the name of the file,
 * the rights of the key are judged on what was read, and no prompt asks for a password. */
#include "http/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/small_file.h"

enum { MAX_FILE = 1 << 20, MAX_NAME = 256 };

/* --- Files --- */

/* Return the file's text, or NULL after saying why in `why`. */
static char *read_file(const char *path, bool is_secret, enum err *ret_err, struct buf *why)
{
	struct buf text;

	buf_init(&text, MAX_FILE);
	const char *fault = small_file_read(path, is_secret, &text, ret_err);
	char *bytes = fault == NULL ? buf_take(&text, NULL) : NULL;
	buf_done(&text);
	if (fault != NULL)
		buf_addf(why, "%s: %s", path, fault);
	return bytes;
}

/* Refuse encrypted keys: nobody can enter the password. */
static int refuse_password(char *text, int size, int is_writing, void *arg)
{
	(void)text, (void)size, (void)is_writing, (void)arg;
	return -1;
}

static BIO *open_pem(const char *pem)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);

	return bio != NULL ? bio : BIO_new(BIO_s_null());
}

/* Present the first certificate, and send the others along. */
static bool use_chain(SSL_CTX *context, const char *pem)
{
	BIO *bio = open_pem(pem);
	X509 *cert = PEM_read_bio_X509_AUX(bio, NULL, refuse_password, NULL);
	bool is_good = cert != NULL && SSL_CTX_use_certificate(context, cert) == 1;

	X509_free(cert);
	while (is_good && (cert = PEM_read_bio_X509(bio, NULL, refuse_password, NULL)) != NULL) {
		if (SSL_CTX_add0_chain_cert(context, cert) != 1) {
			X509_free(cert);
			is_good = false;
		}
	}
	BIO_free(bio);
	return is_good;
}

static bool use_key(SSL_CTX *context, const char *pem)
{
	BIO *bio = open_pem(pem);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, refuse_password, NULL);
	bool is_good = key != NULL && SSL_CTX_use_PrivateKey(context, key) == 1 &&
		       SSL_CTX_check_private_key(context) == 1;

	EVP_PKEY_free(key);
	BIO_free(bio);
	return is_good;
}

/* Trust the authorities, and tell clients their names. */
static bool trust(SSL_CTX *context, const char *pem)
{
	BIO *bio = open_pem(pem);
	X509_STORE *store = SSL_CTX_get_cert_store(context);
	size_t n = 0;

	for (X509 *ca; (ca = PEM_read_bio_X509(bio, NULL, refuse_password, NULL)) != NULL;) {
		if (X509_STORE_add_cert(store, ca) == 1 && SSL_CTX_add_client_CA(context, ca) == 1)
			n++;
		X509_free(ca);
	}
	BIO_free(bio);
	return n > 0;
}

/* --- Contexts --- */

/* Accept all clients in the handshake; those without a valid certificate get an HTTP error (RFC
 * 9110 section 15.5.4). */
static int on_verify(int is_good, X509_STORE_CTX *store)
{
	(void)is_good, (void)store;
	return 1;
}

static SSL_CTX *new_context(void)
{
	static const unsigned char id[] = "asyncprobed";
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());

	if (context == NULL)
		return NULL;
	SSL_CTX_set_options(context,
	    SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE |
				      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
				      SSL_MODE_RELEASE_BUFFERS);
	/* return after each record that carries no data, or a flood of them would hold the loop */
	SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF); /* tickets alone */
	if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1 ||
	    SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20") != 1 ||
	    SSL_CTX_set_session_id_context(context, id, sizeof(id) - 1) != 1) {
		SSL_CTX_free(context);
		return NULL;
	}
	return context;
}

/* Add why OpenSSL refused something. */
static void add_reason(struct buf *why, const char *path, const char *fault)
{
	const char *reason = ERR_reason_error_string(ERR_peek_error());

	buf_addf(why, "%s: %s%s%s", path, fault, reason != NULL ? ": " : "",
	    reason != NULL ? reason : "");
}

/* The texts of the files, of which `client_ca` may be NULL. */
struct texts {
	char *cert, *key, *client_ca; /* owned */
};

static void fill_context(SSL_CTX *context, const struct texts *texts, const char *cert,
    const char *client_ca, struct buf *why)
{
	ERR_clear_error();
	if (!use_chain(context, texts->cert))
		add_reason(why, cert, "not a certificate in PEM");
	else if (!use_key(context, texts->key))
		add_reason(why, cert, "the key is invalid or does not match the certificate");
	else if (texts->client_ca != NULL && !trust(context, texts->client_ca))
		add_reason(why, client_ca, "contains no certificate");
	else if (texts->client_ca != NULL)
		SSL_CTX_set_verify(context, SSL_VERIFY_PEER, on_verify);
	ERR_clear_error();
}

static void free_texts(struct texts *texts)
{
	if (texts->key != NULL)
		explicit_bzero(texts->key, strlen(texts->key));
	FREE_ALL(texts->cert, texts->key, texts->client_ca);
}

enum err tls_load(
    const char *cert, const char *key, const char *client_ca, struct tls *ret_tls, char **ret_why)
{
	struct texts texts = {.cert = NULL};
	struct tls tls = {.asks_clients = *client_ca != '\0'};
	struct buf why;
	enum err e = OK;

	buf_init(&why, 8192);
	texts.cert = read_file(cert, false, &e, &why);
	if (texts.cert != NULL)
		texts.key = read_file(key, true, &e, &why);
	if (texts.key != NULL && tls.asks_clients)
		texts.client_ca = read_file(client_ca, false, &e, &why);
	if (why.len == 0) {
		tls.context = new_context();
		if (tls.context != NULL)
			fill_context(tls.context, &texts, cert, client_ca, &why);
		else
			buf_add_str(&why, "OpenSSL failed to create a context");
		e = why.len == 0 ? OK : ERR_INVALID;
	}
	free_texts(&texts);
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
	SSL_CTX_free(tls->context);
	*tls = (struct tls){.context = NULL};
}

bool tls_is_same(const struct tls *a, const struct tls *b)
{
	return X509_cmp(SSL_CTX_get0_certificate(a->context),
		   SSL_CTX_get0_certificate(b->context)) == 0 &&
	       EVP_PKEY_eq(
		   SSL_CTX_get0_privatekey(a->context), SSL_CTX_get0_privatekey(b->context)) == 1;
}

/* --- Sessions --- */

struct ssl_st *tls_session_new(const struct tls *tls, int fd)
{
	SSL *session = SSL_new(tls->context);

	if (session != NULL && SSL_set_fd(session, fd) != 1) {
		SSL_free(session);
		session = NULL;
	}
	if (session != NULL)
		SSL_set_accept_state(session);
	return session;
}

bool tls_client_is_trusted(const struct ssl_st *session)
{
	return SSL_get0_peer_certificate(session) != NULL &&
	       SSL_get_verify_result(session) == X509_V_OK;
}

void tls_add_client_name(const struct ssl_st *session, struct buf *text)
{
	const X509 *cert = SSL_get0_peer_certificate(session);
	BIO *bio = cert != NULL ? BIO_new(BIO_s_mem()) : NULL;
	char *name;

	if (bio == NULL)
		return;
	if (X509_NAME_print_ex(bio, X509_get_subject_name(cert), 0,
		XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB) >= 0) {
		long n = BIO_get_mem_data(bio, &name);
		buf_add(text, name, n < MAX_NAME ? (size_t)n : MAX_NAME);
	}
	BIO_free(bio);
}
