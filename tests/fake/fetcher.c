/* A fetcher without a network or a folder. */
#include "fetcher.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/alloc.h"
#include "loop/loop.h"
#include "model/file.h"

/* Begun fetches that are remembered; jobs with files; removals; and fetches that end by themselves
 * in one turn. */
enum { MAX_ASKED = 4096, MAX_JOBS = 16, MAX_REMOVED = 16, MAX_PER_TURN = 64 };

struct fetch {
	TAILQ_ENTRY(fetch) link;
	struct fetcher *fetcher;
	check_fn *on_done;
	void (*on_saving)(void *arg);
	void *arg;
	uint32_t index;
	char *url, *name, *code; /* owned */
};

struct fetcher {
	struct loop *loop; /* borrowed */
	char removed_file[64];
	void (*on_removed)(const struct id *job, void *arg);
	void *on_removed_arg;
	bool holds_syncs;
	fetcher_synced_fn *on_synced; /* NULL: no sync is under way */
	void *on_synced_arg;
	size_t room, n_fetches, n_started, n_removed;
	TAILQ_HEAD(, fetch) fetches;
	bool answers_all;
	const struct fetch_rule *rules; /* borrowed */
	struct defer turn;
	void (*on_room)(void *arg);
	void *on_room_arg;
	struct defer listing;
	fetcher_jobs_fn *on_jobs;
	void *on_jobs_arg;
	size_t n_jobs;
	struct id jobs[MAX_JOBS];
	struct fetch_asked asked[MAX_ASKED]; /* their texts are owned */
	struct id removed[MAX_REMOVED];
};

static void free_fetch(struct fetch *fetch)
{
	TAILQ_REMOVE(&fetch->fetcher->fetches, fetch, link);
	fetch->fetcher->n_fetches--;
	free(fetch->url);
	free(fetch->name);
	free(fetch->code);
	free(fetch);
}

static struct span span_of(const char *text)
{
	return (struct span){text, strlen(text)};
}

static void finish(struct fetch *fetch, enum item_status status, enum reason reason)
{
	struct fetcher *fetcher = fetch->fetcher;
	bool is_saved = status == ITEM_OK;
	struct result r = {.index = fetch->index,
	    .status = status,
	    .reason = reason,
	    .attempts = 1,
	    .finished_at = clock_wall(),
	    .is_file = true,
	    .name = fetch->url,
	    .name_len = strlen(fetch->url),
	    .file = {.file_name = span_of(fetch->name),
		.code = span_of(fetch->code),
		.is_saved = is_saved,
		.n_bytes = is_saved ? 100 : 0,
		.http_status = is_saved ? 200 : 404,
		.http_version = 11}};

	fetch->on_done(&r, fetch->arg);
	free_fetch(fetch);
	defer_start(&fetcher->turn);
}

static void finish_by_rule(struct fetch *fetch)
{
	const struct fetch_rule *r = fetch->fetcher->rules;

	while (r != NULL && r->name != NULL && strcmp(r->name, fetch->name) != 0)
		r++;
	if (r != NULL && r->name != NULL)
		finish(fetch, r->status, r->reason);
	else
		finish(fetch, ITEM_OK, REASON_NONE);
}

static void on_turn(void *arg)
{
	struct fetcher *fetcher = arg;
	struct fetch *fetch;

	for (int i = 0; i < MAX_PER_TURN && fetcher->answers_all; i++) {
		fetch = TAILQ_FIRST(&fetcher->fetches);
		if (fetch == NULL)
			break;
		finish_by_rule(fetch);
	}
	if (fetcher->on_room != NULL && fetcher_room(fetcher) > 0)
		fetcher->on_room(fetcher->on_room_arg);
}

static void tell_jobs(void *arg)
{
	struct fetcher *fetcher = arg;
	struct id *ids = xcalloc(fetcher->n_jobs, sizeof(*ids));

	memcpy(ids, fetcher->jobs, fetcher->n_jobs * sizeof(*ids));
	fetcher->on_jobs(ids, fetcher->n_jobs, fetcher->on_jobs_arg);
}

struct fetcher *fake_fetcher_new(struct loop *loop, size_t room)
{
	struct fetcher *fetcher = xcalloc(1, sizeof(*fetcher));

	fetcher->loop = loop;
	fetcher->room = room;
	TAILQ_INIT(&fetcher->fetches);
	defer_init(&fetcher->turn, loop, on_turn, fetcher);
	defer_init(&fetcher->listing, loop, tell_jobs, fetcher);
	return fetcher;
}

void fetcher_free(struct fetcher *fetcher)
{
	if (fetcher == NULL)
		return;
	ck_assert_msg(TAILQ_EMPTY(&fetcher->fetches), "a fetch was left behind");
	defer_cancel(&fetcher->turn);
	defer_cancel(&fetcher->listing);
	for (size_t i = 0; i < MAX_ASKED && i < fetcher->n_started; i++) {
		free((char *)fetcher->asked[i].url);
		free((char *)fetcher->asked[i].name);
		free((char *)fetcher->asked[i].code);
	}
	free(fetcher);
}

void fake_fetcher_set_room(struct fetcher *fetcher, size_t room)
{
	fetcher->room = room;
	defer_start(&fetcher->turn);
}

void fake_fetcher_answer_all(struct fetcher *fetcher, const struct fetch_rule *rules)
{
	fetcher->answers_all = true;
	fetcher->rules = rules;
	defer_start(&fetcher->turn);
}

static struct fetch *find(struct fetcher *fetcher, const char *name)
{
	struct fetch *fetch;

	TAILQ_FOREACH (fetch, &fetcher->fetches, link) {
		if (name == NULL || strcmp(fetch->name, name) == 0)
			return fetch;
	}
	return NULL;
}

bool fake_fetcher_finish(
    struct fetcher *fetcher, const char *name, enum item_status status, enum reason reason)
{
	struct fetch *fetch = find(fetcher, name);

	if (fetch != NULL)
		finish(fetch, status, reason);
	return fetch != NULL;
}

bool fake_fetcher_receive(struct fetcher *fetcher, const char *name)
{
	struct fetch *fetch = find(fetcher, name);

	if (fetch != NULL && fetch->on_saving != NULL)
		fetch->on_saving(fetch->arg);
	return fetch != NULL;
}

size_t fake_fetcher_n_started(const struct fetcher *fetcher)
{
	return fetcher->n_started;
}

const struct fetch_asked *fake_fetcher_asked(const struct fetcher *fetcher, size_t i)
{
	ck_assert(i < fetcher->n_started && i < MAX_ASKED);
	return &fetcher->asked[i];
}

void fake_fetcher_set_jobs(struct fetcher *fetcher, const struct id *ids, size_t n)
{
	ck_assert_uint_le(n, MAX_JOBS);
	memcpy(fetcher->jobs, ids, n * sizeof(*ids));
	fetcher->n_jobs = n;
}

size_t fake_fetcher_n_removed(const struct fetcher *fetcher, const struct id *job)
{
	size_t n = 0;

	for (size_t i = 0; i < fetcher->n_removed; i++)
		n += memcmp(&fetcher->removed[i], job, sizeof(*job)) == 0;
	return n;
}

size_t fetcher_room(struct fetcher *fetcher)
{
	return fetcher->room > fetcher->n_fetches ? fetcher->room - fetcher->n_fetches : 0;
}

void fetcher_set_on_room(struct fetcher *fetcher, void (*on_room)(void *arg), void *arg)
{
	fetcher->on_room = on_room;
	fetcher->on_room_arg = arg;
}

size_t fetcher_in_flight(const struct fetcher *fetcher)
{
	return fetcher->n_fetches;
}

static char *text_of(struct span s)
{
	return xstrndup(s.len > 0 ? s.bytes : "", s.len);
}

static void note(struct fetcher *fetcher, const struct fetch_request *request,
    const struct fetch *f, bool by_country)
{
	if (fetcher->n_started < MAX_ASKED)
		fetcher->asked[fetcher->n_started] = (struct fetch_asked){.job = request->job,
		    .index = request->index,
		    .attempts = request->attempts,
		    .timeout = request->timeout,
		    .url = xstrdup(f->url),
		    .name = xstrdup(f->name),
		    .code = xstrdup(f->code),
		    .by_country = by_country};
	fetcher->n_started++;
}

struct fetch *fetch_start(
    struct fetcher *fetcher, const struct fetch_request *request, check_fn *on_done, void *arg)
{
	struct file_item item;

	ck_assert_msg(fetcher_room(fetcher) > 0, "a fetch was started without room");
	ck_assert(file_item_read(request->item, request->item_len, &item));
	struct fetch *fetch = xcalloc(1, sizeof(*fetch));
	*fetch = (struct fetch){.fetcher = fetcher,
	    .on_done = on_done,
	    .on_saving = request->on_saving,
	    .arg = arg,
	    .index = request->index,
	    .url = text_of(item.url),
	    .name = text_of(item.name),
	    .code = text_of(item.code)};
	TAILQ_INSERT_TAIL(&fetcher->fetches, fetch, link);
	fetcher->n_fetches++;
	note(fetcher, request, fetch, item.options.by_country);
	if (fetcher->answers_all)
		defer_start(&fetcher->turn);
	return fetch;
}

void fetch_cancel(struct fetch *fetch)
{
	struct fetcher *fetcher = fetch->fetcher;

	free_fetch(fetch);
	defer_start(&fetcher->turn);
}

void fake_fetcher_hold_syncs(struct fetcher *fetcher)
{
	fetcher->holds_syncs = true;
}

bool fake_fetcher_end_sync(struct fetcher *fetcher)
{
	fetcher_synced_fn *on_synced = fetcher->on_synced;

	fetcher->on_synced = NULL;
	if (on_synced != NULL)
		on_synced(0, fetcher->on_synced_arg);
	return on_synced != NULL;
}

bool fetcher_sync(struct fetcher *fetcher, fetcher_synced_fn *on_synced, void *arg)
{
	ck_assert_ptr_null(fetcher->on_synced);
	if (!fetcher->holds_syncs)
		return false;
	fetcher->on_synced = on_synced;
	fetcher->on_synced_arg = arg;
	return true;
}

void fetcher_remove(struct fetcher *fetcher, const struct id *job)
{
	ck_assert_uint_lt(fetcher->n_removed, MAX_REMOVED);
	fetcher->removed[fetcher->n_removed++] = *job;
	if (fetcher->on_removed != NULL)
		fetcher->on_removed(job, fetcher->on_removed_arg);
}

void fetcher_set_on_removed(
    struct fetcher *fetcher, void (*on_removed)(const struct id *job, void *arg), void *arg)
{
	fetcher->on_removed = on_removed;
	fetcher->on_removed_arg = arg;
}

void fetcher_look(struct fetcher *fetcher)
{
	(void)fetcher;
}

bool fetcher_is_there(const struct fetcher *fetcher)
{
	(void)fetcher;
	return true;
}

void fetcher_remove_file(struct fetcher *fetcher, const struct id *job, const char *name)
{
	(void)job;
	snprintf(fetcher->removed_file, sizeof(fetcher->removed_file), "%s", name);
}

const char *fake_fetcher_removed_file(const struct fetcher *fetcher)
{
	return fetcher->removed_file;
}

void fetcher_list(struct fetcher *fetcher, fetcher_jobs_fn *on_jobs, void *arg)
{
	fetcher->on_jobs = on_jobs;
	fetcher->on_jobs_arg = arg;
	defer_start(&fetcher->listing);
}

int fetcher_open_file(const struct fetcher *fetcher, const struct id *job, const char *name)
{
	(void)fetcher, (void)job, (void)name;
	errno = ENOENT;
	return -1;
}
