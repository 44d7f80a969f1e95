/* Stands for fetch/race.h and address_source: races that end at once, as a test says of each
 * address. Link it before the library of fetch. Thread: loop. */
#pragma once

#include "base/buf.h"
#include "fetch/race.h"

enum fake_way {
	FAKE_REACHED, /* also addresses of which nothing was said */
	FAKE_REFUSED,
	FAKE_NO_ROUTE, /* refused, and there is no source address for it */
	FAKE_SILENT    /* a race without a winner ends only by fake_races_time_out */
};

void fake_race_reset(void); /* as at the start */
void fake_race_set(const char *address, enum fake_way way);
void fake_races_time_out(void);

unsigned fake_races_begun(void);
unsigned fake_races_open(void);

/* The addresses of the latest race in their order, with a space behind each. */
const char *fake_race_order(void);
