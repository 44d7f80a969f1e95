/* Everything is loaded into a new entrance first, which takes the place of the old one when all of
 * it is good. */
#include "daemon/entrance.h"

#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/str.h"

/* The path of the token file as new text: the setting or the systemd credential; NULL: neither. */
static char *find_token_file(const struct conf *conf)
{
	const char *path = conf_text(conf, CONF_api_token_file),
		   *folder = getenv("CREDENTIALS_DIRECTORY");
	struct buf credential;

	if (*path != '\0')
		return xstrdup(path);
	if (folder == NULL || *folder == '\0')
		return NULL;
	buf_init(&credential, 4096);
	buf_addf(&credential, "%s/asyncprobed.token", folder);
	if (!credential.overflow && access(credential.data, F_OK) == 0)
		return buf_take(&credential, NULL);
	buf_done(&credential);
	return NULL;
}

static bool load_tokens(struct entrance *e, const struct conf *conf, char **ret_why)
{
	AUTO_FREE char *path = find_token_file(conf);

	return path == NULL || tokens_load(path, (double)conf_number(conf, CONF_api_token_rate),
				   &e->access.tokens, ret_why) == OK;
}

static bool load_tls(struct entrance *e, const struct conf *conf, char **ret_why)
{
	const char *cert = conf_text(conf, CONF_api_tls_cert),
		   *key = conf_text(conf, CONF_api_tls_key),
		   *client_ca = conf_text(conf, CONF_api_tls_client_ca);

	if (*cert == '\0' && *key == '\0' && *client_ca == '\0')
		return true;
	if (*cert != '\0' && *key != '\0')
		return tls_load(cert, key, client_ca, &e->tls, ret_why) == OK;
	*ret_why = xstrdup("api.tls_cert and api.tls_key must be set together, and "
			   "api.tls_client_ca requires both");
	return false;
}

static bool load_group(struct entrance *e, const struct conf *conf, char **ret_why)
{
	const char *name = conf_text(conf, CONF_api_socket_group);
	const struct group *group = *name != '\0' ? getgrnam(name) : NULL;
	uint64_t number;
	struct buf why;

	e->mode = (unsigned)conf_number(conf, CONF_api_socket_mode);
	e->has_group = *name != '\0';
	if (group != NULL)
		e->group = group->gr_gid;
	else if (e->has_group && str_to_u64(name, INT32_MAX, &number) == OK)
		e->group = (gid_t)number;
	else if (e->has_group) {
		buf_init(&why, 1024);
		buf_addf(&why, "api.socket_group: unknown group %s", name);
		*ret_why = buf_take(&why, NULL);
		return false;
	}
	return true;
}

/* Only this machine can connect to it. */
static bool is_local(const struct endpoint *e)
{
	static const uint8_t loopback[16] = {[15] = 1};

	return e->address.is_v6 ? memcmp(e->address.bytes, loopback, sizeof(loopback)) == 0
				: e->address.bytes[0] == 127;
}

/* What a listener that others can reach lacks; NULL: nothing. */
static const char *find_gap(const struct entrance *e)
{
	if (e->access.tokens == NULL && !e->tls.asks_clients)
		return "anyone could use the API: set api.token_file";
	if (e->tls.context == NULL)
		return "tokens would be sent without TLS: set api.tls_cert";
	return NULL;
}

bool entrance_judge(struct entrance *e, const struct conf *conf, const struct endpoint *endpoints,
    size_t n_endpoints, char **ret_why)
{
	const char *gap = find_gap(e);
	char text[ENDPOINT_TEXT_SIZE];
	struct buf why;

	for (size_t i = 0; i < n_endpoints && conf_number(conf, CONF_api_insecure) == 0; i++) {
		if (is_local(&endpoints[i]))
			continue;
		e->is_exposed = true;
		if (gap == NULL)
			continue;
		endpoint_format(&endpoints[i], text);
		buf_init(&why, 1024);
		buf_addf(&why,
		    "%s is not a loopback address, and %s (api.insecure=yes overrides this)", text,
		    gap);
		*ret_why = buf_take(&why, NULL);
		return false;
	}
	return true;
}

/* The listeners of the settings. */
static bool check_listeners(struct entrance *e, const struct conf *conf, char **ret_why)
{
	char *listeners[SERVER_MAX_LISTENERS];
	struct endpoint endpoints[SERVER_MAX_LISTENERS];
	size_t n = conf_list(conf, CONF_api_listen, listeners, SERVER_MAX_LISTENERS), n_tcp = 0;

	for (size_t i = 0; i < n; i++) {
		if (strncmp(listeners[i], "unix:", 5) != 0 &&
		    endpoint_parse(listeners[i], 0, &endpoints[n_tcp]))
			n_tcp++;
		free(listeners[i]);
	}
	return entrance_judge(e, conf, endpoints, n_tcp, ret_why);
}

/* Load a renewed certificate and key. Existing sessions keep the old ones. */
static void renew_certificate(struct entrance *e, struct tls *fresh)
{
	struct tls old = e->tls;

	if (old.context == NULL || fresh->context == NULL || tls_is_same(&old, fresh))
		return;
	e->tls = *fresh;
	*fresh = old;
	log_info("certificate_renewed", "setting=api.tls_cert");
}

/* Later: only what requests are judged by changes, and the listeners that are there must bear it.
 */
static bool replace_access(struct entrance *e, struct entrance *new, char **ret_why)
{
	struct access old = e->access;

	e->access = new->access;
	const char *gap = e->is_exposed ? find_gap(e) : NULL;
	if (gap == NULL)
		renew_certificate(e, &new->tls);
	if (gap != NULL) {
		struct buf why;
		buf_init(&why, 1024);
		buf_addf(&why, "a listener is not on a loopback address, and %s", gap);
		*ret_why = buf_take(&why, NULL);
		e->access = old;
	} else {
		new->access = old;
	}
	entrance_done(new);
	return gap == NULL;
}

bool entrance_load(struct entrance *e, const struct conf *conf, char **ret_why)
{
	struct entrance new = {.access = {.tokens = NULL}};

	new.access.n_hosts = conf_list(conf, CONF_api_hosts, new.access.hosts, ACCESS_MAX_NAMES);
	new.access.n_origins =
	    conf_list(conf, CONF_api_origins, new.access.origins, ACCESS_MAX_NAMES);
	if (!load_group(&new, conf, ret_why) || !load_tls(&new, conf, ret_why) ||
	    !load_tokens(&new, conf, ret_why) || !check_listeners(&new, conf, ret_why)) {
		entrance_done(&new);
		return false;
	}
	if (e->is_loaded)
		return replace_access(e, &new, ret_why);
	new.is_loaded = true;
	*e = new;
	return true;
}

bool entrance_check(const struct conf *conf, char **ret_why)
{
	struct entrance e = {.access = {.tokens = NULL}};
	bool is_good = entrance_load(&e, conf, ret_why);

	entrance_done(&e);
	return is_good;
}

void entrance_fill(struct entrance *e, struct server_opts *opts)
{
	opts->access = &e->access;
	opts->tls = e->tls.context != NULL ? &e->tls : NULL;
	opts->has_unix_group = e->has_group;
	opts->unix_group = e->group;
	opts->unix_mode = e->mode;
}

void entrance_done(struct entrance *e)
{
	access_done(&e->access);
	tls_done(&e->tls);
}
