/* URLs, and names of files out of them: what is accepted keeps the rules, is accepted again
 * unchanged, and whatever the URL is, the name is safe. */
#include "fuzz.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "model/file.h"
#include "model/file_name.h"
#include "model/url.h"
#include "model/url_ref.h"

static void check_name(const char *name, size_t len)
{
	char again[FILE_NAME_MAX + 1];

	FUZZ_CHECK(len > 0 && len <= FILE_NAME_MAX && strlen(name) == len);
	FUZZ_CHECK(file_name_is_safe(name));
	for (size_t at = 0; at < len; at += utf8_length(name + at, len - at))
		FUZZ_CHECK(utf8_unsafe_length(name + at, len - at) == 0);
	FUZZ_CHECK(strpbrk(name, "/\\<>:\"|?*") == NULL);
	FUZZ_CHECK(name[len - 1] != '.' && name[len - 1] != ' ');
	/* a safe name stays as it is */
	FUZZ_CHECK(file_name_make(name, len, again) == len && strcmp(again, name) == 0);
}

static void check_host(const struct url *url)
{
	struct address a = {.is_v6 = url->address.is_v6};
	bool is_address = inet_pton(a.is_v6 ? AF_INET6 : AF_INET, url->host, a.bytes) == 1;

	FUZZ_CHECK(url->host[0] != '\0' && is_address == url->is_address);
	FUZZ_CHECK(!is_address || memcmp(a.bytes, url->address.bytes, a.is_v6 ? 16 : 4) == 0);
	if (!is_address)
		FUZZ_CHECK(strspn(url->host, "abcdefghijklmnopqrstuvwxyz0123456789-_.") ==
			   strlen(url->host));
}

static void check_url(const struct url *url)
{
	struct url again;

	FUZZ_CHECK(strncmp(url->text, url->is_tls ? "https://" : "http://", 7 + url->is_tls) == 0);
	for (const char *s = url->text; *s != '\0'; s++)
		FUZZ_CHECK((unsigned char)*s > 0x20 && *s != 0x7f);
	FUZZ_CHECK(strchr(url->text, '#') == NULL && url->port != 0);
	check_host(url);
	enum url_fault fault = url_parse(url->text, strlen(url->text), &again);
	FUZZ_CHECK(fault == URL_GOOD || fault == URL_TOO_LONG);
	if (fault != URL_GOOD)
		return;
	FUZZ_CHECK(strcmp(again.text, url->text) == 0 && strcmp(again.host, url->host) == 0);
	FUZZ_CHECK(again.port == url->port && again.is_tls == url->is_tls);
	url_done(&again);
}

/* A reference to something: no control character is made, and nothing grows without bound. */
static void check_reference(const uint8_t *data, size_t size)
{
	AUTO_FREE char *reference = xstrndup((const char *)data, size);
	AUTO_FREE char *text = url_resolve("http://a.test/b/c/d;p?q", reference);

	FUZZ_CHECK(strlen(text) <= 3 * strlen(reference) + 32 && strchr(text, ':') != NULL);
	FUZZ_CHECK(strchr(text, ' ') == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	char name[FILE_NAME_MAX + 1] = "";
	struct url url;

	check_reference(data, size);
	check_name(name, file_name_make(text, size, name));
	check_name(name, file_name_from_url(text, size, name));
	enum url_fault fault = url_parse(text, size, &url);
	FUZZ_CHECK((fault == URL_GOOD) == (url_fault_text(fault) == NULL));
	if (fault != URL_GOOD)
		return 0;
	FUZZ_CHECK(size <= FILE_MAX_URL);
	check_url(&url);
	url_done(&url);
	return 0;
}
