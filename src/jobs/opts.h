/* Options of the core. Thread: loop. */
#pragma once

#include "check/checker_pool.h"
#include "fetch/fetch.h"
#include "loop/loop.h"
#include "loop/offload.h"
#include "model/recurrence.h"
#include "store/store.h"

struct callbacks;
struct registry_planner;
struct suspects;

/* Where flags can be fetched from; jobs choose by label. */
struct flag_server {
	const char *label, *base_url; /* borrowed */
};

struct core_opts {
	struct loop *loop; /* all borrowed for the life of the core */
	struct checker *checker;
	struct checker_pool *job_servers; /* NULL: jobs may not bring name servers */
	struct fetcher *fetcher;
	struct registration *registration;
	struct store *store;
	struct offload *offload;
	struct suspects *suspects;
	const struct registry_planner *planner; /* NULL: plans are not made */
	struct callbacks *callbacks;            /* NULL: nobody is called */
	const char *folder;                     /* for temporary files */
	const struct flag_server *flag_servers; /* the first is the default */
	size_t n_flag_servers;
	/* Add the TLDs of a preset to a list; false: there is no such preset. NULL: there are none.
	 */
	bool (*add_tlds)(const char *preset, struct text_list *tlds, void *arg);
	void *add_tlds_arg;
	uint64_t max_items;  /* of a job */
	uint32_t max_active; /* jobs worked on at one time; others wait as queued */
	usec_t retention;    /* how long ended jobs are kept; 0: for ever */
	uint64_t max_store;  /* bytes of the database above which the oldest of them go; 0: none */
	usec_t min_every;    /* of a schedule */
	uint32_t max_schedules; /* 0: none may be added */
	/* for tests: the clocks that schedules use; NULL: the real ones */
	void (*read_clocks)(struct clocks *ret_now);
};
