/* Engines that ask authorities: one for each set of addresses. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "check/private.h"
#include "check/zones.h"

enum { MAX_LOOKUPS = 1024, MAX_IDLE = 256 };

struct authorities {
	UT_hash_handle hh;
	struct authority_table *table;
	struct dns_engine *engine; /* owned */
	TAILQ_HEAD(, room_wait) waiting;
	size_t n_zones; /* that have it; without one it is freed when many have none */
	char *key;      /* owned; the addresses as text */
};

struct authority_table {
	struct checker *checker; /* borrowed */
	struct authorities *all; /* owned */
	size_t n_idle;
};

struct authority_table *authority_table_new(struct checker *checker)
{
	struct authority_table *table = xcalloc(1, sizeof(*table));

	table->checker = checker;
	return table;
}

static void free_authorities(struct authorities *a)
{
	HASH_DEL(a->table->all, a);
	dns_engine_free(a->engine);
	free(a->key);
	free(a);
}

void authority_table_free(struct authority_table *table)
{
	if (table == NULL)
		return;
	while (table->all != NULL)
		free_authorities(table->all);
	free(table);
}

void authority_table_on_network(struct authority_table *table)
{
	for (struct authorities *a = table->all; a != NULL; a = a->hh.next)
		dns_engine_on_network(a->engine);
}

usec_t authority_table_overdue(const struct authority_table *table)
{
	usec_t most = 0;

	for (const struct authorities *a = table->all; a != NULL; a = a->hh.next) {
		usec_t overdue = dns_engine_overdue(a->engine);
		most = overdue > most ? overdue : most;
	}
	return most;
}

/* --- Waiting for room --- */

void room_wait_stop(struct room_wait *wait)
{
	if (wait->authorities == NULL)
		return;
	TAILQ_REMOVE(&wait->authorities->waiting, wait, link);
	wait->authorities = NULL;
}

void authorities_await(struct authorities *a, struct room_wait *wait)
{
	wait->authorities = a;
	TAILQ_INSERT_TAIL(&a->waiting, wait, link);
}

static void on_room(void *arg)
{
	struct authorities *a = arg;
	struct room_wait *wait;

	while (dns_engine_n_lookups(a->engine) < MAX_LOOKUPS &&
	       (wait = TAILQ_FIRST(&a->waiting)) != NULL) {
		room_wait_stop(wait);
		wait->on_room(wait->arg);
	}
}

/* --- The table --- */

/* Engines are freed here, never in their callbacks: one that is in a callback has a lookup. */
static void free_idle(struct authority_table *table)
{
	struct authorities *a = table->all, *next;

	for (; a != NULL && table->n_idle > MAX_IDLE; a = next) {
		next = a->hh.next;
		if (a->n_zones > 0 || dns_engine_n_lookups(a->engine) > 0 ||
		    !TAILQ_EMPTY(&a->waiting))
			continue;
		table->n_idle--;
		free_authorities(a);
	}
}

static struct authorities *add(
    struct authority_table *table, const char *key, const struct endpoint *endpoints, size_t n)
{
	const struct checker *checker = table->checker;
	AUTO_FREE struct dns_server_opts *servers = xcalloc(n, sizeof(*servers));
	struct authorities *a = xcalloc(1, sizeof(*a));

	free_idle(table);
	for (size_t i = 0; i < n; i++)
		servers[i] =
		    (struct dns_server_opts){.endpoint = endpoints[i], .max_qps = checker->max_qps};
	a->table = table;
	a->key = xstrdup(key);
	a->engine = dns_engine_new(checker->loop, &(struct dns_opts){.servers = servers,
						      .n_servers = n,
						      .max_lookups = MAX_LOOKUPS,
						      .pause = checker->pause,
						      .fails_without_route = true});
	dns_engine_set_on_room(a->engine, on_room, a);
	TAILQ_INIT(&a->waiting);
	HASH_ADD_KEYPTR(hh, table->all, a->key, strlen(a->key), a);
	table->n_idle++;
	return a;
}

static int compare(const void *a, const void *b)
{
	char texts[2][ENDPOINT_TEXT_SIZE];

	endpoint_format(a, texts[0]);
	endpoint_format(b, texts[1]);
	return strcmp(texts[0], texts[1]);
}

struct authorities *authorities_get(
    struct authority_table *table, struct endpoint *endpoints, size_t n)
{
	char text[ENDPOINT_TEXT_SIZE];
	struct authorities *a;
	struct buf key;

	qsort(endpoints, n, sizeof(*endpoints), compare);
	buf_init(&key, n * (ENDPOINT_TEXT_SIZE + 1) + 1);
	for (size_t i = 0; i < n; i++) {
		endpoint_format(&endpoints[i], text);
		buf_addf(&key, "%s ", text);
	}
	HASH_FIND(hh, table->all, key.data, key.len, a);
	if (a == NULL)
		a = add(table, key.data, endpoints, n);
	buf_done(&key);
	if (a->n_zones++ == 0)
		table->n_idle--;
	return a;
}

void authorities_put(struct authorities *a)
{
	if (--a->n_zones == 0)
		a->table->n_idle++;
}

struct dns_engine *authorities_engine(struct authorities *a)
{
	return a->engine;
}
