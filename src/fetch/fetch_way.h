/* The way of a fetch to its hosts, and attempts after the first. Private to this room. Thread:
 * loop.
 */
#pragma once

#include "fetch/fetch_private.h"

/* Give up: without a file the fetch has failed; without a country the file is named by its code. */
void fetch_give_up(struct fetch *f, enum reason reason, const char *detail);

/* Begin anew with the item's own URL. False when it is none. */
bool fetch_restart(struct fetch *f);
void fetch_queue(struct fetch *f); /* go to the host of f->url */
/* How long the attempts may take to find out that a host can't be reached. */
usec_t fetch_patience(const struct fetch *f);
/* Ask for the file without a condition: the copy is gone, or in doubt. */
void fetch_ask_anew(struct fetch *f);
void fetch_on_pause(void *arg);
/* Leave the origin alone for as long as it asks; returns how long. */
usec_t fetch_hold_host(struct fetch *f, const struct transfer_outcome *o);
/* Try again later, or give up. */
void fetch_try_again(struct fetch *f, const struct transfer_outcome *o, enum reason reason);
/* Report to the origin how the transfer ended. */
void fetch_blame(struct fetch *f, const struct transfer_outcome *o);
/* Try another address, within the same attempt. False: there is no reason to. */
bool fetch_try_elsewhere(struct fetch *f, const struct transfer_outcome *o);
