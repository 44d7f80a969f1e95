#include "registration/plan.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/alloc.h"
#include "model/spec.h"
#include "model/target.h"
#include "registration/registration.h"
#include "wire/json_job.h"
#include "wire/json_text.h"

enum { MOST_ROWS = 1000 /* of each list */ };

/* The names under one suffix. */
struct part {
	UT_hash_handle hh;
	char *suffix, *base_url; /* owned; base_url NULL: it has no RDAP */
	enum registry_source source;
	uint64_t n_names;
};

struct plan {
	const struct plan_parts *from; /* borrowed */
	struct rdap_params rdap;
	struct part *parts; /* owned */
};

static void *begin(const struct rdap_params *rdap, void *arg)
{
	struct plan *plan = xcalloc(1, sizeof(*plan));

	plan->from = arg;
	plan->rdap = *rdap;
	return plan;
}

static void add(void *data, const char *text, size_t len)
{
	struct plan *plan = data;
	struct registry registry;
	struct part *part;
	char name[TARGET_MAX + 1];

	if (len > TARGET_MAX)
		return;
	memcpy(name, text, len);
	name[len] = '\0';
	const char *suffix = registration_suffix(plan->from->registration, name, &registry);
	if (suffix == NULL)
		return;
	HASH_FIND_STR(plan->parts, suffix, part);
	if (part == NULL) {
		part = xcalloc(1, sizeof(*part));
		part->suffix = xstrdup(suffix);
		part->base_url = registry.base_url != NULL ? xstrdup(registry.base_url) : NULL;
		part->source = registry.source;
		HASH_ADD_KEYPTR(hh, plan->parts, part->suffix, strlen(part->suffix), part);
	}
	part->n_names++;
}

/* Add a suffix to the hosts; those of one host together. */
static size_t add_host(
    const struct plan *plan, const struct part *part, struct registry_wait *waits, size_t n)
{
	const struct registry registry = {
	    .suffix = part->suffix, .base_url = part->base_url, .source = part->source};
	uint64_t names = part->n_names;
	struct registry_wait wait;
	size_t i = 0;

	if (!rdap_client_plan(plan->from->rdap, &registry, names, &wait))
		return n;
	while (i < n && strcmp(waits[i].host, wait.host) != 0)
		i++;
	if (i < n) {
		names += waits[i].left;
		(void)rdap_client_plan(plan->from->rdap, &registry, names, &wait);
	}
	if (i == MOST_ROWS)
		return n;
	waits[i] = wait;
	return i < n ? n : n + 1;
}

static void write_plan(const void *data, struct buf *json)
{
	const struct plan *plan = data;
	const struct part *part;
	AUTO_FREE struct registry_wait *waits = xcalloc(MOST_ROWS, sizeof(*waits));
	size_t n = 0, n_rows = 0;

	for (part = plan->parts; part != NULL; part = part->hh.next) {
		if (part->base_url != NULL && plan->rdap.use != RDAP_UNLIKELY_ONLY)
			n = add_host(plan, part, waits, n);
	}
	json_waits_add(json, waits, n);
	buf_add_str(json, ",\"no_rdap\":[");
	for (part = plan->parts; part != NULL && n_rows < MOST_ROWS; part = part->hh.next) {
		if (part->base_url != NULL)
			continue;
		buf_add_str(json, n_rows++ > 0 ? ",{\"suffix\":" : "{\"suffix\":");
		json_add_string(json, part->suffix, strlen(part->suffix));
		buf_addf(json, ",\"names\":%llu}", (unsigned long long)part->n_names);
	}
	buf_add_char(json, ']');
}

static void free_plan(void *data)
{
	struct plan *plan = data;
	struct part *part, *next;

	HASH_ITER (hh, plan->parts, part, next) {
		HASH_DEL(plan->parts, part);
		free(part->suffix);
		free(part->base_url);
		free(part);
	}
	free(plan);
}

struct registry_planner plan_planner(struct plan_parts *parts)
{
	return (struct registry_planner){
	    .begin = begin, .add = add, .write = write_plan, .free = free_plan, .arg = parts};
}
