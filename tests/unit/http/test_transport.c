/* Clients that send TLS records without data. */
#include "../unit.h"

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "http/tls.h"
#include "http/transport.h"

static char folder[] = "/tmp/test_transport.XXXXXX";
static char path[64];

/* Write a key and a certificate that it signs itself into one file. */
static void write_certificate(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = X509_new();
	X509_NAME *name = X509_get_subject_name(cert);

	X509_set_version(cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), -60);
	X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"a", 1, -1, 0);
	X509_set_issuer_name(cert, name);
	X509_set_pubkey(cert, key);
	ck_assert_int_gt(X509_sign(cert, key, EVP_sha256()), 0);
	FILE *file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(fchmod(fileno(file), 0600), 0);
	PEM_write_X509(file, cert);
	PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL);
	fclose(file);
	X509_free(cert);
	EVP_PKEY_free(key);
}

static struct tls tls;
static struct transport server;
static SSL_CTX *context;
static SSL *client;

static void connect_client(void)
{
	char *why = NULL;
	int fds[2];
	char byte;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/both.pem", folder);
	write_certificate();
	ck_assert_int_eq(tls_load(path, path, "", &tls, &why), OK);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	ck_assert(transport_init(&server, fds[0], &tls));
	context = SSL_CTX_new(TLS_client_method());
	client = SSL_new(context);
	SSL_set_fd(client, fds[1]);
	SSL_set_connect_state(client);
	for (int i = 0; i < 10 && !SSL_is_init_finished(server.ssl); i++) {
		SSL_do_handshake(client);
		ck_assert_int_eq(transport_read(&server, &byte, 1), TRANSPORT_WAIT);
	}
	ck_assert(SSL_is_init_finished(server.ssl));
}

static void disconnect_client(void)
{
	close(SSL_get_fd(client));
	SSL_free(client);
	SSL_CTX_free(context);
	transport_done(&server);
	tls_done(&tls);
	unlink(path);
	rmdir(folder);
}

/* The loop gets its turn back after each of them. */
TEST(records_without_data)
{
	int n_before = 0, n_after = 0;
	char byte = 'a';

	connect_client();
	for (int i = 0; i < 100; i++) {
		ck_assert_int_eq(SSL_key_update(client, SSL_KEY_UPDATE_NOT_REQUESTED), 1);
		ck_assert_int_eq(SSL_do_handshake(client), 1);
	}
	ck_assert_int_eq(SSL_write(client, &byte, 1), 1);
	ioctl(server.fd, FIONREAD, &n_before);
	ck_assert_int_eq(transport_read(&server, &byte, 1), TRANSPORT_WAIT);
	ioctl(server.fd, FIONREAD, &n_after);
	ck_assert_int_ge(n_before - n_after, 1);
	ck_assert_int_le(n_before - n_after, n_before / 50);
	ssize_t n = TRANSPORT_WAIT;
	for (int i = 0; i < 200 && n == TRANSPORT_WAIT; i++)
		n = transport_read(&server, &byte, 1);
	ck_assert_int_eq(n, 1);
	disconnect_client();
}

SUITE(transport)
{
	ADD(records_without_data);
}
