/* The request line. */
#include "http/request_line.h"

#include <string.h>

#include "base/hex.h"
#include "http/authority.h"

static bool read_version(struct slice version, bool *ret_is_1_0, struct fault *ret_fault)
{
	const char *v = version.data;

	if (version.len != 8 || memcmp(v, "HTTP/", 5) != 0 || v[5] < '0' || v[5] > '9' ||
	    v[6] != '.' || v[7] < '0' || v[7] > '9')
		return fault_set(
		    ret_fault, 400, "The request line does not end with an HTTP version.");
	if (v[5] != '1')
		return fault_set(
		    ret_fault, 505, "Unsupported HTTP version; use HTTP/1.1 or HTTP/1.0.");
	*ret_is_1_0 = v[7] == '0';
	return true;
}

/* An escaped NUL stays escaped, so it matches no name. */
static bool check_escapes(struct slice path, struct fault *ret_fault)
{
	const char *end = path.data + path.len;

	for (const char *at = path.data; (at = memchr(at, '%', (size_t)(end - at))) != NULL;
	     at += 3) {
		if (end - at < 3 || hex_value(at[1]) < 0 || hex_value(at[2]) < 0)
			return fault_set(
			    ret_fault, 400, "Malformed percent-encoding in the request target.");
	}
	return true;
}

static bool check_params(struct slice path, size_t max, struct fault *ret_fault)
{
	const char *query = memchr(path.data, '?', path.len);
	size_t n = 1;

	if (query == NULL)
		return true;
	for (const char *at = query; at < path.data + path.len; at++)
		n += *at == '&';
	return n <= max || fault_set(ret_fault, 414, "Too many query parameters.");
}

/* Split `http://host:port/path` (RFC 9112 section 3.2.2). */
static bool read_absolute(struct slice target, struct request_line *line, struct fault *ret_fault)
{
	const char *slashes = memchr(target.data, ':', target.len);
	struct slice scheme = {target.data, slashes != NULL ? (size_t)(slashes - target.data) : 0};

	if (!span_equals(scheme, "http") && !span_equals(scheme, "https"))
		return fault_set(ret_fault, 400,
		    "The request target is neither a path nor an http or https URL.");
	struct slice rest = {slashes, target.len - scheme.len};
	if (rest.len < 3 || memcmp(rest.data, "://", 3) != 0)
		return fault_set(ret_fault, 400,
		    "The request target is neither a path nor an http or https URL.");
	rest = (struct slice){rest.data + 3, rest.len - 3};
	size_t n = 0;
	while (n < rest.len && rest.data[n] != '/' && rest.data[n] != '?')
		n++;
	line->authority = (struct slice){rest.data, n};
	line->path = (struct slice){rest.data + n, rest.len - n};
	line->is_rootless = n == rest.len || rest.data[n] == '?';
	if (!authority_is_valid(line->authority))
		return fault_set(ret_fault, 400, "Invalid host in the request target.");
	/* RFC 9112 section 3.2.4 */
	if (line->path.len == 0 && line->method.len == 7 &&
	    memcmp(line->method.data, "OPTIONS", 7) == 0) {
		line->path = (struct slice){"*", 1};
		line->is_rootless = false;
	}
	return true;
}

bool request_line_read(struct slice method, struct slice target, struct slice version,
    size_t max_params, struct request_line *ret_line, struct fault *ret_fault)
{
	struct request_line line = {.method = method, .path = target};

	if (!read_version(version, &line.is_http_1_0, ret_fault))
		return false;
	if (method.len == 7 && memcmp(method.data, "CONNECT", 7) == 0)
		return fault_set(ret_fault, 501, "The server is not a proxy.");
	if (target.len == 1 && target.data[0] == '*') {
		if (method.len != 7 || memcmp(method.data, "OPTIONS", 7) != 0)
			return fault_set(
			    ret_fault, 400, "The request target * is allowed only with OPTIONS.");
	} else if (target.data[0] != '/' && !read_absolute(target, &line, ret_fault)) {
		return false;
	}
	if (!check_escapes(line.path, ret_fault) || !check_params(line.path, max_params, ret_fault))
		return false;
	*ret_line = line;
	return true;
}
