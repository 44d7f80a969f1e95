/* See call_hosts.h. A short table: at most 32 deliveries are under way. */
#include "callbacks/call_hosts.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"

static bool is_free(const struct call_host *h, usec_t now)
{
	return h->name == NULL || (h->n_held == 0 && h->hold_until <= now);
}

/* There always is a place: hosts with deliveries are at most half of them, and of the others the
 * one whose pause ends first makes room. */
struct call_host *call_hosts_get(struct call_hosts *hosts, const char *name, usec_t now)
{
	struct call_host *room = NULL;

	for (struct call_host *h = hosts->all; h < hosts->all + CALL_HOSTS_MOST; h++) {
		if (h->name != NULL && strcmp(h->name, name) == 0)
			return h;
		if (h->n_held > 0)
			continue;
		if (room == NULL ||
		    (!is_free(room, now) && (is_free(h, now) || h->hold_until < room->hold_until)))
			room = h;
	}
	assert(room != NULL);
	free(room->name);
	*room = (struct call_host){.name = xstrdup(name)};
	return room;
}

bool call_host_is_passed_over(const struct call_host *h, usec_t now)
{
	return h->n_held >= CALLBACKS_MOST_PER_HOST || h->hold_until > now;
}

char *call_hosts_passed_over(const struct call_hosts *hosts, usec_t now)
{
	struct buf b;

	buf_init(&b, SIZE_MAX / 2);
	for (const struct call_host *h = hosts->all; h < hosts->all + CALL_HOSTS_MOST; h++) {
		if (h->name != NULL && call_host_is_passed_over(h, now))
			buf_addf(&b, "\n%s\n", h->name);
	}
	if (b.len > 0)
		return buf_take(&b, NULL);
	buf_done(&b);
	return NULL;
}

usec_t call_hosts_next(const struct call_hosts *hosts, usec_t now)
{
	usec_t next = INT64_MAX;

	for (const struct call_host *h = hosts->all; h < hosts->all + CALL_HOSTS_MOST; h++) {
		if (h->name != NULL && h->hold_until > now && h->hold_until < next)
			next = h->hold_until;
	}
	return next;
}

void call_hosts_done(struct call_hosts *hosts)
{
	for (struct call_host *h = hosts->all; h < hosts->all + CALL_HOSTS_MOST; h++)
		free(h->name);
}
