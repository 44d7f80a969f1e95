/* The parts that deliver callbacks. */
#include "daemon/delivery.h"

#include "config.h"

#include "base/alloc.h"
#include "base/log.h"
#include "daemon/secret.h"
#include "fetch/post.h"

enum err delivery_start(struct delivery *d, const struct conf *conf, const char *folder,
    struct loop *loop, struct checker *checker, struct store *store, struct suspects *suspects)
{
	const char *ca_file = conf_text(conf, CONF_downloads_ca_file);
	const struct exchanger_opts poster = {.loop = loop,
	    .checker = checker,
	    .ca_file = *ca_file != '\0' ? ca_file : NULL,
	    .user_agent = PACKAGE_NAME "/" PACKAGE_VERSION,
	    .total = CALLBACKS_MOST,
	    .per_host = CALLBACKS_MOST_PER_HOST}; /* delivery_allow sets the times */

	d->folder = folder;
	d->poster = poster_new(&poster);
	if (d->poster == NULL) {
		log_error("callbacks_init_failed", "ca_file=%s", log_quote(ca_file));
		return ERR_SYSTEM;
	}
	const struct callbacks_opts callbacks = {
	    .loop = loop, .store = store, .suspects = suspects, .poster = d->poster};
	d->callbacks = callbacks_new(&callbacks);
	if (d->callbacks == NULL)
		log_error("callbacks_init_failed", "ca_file=%s", log_quote(ca_file));
	return d->callbacks != NULL ? OK : ERR_SYSTEM;
}

bool delivery_allow(struct delivery *d, const struct conf *conf, const struct policy *policy)
{
	struct signature_keys keys = {.n = 0};
	AUTO_FREE char *why = NULL;
	bool is_good = secret_load(conf, d->folder, &keys, &why);

	if (is_good)
		poster_set_keys(d->poster, &keys);
	else
		log_error("callback_keys_invalid", "why=%s", log_quote(why));
	signature_keys_done(&keys);
	poster_set_timeout(d->poster, (usec_t)conf_number(conf, CONF_callbacks_timeout));
	poster_set_policy(d->poster, policy);
	callbacks_set_times(d->callbacks, (usec_t)conf_number(conf, CONF_callbacks_backoff),
	    (usec_t)conf_number(conf, CONF_callbacks_lifetime));
	if (poster_is_ready(d->poster))
		callbacks_start(d->callbacks);
	return is_good;
}

void delivery_drain(struct delivery *d)
{
	if (d->callbacks != NULL)
		callbacks_drain(d->callbacks);
}

bool delivery_is_busy(const struct delivery *d)
{
	return d->callbacks != NULL && callbacks_in_flight(d->callbacks) > 0;
}

void delivery_stop(struct delivery *d)
{
	callbacks_free(d->callbacks);
	poster_free(d->poster);
}
