/* check: registration. Is a name registered, available, or reserved, and how is that known?
 *
 *   name --> registrable name (Public Suffix List) --> delegation (DNS) --> RDAP, where the DNS
 * does not settle it
 *
 * `available` needs both proofs: NXDOMAIN from the DNS, and the registry's own word that it does
 * not have the name. Everything less is `unknown`, with a reason. Thread: loop. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "check/checker.h"
#include "base/id.h"
#include "model/result.h"
#include "model/spec.h"
#include "registration/rdap_client.h"

struct bootstrap;
struct enquiry;
struct registration;
struct registries;
struct suffixes;

struct registration_opts {
	struct loop *loop; /* borrowed, like all here */
	struct checker *checker;
	struct rdap_client *rdap;
	const struct registries *registries;
	const struct suffixes *suffixes;
	struct bootstrap *bootstrap;
	size_t most; /* enquiries at one time */
};

struct registration *registration_new(const struct registration_opts *opts);
void registration_free(
    struct registration *registration); /* enquiries under way are dropped, without a call */

/* As checker_room, checker_set_on_room and checker_in_flight. */
size_t registration_room(struct registration *registration);
void registration_set_on_room(
    struct registration *registration, void (*on_room)(void *arg), void *arg);
size_t registration_in_flight(const struct registration *registration);

struct registration_request {
	struct id job;
	uint32_t index;   /* copied into the result */
	const char *name; /* borrowed for the call; normalised, not terminated */
	size_t name_len;
	usec_t timeout;    /* of a question to the DNS; 0: the checker's */
	uint32_t attempts; /* likewise */
	struct rdap_params rdap;
	/* Called in place of `on_done`, with its argument, when the registry's server has enough to
	 * do: the enquiry is dead then, and can be started anew later. NULL: it waits itself. */
	void (*on_parked)(uint32_t host, void *arg);
};

/* Start an enquiry. There must be room. `on_done` is called once, never before this returned. */
struct enquiry *enquiry_start(struct registration *registration,
    const struct registration_request *request, check_fn *on_done, void *arg);

/* How many enquiries that were parked may wait for a host at one time. */
size_t registration_queue_most(const struct registration *registration, uint32_t host);

/* Return the suffix of a name, and its registry; one without a base URL has no RDAP. NULL: the name
 * is not registrable. */
const char *registration_suffix(
    const struct registration *registration, const char *name, struct registry *ret_registry);

/* Hosts that were asked or are to be, numbered from 0 on. */
uint32_t registration_n_hosts(const struct registration *registration);
/* Add to `counts`, which has a number for each host, the enquiries of a job that wait for it. */
void registration_count(
    const struct registration *registration, const struct id *job, uint64_t *counts);
/* Describe the wait for a host, for which `n_parked` enquiries wait beside. */
void registration_wait(const struct registration *registration, uint32_t host, uint64_t n_parked,
    struct registry_wait *ret_wait);

void enquiry_cancel(struct enquiry *enquiry); /* ends it without its call */

/* The job is removed: forget how many of its names RDAP was asked about. */
void registration_forget_job(struct registration *registration, const struct id *job);
