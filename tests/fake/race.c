#include "race.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "fetch/address_order.h"
#include "loop/loop.h"

enum { MAX_RULES = 64 };

struct race {
	struct race_opts opts;
	struct endpoint to[RACE_MAX];
	bool was_tried[RACE_MAX];
	struct timer end;
	struct race *next;
};

static struct {
	char address[ADDRESS_TEXT_SIZE];
	enum fake_way way;
} rules[MAX_RULES];

static size_t n_rules;
static unsigned n_begun, n_open;
static char order[RACE_MAX * ADDRESS_TEXT_SIZE];
static struct race *open_races;

void fake_race_reset(void)
{
	n_rules = 0;
	n_begun = 0;
}

void fake_race_set(const char *address, enum fake_way way)
{
	size_t i = 0;

	while (i < n_rules && strcmp(rules[i].address, address) != 0)
		i++;
	n_rules += i == n_rules;
	snprintf(rules[i].address, sizeof(rules[i].address), "%s", address);
	rules[i].way = way;
}

static enum fake_way way_of(const struct endpoint *to)
{
	char text[ADDRESS_TEXT_SIZE];

	address_format(&to->address, text);
	for (size_t i = 0; i < n_rules; i++) {
		if (strcmp(rules[i].address, text) == 0)
			return rules[i].way;
	}
	return FAKE_REACHED;
}

bool address_source(const struct address *to, struct address *ret_source)
{
	const struct endpoint there = {.address = *to};

	*ret_source = *to;
	return way_of(&there) != FAKE_NO_ROUTE;
}

static void unlink_race(struct race *race)
{
	struct race **at = &open_races;

	while (*at != race)
		at = &(*at)->next;
	*at = race->next;
	n_open--;
}

void race_cancel(struct race *race)
{
	unlink_race(race);
	timer_cancel(&race->end);
	free(race);
}

static void finish(struct race *race, const struct race_outcome *outcome)
{
	race->opts.on_done(outcome, race->opts.arg);
	race_cancel(race);
}

static void on_end(void *arg)
{
	struct race *race = arg;
	struct race_outcome outcome = {
	    .fd = -1, .reason = REASON_CONNECT, .detail = "refused", .was_tried = race->was_tried};
	const char *denied = NULL;
	bool is_silent = false, is_tried = false;

	for (size_t i = 0; i < race->opts.n_endpoints; i++) {
		const char *why = race->opts.judge(&race->to[i], race->opts.arg);
		if (why != NULL) {
			denied = why;
			continue;
		}
		is_tried = race->was_tried[i] = true;
		enum fake_way way = way_of(&race->to[i]);
		is_silent = is_silent || way == FAKE_SILENT;
		if (way == FAKE_REACHED) {
			outcome.is_won = true;
			outcome.winner = i;
			break;
		}
	}
	if (!outcome.is_won && is_silent)
		return;
	if (!is_tried)
		outcome.denied = denied;
	finish(race, &outcome);
}

void fake_races_time_out(void)
{
	while (open_races != NULL)
		finish(open_races, &(struct race_outcome){.fd = -1,
				       .reason = REASON_TIMEOUT,
				       .detail = "too late",
				       .was_tried = open_races->was_tried});
}

unsigned fake_races_begun(void)
{
	return n_begun;
}

unsigned fake_races_open(void)
{
	return n_open;
}

const char *fake_race_order(void)
{
	return order;
}

struct race *race_start(const struct race_opts *opts)
{
	struct race *race = xcalloc(1, sizeof(*race));
	size_t len = 0;

	race->opts = *opts;
	memcpy(race->to, opts->endpoints, opts->n_endpoints * sizeof(race->to[0]));
	order[0] = '\0';
	for (size_t i = 0; i < opts->n_endpoints; i++) {
		char text[ADDRESS_TEXT_SIZE];
		address_format(&race->to[i].address, text);
		len += (size_t)snprintf(order + len, sizeof(order) - len, "%s ", text);
	}
	timer_init(&race->end, opts->loop, on_end, race);
	timer_start(&race->end, 0);
	race->next = open_races;
	open_races = race;
	n_begun++;
	n_open++;
	return race;
}
