/* Questions on the wire. */
#include "dns/asks.h"

#include <assert.h>

#include "base/random.h"

static struct ask_list *head_of(struct asks *table, uint16_t id)
{
	return &table->heads[id % ASKS_HEADS];
}

void asks_init(struct asks *table)
{
	table->n = 0;
	for (int i = 0; i < ASKS_HEADS; i++)
		LIST_INIT(&table->heads[i]);
}

void asks_put(struct asks *table, struct ask *ask)
{
	assert(table->n < UINT16_MAX / 2 && ask->table == NULL);
	do
		random_bytes(&ask->id, sizeof(ask->id));
	while (asks_find(table, ask->id) != NULL);
	ask->table = table;
	LIST_INSERT_HEAD(head_of(table, ask->id), ask, link);
	table->n++;
}

void asks_remove(struct ask *ask)
{
	if (ask->table == NULL)
		return;
	LIST_REMOVE(ask, link);
	ask->table->n--;
	ask->table = NULL;
}

struct ask *asks_find(struct asks *table, uint16_t id)
{
	struct ask *ask;

	LIST_FOREACH (ask, head_of(table, id), link) {
		if (ask->id == id)
			return ask;
	}
	return NULL;
}

struct ask *asks_first(struct asks *table)
{
	for (int i = 0; table->n > 0 && i < ASKS_HEADS; i++) {
		if (!LIST_EMPTY(&table->heads[i]))
			return LIST_FIRST(&table->heads[i]);
	}
	return NULL;
}
