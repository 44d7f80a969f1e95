/* Looks now and then whether what the daemon has open is still in its place: the files of the
 * database and the folder of downloads. What is written into a file without its name is lost at the
 * next start. Thread: loop. */
#pragma once

#include "fetch/fetch.h"
#include "loop/loop.h"
#include "store/store.h"

struct guard {
	struct store *store;     /* borrowed */
	struct fetcher *fetcher; /* borrowed */
	struct beat beat;
	usec_t looked_at;
	bool is_store_gone, is_folder_gone; /* as told last */
};

void guard_start(
    struct guard *guard, struct loop *loop, struct store *store, struct fetcher *fetcher);
void guard_stop(struct guard *guard); /* a zeroed one is fine */
