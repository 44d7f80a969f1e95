/* What is asked about a request before its handler sees it: by whom it is sent, and whether he
 * may. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "api/access.h"
#include "api/server_private.h"
#include "base/alloc.h"

/* The secret in `Authorization: Bearer SECRET`; NULL: there is none. */
static const char *get_secret(const struct request *rq)
{
	static const char scheme[] = "Bearer";
	const char *header = request_header(rq, "Authorization");

	if (header == NULL || strncasecmp(header, scheme, strlen(scheme)) != 0)
		return NULL;
	header += strlen(scheme);
	size_t n_blanks = strspn(header, " ");
	return n_blanks > 0 && header[n_blanks] != '\0' ? header + n_blanks : NULL;
}

/* What RFC 6750 section 3 wants said to who has no token, or one that doesn't do. */
static void challenge(struct request *rq, const char *error)
{
	char text[128];

	snprintf(text, sizeof(text), "Bearer realm=\"asyncprobed\"%s%s%s",
	    error != NULL ? ", error=\"" : "", error != NULL ? error : "",
	    error != NULL ? "\"" : "");
	request_add_header(rq, "WWW-Authenticate", text);
}

static void refuse_scope(struct request *rq)
{
	unsigned first = rq->route->scopes & -rq->route->scopes;

	challenge(rq, "insufficient_scope");
	request_refuse(rq, 403, "This needs a token with the scope %s.", scope_name(first));
}

static void refuse_rate(struct request *rq, struct token *token)
{
	usec_t wait = bucket_wait(&token->bucket, clock_mono());
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)((wait + USEC_PER_SEC - 1) / USEC_PER_SEC));
	request_add_header(rq, "Retry-After", text);
	request_refuse(rq, 429, "There are too many requests with this token.");
}

static void check_token(struct request *rq, struct tokens *tokens)
{
	const char *secret = get_secret(rq);
	struct token *token = secret != NULL ? tokens_find(tokens, secret) : NULL;

	if (secret == NULL) {
		challenge(rq, NULL);
		request_refuse(rq, 401, "This needs a token: Authorization: Bearer TOKEN.");
	} else if (token == NULL) {
		challenge(rq, "invalid_token");
		request_refuse(rq, 401, "This token is not known.");
	} else if (!bucket_take(&token->bucket, clock_mono())) {
		refuse_rate(rq, token);
	} else if (rq->route != NULL && (token->scopes & (rq->route->scopes | SCOPE_ADMIN)) == 0) {
		refuse_scope(rq);
	} else {
		rq->token_name = xstrdup(token->name);
	}
}

void server_check_access(struct request *rq)
{
	const struct access *access = rq->server->opts.access;
	bool is_open = rq->route != NULL && rq->route->scopes == 0;

	if (access != NULL && access->tokens != NULL && !is_open)
		check_token(rq, access->tokens);
}
