/* Parts, in the order they are started: mailbox, offload, store, checker, fetching, delivery,
 * core, server, notify, reload, signals. */
#include "daemon/daemon.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "base/alloc.h"
#include "base/log.h"
#include "base/metrics.h"
#include "core/core.h"
#include "daemon/delivery.h"
#include "daemon/entrance.h"
#include "daemon/fetching.h"
#include "daemon/guard.h"
#include "daemon/limits.h"
#include "daemon/notify.h"
#include "daemon/registering.h"
#include "daemon/reload.h"
#include "daemon/resolving.h"
#include "daemon/secret.h"
#include "daemon/sockets.h"
#include "daemon/state_dir.h"
#include "daemon/versions.h"
#include "http/server.h"
#include "jobs/suspects.h"
#include "loop/mailbox.h"
#include "loop/offload.h"
#include "sqlite/sqlite.h"

enum { OFFLOAD_THREADS = 2 };

/* How often to look whether requests are under way, and the limit for what follows the last turn.
 */
#define QUIET_EVERY (20 * USEC_PER_MSEC)
#define LAST_TIME   (60 * USEC_PER_SEC)

struct daemon {
	struct conf *conf; /* borrowed, like where it is from */
	const struct conf_origin *origin;
	struct loop *loop;
	struct mailbox *mailbox;
	struct offload *offload;
	struct store *store;
	struct suspects *suspects;
	struct resolving *resolving;
	struct registering *registering;
	struct fetching fetching;
	struct delivery delivery;
	struct core *core;
	struct entrance entrance;
	struct server *server;
	struct api api;
	struct notify *notify;
	struct guard guard;
	struct reload *reload;
	char *database, *folder, *limits, *listen[SERVER_MAX_LISTENERS];
	size_t n_listen;
	struct watch term, interrupt, hangup;
	struct timer drain_timer, quiet_timer;
	bool is_draining;
};

/* --- Start --- */

static void on_writable(bool is_writable, enum err why, void *arg)
{
	(void)arg;
	if (is_writable) {
		log_info("store_writable", "state=again");
		return;
	}
	log_error("store_not_writable", "error=%s jobs=refused", err_str(why));
}

static void on_fatal(const char *why, void *arg)
{
	struct daemon *d = arg;

	log_error("store_fatal", "why=%s", log_quote(why));
	loop_stop(d->loop, EXIT_FAILURE);
}

static bool start_store(struct daemon *d)
{
	const struct store_events events = {
	    .on_writable = on_writable, .on_fatal = on_fatal, .arg = d};
	AUTO_FREE char *why = NULL;

	d->database = state_dir_database(conf_text(d->conf, CONF_store_url));
	/* a missing directory that was configured is an error */
	d->folder = state_dir_make(d->database, *conf_text(d->conf, CONF_store_url) == '\0');
	if (d->folder == NULL) {
		log_error("state_directory_failed", "path=%s error=%s", log_quote(d->database),
		    log_quote(strerror(errno)));
		return false;
	}
	enum err e =
	    store_open(sqlite_backend(), d->database, d->mailbox, &events, &d->store, &why);
	if (e != OK)
		log_error("store_open_failed", "path=%s error=%s why=%s", log_quote(d->database),
		    err_str(e), log_quote(why));
	else if (!store_can_shrink(d->store))
		log_warning(
		    "store_cannot_shrink", "path=%s next_try=start", log_quote(d->database));
	if (e == OK)
		d->suspects = suspects_new(d->loop, d->store, SUSPECTS_PATIENCE);
	return e == OK;
}

static bool start_checker(struct daemon *d)
{
	d->resolving = resolving_new(d->conf, d->loop, d->offload);
	return d->resolving != NULL;
}

static bool start_fetching(struct daemon *d)
{
	return fetching_start(&d->fetching, d->conf, d->folder, store_id(d->store), d->loop,
		   d->offload, resolving_checker(d->resolving)) == OK;
}

static bool start_delivery(struct daemon *d)
{
	return delivery_start(&d->delivery, d->conf, d->folder, d->loop,
		   resolving_checker(d->resolving), d->store, d->suspects) == OK;
}

static bool start_core(struct daemon *d)
{
	struct core_opts opts = {.loop = d->loop,
	    .checker = resolving_checker(d->resolving),
	    .job_servers = resolving_job_servers(d->resolving),
	    .fetcher = d->fetching.fetcher,
	    .store = d->store,
	    .offload = d->offload,
	    .suspects = d->suspects,
	    .callbacks = d->delivery.callbacks,
	    .folder = d->folder,
	    .flag_servers = d->fetching.flags->servers,
	    .n_flag_servers = d->fetching.flags->n_servers};

	registering_fill(d->registering, &opts);
	limits_read_core(d->conf, &opts);
	d->core = core_new(&opts);
	if (d->core == NULL)
		log_error("store_read_failed", "path=%s", log_quote(d->database));
	return d->core != NULL;
}

/* False: callbacks can't be signed. */
static bool allow_targets(struct daemon *d, const struct endpoint *listeners, size_t n)
{
	fetching_allow(&d->fetching, d->conf, listeners, n);
	registering_set_policy(d->registering, d->fetching.policy);
	resolving_set_policy(d->resolving, d->fetching.policy);
	return delivery_allow(&d->delivery, d->conf, d->fetching.policy);
}

static bool start_server(struct daemon *d)
{
	AUTO_FREE char *why = NULL;
	struct endpoint endpoints[SERVER_MAX_LISTENERS];
	struct server_opts opts = {
	    .max_connections = (unsigned)conf_number(d->conf, CONF_api_connections),
	    .api = &d->api};

	d->limits = limits_format(d->conf);
	limits_read_server(d->conf, &opts);
	d->api = (struct api){.loop = d->loop,
	    .core = d->core,
	    .store = d->store,
	    .offload = d->offload,
	    .limits = d->limits,
	    .name_server = resolving_name_server,
	    .name_server_arg = resolving_checker(d->resolving),
	    .registry_host = registering_host,
	    .bootstrap = registering_bootstrap,
	    .registry_arg = d->registering};
	bodies_init(&d->api.bodies, 0);
	limits_read_api(d->conf, &d->api);
	d->n_listen = conf_list(d->conf, CONF_api_listen, d->listen, SERVER_MAX_LISTENERS);
	for (size_t i = 0; i < d->n_listen; i++)
		opts.listen[i] = d->listen[i];
	opts.n_listen = d->n_listen;
	if (!sockets_take(&opts))
		return false;
	opts.routes = api_routes(&opts.n_routes);
	size_t n = 0;
	if (entrance_load(&d->entrance, d->conf, &why)) {
		entrance_fill(&d->entrance, &opts);
		d->server = server_new(d->loop, &opts, &why);
	}
	if (d->server != NULL)
		n = server_endpoints(d->server, endpoints, SERVER_MAX_LISTENERS);
	if (d->server == NULL || !entrance_judge(&d->entrance, d->conf, endpoints, n, &why)) {
		log_error("listen_failed", "why=%s", log_quote(why));
		return false;
	}
	return allow_targets(d, endpoints, n) || !secret_is_given(d->conf);
}

/* --- The service manager --- */

static void describe(struct buf *line, void *arg)
{
	const struct daemon *d = arg;
	size_t n_active = core_n_active(d->core);

	buf_addf(line, "%s; jobs: %zu at work, %zu waiting; items in flight: %zu; connections: %zu",
	    d->is_draining ? "Draining" : "Taking jobs", n_active, core_n_live(d->core) - n_active,
	    core_in_flight(d->core), server_n_connections(d->server));
}

/* That the loop turns is shown by the call itself. */
static const char *find_stale(usec_t most, void *arg)
{
	const struct daemon *d = arg;

	if (store_write_age(d->store) > most)
		return "store";
	return resolving_overdue(d->resolving) > most ? "engine" : NULL;
}

static bool start_notify(struct daemon *d)
{
	const struct notify_opts opts = {
	    .loop = d->loop, .describe = describe, .find_stale = find_stale, .arg = d};

	d->notify = notify_new(&opts);
	guard_start(&d->guard, d->loop, d->store, d->fetching.fetcher);
	return true;
}

/* --- Reload --- */

static bool change_log(struct daemon *d)
{
	log_setup((enum log_level)conf_number(d->conf, CONF_log_level),
	    (enum log_format)conf_number(d->conf, CONF_log_format));
	return true;
}

static bool change_checker(struct daemon *d)
{
	resolving_change(d->resolving);
	return true;
}

static bool change_fetching(struct daemon *d)
{
	struct endpoint endpoints[SERVER_MAX_LISTENERS];

	if (fetching_change(&d->fetching, d->conf))
		core_set_flag_servers(
		    d->core, d->fetching.flags->servers, d->fetching.flags->n_servers);
	return allow_targets(
	    d, endpoints, server_endpoints(d->server, endpoints, SERVER_MAX_LISTENERS));
}

static bool change_core(struct daemon *d)
{
	struct core_opts limits = {.loop = NULL};

	limits_read_core(d->conf, &limits);
	core_set_limits(d->core, &limits);
	return true;
}

static bool change_server(struct daemon *d)
{
	struct server_opts limits = {.n_listen = 0};

	limits_read_server(d->conf, &limits);
	server_set_limits(d->server, &limits);
	limits_read_api(d->conf, &d->api);
	return true;
}

static bool change_entrance(struct daemon *d)
{
	AUTO_FREE char *why = NULL;
	bool is_good = entrance_load(&d->entrance, d->conf, &why);

	if (!is_good)
		log_error("reload_failed", "why=%s access=unchanged", log_quote(why));
	free(d->limits);
	d->limits = limits_format(d->conf);
	d->api.limits = d->limits;
	return is_good;
}

/* What a reload does, in this order, each of it whether or not its settings have changed: files
 * that they name may have. False: it could not be taken up, was logged, and things are as before.
 */
static bool (*const reload_steps[])(struct daemon *d) = {
    change_log, change_checker, change_fetching, change_core, change_server, change_entrance};

static bool take_up(void *arg)
{
	bool is_good = true;

	for (size_t i = 0; i < sizeof(reload_steps) / sizeof(reload_steps[0]); i++)
		is_good = reload_steps[i](arg) && is_good;
	return is_good;
}

static void on_reload_begin(void *arg)
{
	notify_reloading(((struct daemon *)arg)->notify);
}

static void on_reload_end(void *arg)
{
	struct daemon *d = arg;

	if (!d->is_draining)
		notify_ready(d->notify);
}

static void on_hangup(void *arg)
{
	reload_start(((struct daemon *)arg)->reload);
}

static bool start_reload(struct daemon *d)
{
	const struct reload_opts opts = {.conf = d->conf,
	    .origin = d->origin,
	    .offload = d->offload,
	    .on_begin = on_reload_begin,
	    .take_up = take_up,
	    .on_end = on_reload_end,
	    .arg = d};

	d->reload = reload_new(&opts);
	return true;
}

/* --- Signals --- */

/* What clients have sent already is answered first, and callbacks under way come to their end. */
static void on_drained(void *arg)
{
	struct daemon *d = arg;

	if (delivery_is_busy(&d->delivery) ||
	    (server_has_passed(d->server) && !server_is_quiet(d->server)))
		timer_start(&d->quiet_timer, QUIET_EVERY);
	else
		loop_stop(d->loop, EXIT_SUCCESS);
}

static void on_drain_time_out(void *arg)
{
	struct daemon *d = arg;

	log_warning("drain_timeout", "in_flight=%zu", core_in_flight(d->core));
	loop_stop(d->loop, EXIT_SUCCESS);
}

static void on_end_signal(void *arg)
{
	struct daemon *d = arg;

	if (d->is_draining) {
		log_warning("stop_forced", "in_flight=%zu", core_in_flight(d->core));
		loop_stop(d->loop, EXIT_SUCCESS);
		return;
	}
	log_info("draining", "in_flight=%zu", core_in_flight(d->core));
	d->is_draining = true;
	d->api.is_draining = true;
	notify_stopping(d->notify);
	d->api.has_successor = server_has_passed(d->server);
	server_hand_over(d->server);
	timer_start(&d->drain_timer, (usec_t)conf_number(d->conf, CONF_daemon_drain_timeout));
	reload_stop(d->reload);
	delivery_drain(&d->delivery);
	core_drain(d->core, on_drained, d);
}

static bool start_signals(struct daemon *d)
{
	timer_init(&d->drain_timer, d->loop, on_drain_time_out, d);
	timer_init(&d->quiet_timer, d->loop, on_drained, d);
	return watch_start_signal(&d->term, d->loop, SIGTERM, on_end_signal, d) == OK &&
	       watch_start_signal(&d->interrupt, d->loop, SIGINT, on_end_signal, d) == OK &&
	       watch_start_signal(&d->hangup, d->loop, SIGHUP, on_hangup, d) == OK;
}

/* --- Run --- */

static bool start(struct daemon *d)
{
	d->loop = loop_new();
	if (d->loop != NULL)
		d->mailbox = mailbox_new(d->loop);
	if (d->mailbox != NULL)
		d->offload = offload_new(d->mailbox, OFFLOAD_THREADS);
	if (d->offload == NULL) {
		log_error("start_failed", "error=%s", log_quote(strerror(errno)));
		return false;
	}
	versions_add_metric();
	metrics_add_process();
	if (!start_store(d) || !start_checker(d) || !start_fetching(d) || !start_delivery(d))
		return false;
	d->registering = registering_start(
	    d->conf, d->folder, d->loop, d->offload, resolving_checker(d->resolving));
	return d->registering != NULL && start_core(d) && start_server(d) && start_notify(d) &&
	       start_reload(d) && start_signals(d);
}

/* Threads end first; then what they left is delivered, and what waits for its turn has it, until no
 * part waits for another. */
static void settle(struct daemon *d)
{
	enum { MOST_TURNS = 100 };

	if (d->core != NULL)
		core_drain(d->core, NULL, NULL);
	delivery_drain(&d->delivery);
	if (d->store != NULL) {
		store_end_clean(d->store);
		store_stop(d->store);
	}
	if (d->offload != NULL)
		offload_stop(d->offload);
	for (int i = 0; d->mailbox != NULL && i < MOST_TURNS; i++) {
		bool was_any = mailbox_deliver(d->mailbox);
		while (d->store != NULL && store_refuse(d->store))
			was_any = true;
		loop_turn(d->loop);
		if (!was_any && i > 1)
			break;
	}
}

static void stop(struct daemon *d)
{
	if (d->notify != NULL)
		notify_last(d->notify, LAST_TIME);
	notify_free(TAKE(d->notify));
	guard_stop(&d->guard);
	watch_cancel(&d->term);
	watch_cancel(&d->interrupt);
	watch_cancel(&d->hangup);
	if (d->reload != NULL)
		reload_stop(d->reload);
	resolving_stop(d->resolving);
	timer_cancel(&d->drain_timer);
	timer_cancel(&d->quiet_timer);
	if (d->server != NULL)
		server_stop(d->server);
	settle(d);
	core_free(TAKE(d->core));
	while (d->mailbox != NULL && mailbox_deliver(d->mailbox))
		; /* what the end of unfinished files left behind */
	reload_free(d->reload);
	delivery_stop(&d->delivery);
	registering_stop(d->registering);
	fetching_stop(&d->fetching);
	resolving_free(d->resolving);
	server_free(d->server);
	entrance_done(&d->entrance);
	suspects_free(d->suspects);
	store_free(d->store);
	offload_free(d->offload);
	mailbox_free(d->mailbox);
	loop_free(d->loop);
	for (size_t i = 0; i < d->n_listen; i++)
		free(d->listen[i]);
	FREE_ALL(d->database, d->folder, d->limits);
	metrics_done();
}

int daemon_run(struct conf *conf, const struct conf_origin *origin)
{
	struct daemon d = {.conf = conf, .origin = origin};
	int status = EXIT_FAILURE;

	(void)change_log(&d);
	srandom((unsigned)clock_wall());
	if (start(&d)) {
		log_info("ready", "database=%s", log_quote(d.database));
		notify_ready(d.notify);
		status = loop_run(d.loop);
	}
	stop(&d);
	log_info("stopped", "status=%d", status);
	return status;
}
