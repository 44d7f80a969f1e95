/* Reloads.
 *
 *   waiting --SIGHUP--> reading (pool) --> compared and taken up (loop) --> waiting
 *                          |
 *                          +-- a fault: the settings in force stay */
#include "daemon/reload.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/metrics.h"

struct reload {
	struct reload_opts opts;
	struct offload_task task;
	bool is_reading, is_asked_again, is_stopped;
	/* of the task */
	struct conf fresh;
	enum err err;
	char *why; /* owned */
	/* how the last one went */
	bool is_good;
	usec_t good_at; /* wall clock */
};

static void start(struct reload *r);

static void read_file(struct offload_task *task)
{
	struct reload *r = (struct reload *)((char *)task - offsetof(struct reload, task));

	conf_init(&r->fresh);
	r->err = conf_load(&r->fresh, r->opts.origin, &r->why);
}

/* Leave in `fresh` what is in force where a change takes a restart, and say so. */
static void compare(struct reload *r, unsigned *ret_n_live, unsigned *ret_n_restart)
{
	char name[CONF_NAME_SIZE];

	*ret_n_live = *ret_n_restart = 0;
	for (int i = 0; i < N_SETTINGS; i++) {
		enum setting setting = (enum setting)i;
		if (strcmp(conf_text(r->opts.conf, setting), conf_text(&r->fresh, setting)) == 0)
			continue;
		conf_name(setting, name);
		if (conf_is_live(setting)) {
			log_info("setting_changed", "setting=%s", name);
			++*ret_n_live;
		} else {
			log_warning("setting_needs_restart", "setting=%s", name);
			conf_keep(&r->fresh, r->opts.conf, setting);
			++*ret_n_restart;
		}
	}
}

static void take_up(struct reload *r)
{
	unsigned n_live, n_restart;

	compare(r, &n_live, &n_restart);
	conf_done(r->opts.conf);
	*r->opts.conf = r->fresh;
	conf_init(&r->fresh);
	r->is_good = r->opts.take_up(r->opts.arg);
	if (r->is_good)
		r->good_at = clock_wall();
	log_info("reloaded", "changed=%u need_restart=%u", n_live, n_restart);
}

static void on_read(struct offload_task *task)
{
	struct reload *r = (struct reload *)((char *)task - offsetof(struct reload, task));

	if (r->err == OK && !r->is_stopped) {
		take_up(r);
	} else if (!r->is_stopped) {
		log_error("reload_failed", "why=%s settings=unchanged", log_quote(r->why));
		r->is_good = false;
	}
	conf_done(&r->fresh);
	free(TAKE(r->why));
	r->is_reading = false;
	if (r->is_stopped)
		return;
	if (r->is_asked_again)
		start(r);
	else
		r->opts.on_end(r->opts.arg);
}

static void start(struct reload *r)
{
	r->is_asked_again = false;
	r->is_reading = true;
	r->task = (struct offload_task){.work = read_file, .done = on_read};
	offload_submit(r->opts.offload, &r->task);
}

void reload_start(struct reload *r)
{
	if (r->is_stopped)
		return;
	if (r->is_reading) {
		r->is_asked_again = true;
		return;
	}
	r->opts.on_begin(r->opts.arg);
	start(r);
}

METRIC_GETTER(get_good, struct reload, self->is_good)
METRIC_GETTER(get_time, struct reload, (double)(self->good_at / USEC_PER_MSEC) / 1000)

struct reload *reload_new(const struct reload_opts *opts)
{
	struct reload *r = xcalloc(1, sizeof(*r));

	r->opts = *opts;
	r->is_good = true;
	r->good_at = clock_wall();
	metrics_getter(METRIC_RELOAD_GOOD, get_good, r);
	metrics_getter(METRIC_RELOAD_TIME, get_time, r);
	return r;
}

void reload_stop(struct reload *r)
{
	r->is_stopped = true;
}

void reload_free(struct reload *r)
{
	free(r);
}
