/* A fetcher (fetch/fetch.h) without a network or a folder: fetches end when the test says so, or
 * by themselves in the next turn of the loop. Linked in place of the real one. Thread: loop. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "fetch/fetch.h"

/* How a fetch ends by itself, chosen by the name that its file gets. */
struct fetch_rule {
	const char *name;
	enum item_status status;
	enum reason reason;
};

/* What was asked for, with all that the request borrowed. */
struct fetch_asked {
	struct id job;
	uint32_t index, attempts;
	usec_t timeout;
	const char *url, *name, *code; /* borrowed from the fetcher */
	bool by_country;
};

/* `room`: fetches at most at one time. */
struct fetcher *fake_fetcher_new(struct loop *loop, size_t room);

void fake_fetcher_set_room(struct fetcher *fetcher, size_t room);

/* Have all fetches end by themselves from now on, as `rules` say, which end by one without a name
 * and are borrowed; ok where none fits. */
void fake_fetcher_answer_all(struct fetcher *fetcher, const struct fetch_rule *rules);

/* End the fetch of the file of this name, the oldest when `name` is NULL. False when there is none.
 */
bool fake_fetcher_finish(
    struct fetcher *fetcher, const char *name, enum item_status status, enum reason reason);

/* Say of the fetch of the file of this name that all was received, and it is being saved. False
 * when there is none. */
bool fake_fetcher_receive(struct fetcher *fetcher, const char *name);

size_t fake_fetcher_n_started(const struct fetcher *fetcher); /* in all */
/* The fetch that was started as the i-th, from 0. */
const struct fetch_asked *fake_fetcher_asked(const struct fetcher *fetcher, size_t i);

/* Have syncs end only by fake_fetcher_end_sync, which is false when none is under way. */
void fake_fetcher_hold_syncs(struct fetcher *fetcher);
bool fake_fetcher_end_sync(struct fetcher *fetcher);

/* Have these jobs' files be there; they are told when the core asks. */
void fake_fetcher_set_jobs(struct fetcher *fetcher, const struct id *ids, size_t n);

/* The single file that was to be removed last; "" when none was. */
const char *fake_fetcher_removed_file(const struct fetcher *fetcher);

/* How often the files of a job were to be removed. */
size_t fake_fetcher_n_removed(const struct fetcher *fetcher, const struct id *job);
