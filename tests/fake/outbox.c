/* The outbox of the fake store. */
#include "outbox.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

int64_t fake_outbox_add(struct fake_outbox *outbox, const char *host, usec_t created_at)
{
	ck_assert_uint_lt(outbox->n, FAKE_MAX_POSTS);
	outbox->posts[outbox->n++] =
	    (struct fake_post){.host = host, .created_at = created_at, .due = created_at};
	return (int64_t)outbox->n;
}

size_t fake_outbox_n_left(const struct fake_outbox *outbox)
{
	size_t n = 0;

	for (size_t i = 0; i < outbox->n; i++)
		n += !outbox->posts[i].is_over;
	return n;
}

static bool is_passed_over(const char *passed_over, const char *host)
{
	char line[200];

	snprintf(line, sizeof(line), "\n%s\n", host);
	return passed_over != NULL && strstr(passed_over, line) != NULL;
}

static struct stored_post make_post(const struct fake_post *post, size_t i)
{
	char text[200];
	struct stored_post stored = {.no = (int64_t)i + 1,
	    .host = xstrdup(post->host),
	    .created_at = post->created_at,
	    .attempts = post->attempts};

	snprintf(text, sizeof(text), "http://%s/", post->host);
	stored.url = xstrdup(text);
	stored.body_len = (size_t)snprintf(text, sizeof(text), "{\"no\":%zu}", i + 1);
	stored.body = xstrdup(text);
	memcpy(stored.id.bytes, &stored.no, sizeof(stored.no));
	return stored;
}

/* Rows in the order in which they are due, as the real store has it. */
void fake_outbox_read(const struct fake_outbox *outbox, struct store_op *op)
{
	struct stored_outbox *o = &op->u.outbox;
	bool *taken = xcalloc(outbox->n + 1, sizeof(*taken));

	o->posts = xcalloc(o->max, sizeof(*o->posts));
	o->n_waiting = fake_outbox_n_left(outbox);
	while (o->n < o->max) {
		size_t first = outbox->n;
		for (size_t i = 0; i < outbox->n; i++) {
			const struct fake_post *p = &outbox->posts[i];
			if (!p->is_over && !taken[i] && p->due <= o->now &&
			    !is_passed_over(o->passed_over, p->host) &&
			    (first == outbox->n || p->due < outbox->posts[first].due))
				first = i;
		}
		if (first == outbox->n)
			break;
		taken[first] = true;
		o->posts[o->n++] = make_post(&outbox->posts[first], first);
	}
	for (size_t i = 0; i < outbox->n; i++) {
		const struct fake_post *p = &outbox->posts[i];
		if (!p->is_over && p->due > o->now && (o->next_due == 0 || p->due < o->next_due))
			o->next_due = p->due;
	}
	free(taken);
}

void fake_outbox_settle(struct fake_outbox *outbox, const struct store_op *op)
{
	struct fake_post *p = &outbox->posts[op->u.attempt.no - 1];

	ck_assert(!p->is_over);
	p->is_over = op->u.attempt.is_over;
	p->due = op->u.attempt.due;
	p->attempts++;
}
