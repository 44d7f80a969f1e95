/* A checker of registrations (registration/registration.h) that has no room, linked in place of the
 * real one. */
#include "registration/registration.h"

#include <stdlib.h>

size_t registration_room(struct registration *registration)
{
	(void)registration;
	return 0;
}

void registration_set_on_room(
    struct registration *registration, void (*on_room)(void *arg), void *arg)
{
	(void)registration, (void)on_room, (void)arg;
}

void registration_forget_job(struct registration *registration, const struct id *job)
{
	(void)registration, (void)job;
}

struct enquiry *enquiry_start(struct registration *registration,
    const struct registration_request *request, check_fn *on_done, void *arg)
{
	(void)registration, (void)request, (void)on_done, (void)arg;
	abort(); /* there is no room */
}

void enquiry_cancel(struct enquiry *enquiry)
{
	(void)enquiry;
	abort();
}

size_t registration_queue_most(const struct registration *registration, uint32_t host)
{
	(void)registration, (void)host;
	abort(); /* nothing was parked */
}

uint32_t registration_n_hosts(const struct registration *registration)
{
	(void)registration;
	return 0;
}

void registration_count(
    const struct registration *registration, const struct id *job, uint64_t *counts)
{
	(void)registration, (void)job, (void)counts;
}

void registration_wait(const struct registration *registration, uint32_t host, uint64_t n_parked,
    struct registry_wait *ret_wait)
{
	(void)registration, (void)host, (void)n_parked, (void)ret_wait;
	abort(); /* there is no host */
}
