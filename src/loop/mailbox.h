/* The interface between other threads and the loop: a queue of messages and an eventfd. A posted
 * message belongs to the receiver. Messages are delivered in the loop's thread, in order. */
#pragma once

#include <stdbool.h>
#include <sys/queue.h>

#include "base/err.h"

struct loop;
struct mailbox;

/* A message, embedded in what it carries. `deliver` runs in the loop's thread and owns the message
 * from then on. */
struct mail {
	STAILQ_ENTRY(mail) link;
	void (*deliver)(struct mail *mail);
};

/* Make a mailbox; NULL when the system refuses. Thread: loop. */
struct mailbox *mailbox_new(struct loop *loop);

/* Deliver at once what was posted; returns whether there was any. Thread: loop. */
bool mailbox_deliver(struct mailbox *mailbox);

/* Deliver what is left, then free. No one may post any more. Thread: loop. */
void mailbox_free(struct mailbox *mailbox);

/* Hand `mail` over. Thread: any. */
void mailbox_post(struct mailbox *mailbox, struct mail *mail);
