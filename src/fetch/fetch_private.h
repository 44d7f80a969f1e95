/* Inside this room: a fetch under way, and what the files of fetching do for each other. Not for
 * other folders. Thread: loop. */
#pragma once

#include <sys/queue.h>

#include "base/buf.h"
#include "fetch/fetch.h"
#include "fetch/fetch_changed.h"
#include "fetch/folder.h"
#include "fetch/origin.h"
#include "fetch/sink.h"
#include "fetch/transfer.h"
#include "loop/loop.h"
#include "model/file_name.h"

enum { MAX_TYPE = 256, MAX_COUNTRY = 128, MAX_METADATA = 64 << 10, MAX_FETCHES = 8192 };

enum transfer_end { END_ANSWERED, END_TIMEOUT, END_DENIED, END_FAILED, N_ENDS };

struct fetch {
	TAILQ_ENTRY(fetch) link;
	struct fetcher *fetcher;
	check_fn *on_done;
	void (*on_saving)(void *arg);
	void *arg;
	struct id job;
	uint32_t index;
	char *item_text; /* owned; `item` borrows from it */
	struct file_item item;
	char file_name[FILE_ITEM_NAME_SIZE];
	char *given_name; /* owned; by the answer's Content-Disposition; NULL: none */
	usec_t timeout, started_at;
	uint32_t attempts, max_attempts, attempts_each; /* each: of a URL */

	/* where it is */
	struct span source;           /* the item's URL, or the mirror that is tried */
	struct span mirrors;          /* those left */
	bool is_mirror, is_elsewhere; /* elsewhere: not at the host of the item's URL */
	struct comparison last;       /* with the schedule's last copy */

	/* a limit of bytes a second */
	struct job_rate *rate; /* NULL: none */
	TAILQ_ENTRY(fetch) in_line;
	bool is_in_line;

	/* the way there */
	struct url url; /* owned; the one that is asked for now */
	struct ticket ticket;
	struct transfer *transfer; /* NULL: none is running */
	struct timer pause;
	uint32_t n_redirects;
	bool has_left_host;   /* a redirect led elsewhere: the item's headers stay behind */
	bool was_unconnected; /* the last transfer had no connection */

	/* the answer */
	struct sink *sink;   /* NULL: no byte of a file has come */
	struct digest *hash; /* owned; in place of a sink, of a file that is not saved; NULL */
	uint64_t n_bytes;    /* of the file, in the last attempt */
	char validator[VALIDATOR_SIZE]; /* by which the rest can be asked for; "": none */
	bool is_resuming;               /* the rest is asked for */
	bool has_begun;                 /* a byte of this attempt's body was taken */
	bool is_bad_part;               /* another part of the file came */
	uint64_t whole_size;            /* as told with a part; 0: not told */
	uint64_t n_passed_over;         /* bytes of unwanted bodies */
	enum reason stop_reason;        /* why on_body stopped the transfer; NONE: not wanted */
	int disk_error;
	uint32_t status, version;
	char *content_type; /* owned */
	char content_encoding[64];
	bool has_address;
	struct address address;
	struct file_timings timings;

	/* the name of the country */
	bool is_metadata; /* metadata.json is what is asked for now, by the way there */
	char *final_url;  /* owned; of the file; NULL: no redirect led to it */
	uint32_t n_file_redirects;
	struct buf metadata;
	char country[MAX_COUNTRY];
	enum reason country_reason;
};

static inline struct fetch *fetch_of_ticket(struct ticket *ticket)
{
	return (struct fetch *)((char *)ticket - offsetof(struct fetch, ticket));
}

struct fetcher {
	struct fetcher_opts opts;
	const struct policy *policy;
	struct folder *folder;
	struct transfers *transfers;
	struct origins *origins;
	TAILQ_HEAD(, fetch) fetches;
	size_t n_fetches;
	struct job_rate *rates; /* hash by job */
	struct defer room;
	void (*on_room)(void *arg);
	void *on_room_arg;
	struct metric_cell *ends[N_ENDS], *durations, *bytes, *retries;
};

/* fetch_end.c: free it, with all that runs for it; end it with this verdict: call back, free.
 * `saved` is NULL when no file was. */
void fetch_release(struct fetch *f);
void fetch_finish(struct fetch *f, enum item_status status, enum reason reason, const char *detail,
    const struct sink_outcome *saved);

/* fetch.c, fetch_way.c: what the fetcher's origins call. */
void fetch_on_start(struct ticket *ticket, void *arg);
void fetch_on_failed(struct ticket *ticket, const struct origin_failure *failure, void *arg);

/* fetch_body.c: of a transfer. */
enum transfer_verdict fetch_on_body(const char *bytes, size_t n_bytes, long status, void *arg);

/* fetch_save.c: the file is here, and with `country_reason` NONE its country, if it was asked for:
 * give it its name. */
void fetch_save(struct fetch *f, enum reason country_reason);
void fetch_on_saved(const struct sink_outcome *outcome, void *arg); /* of a sink */
