/* Queue, lock, eventfd. The descriptor is written only when the queue was empty, so a burst wakes
 * the loop once. */
#include "loop/mailbox.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/alloc.h"
#include "loop/loop.h"

STAILQ_HEAD(mail_list, mail);

struct mailbox {
	pthread_mutex_t lock; /* guards `queue` */
	struct mail_list queue;
	int fd; /* owned eventfd */
	struct watch watch;
};

bool mailbox_deliver(struct mailbox *mailbox)
{
	struct mail_list mails = STAILQ_HEAD_INITIALIZER(mails);

	pthread_mutex_lock(&mailbox->lock);
	STAILQ_CONCAT(&mails, &mailbox->queue);
	pthread_mutex_unlock(&mailbox->lock);
	bool was_any = !STAILQ_EMPTY(&mails);
	while (!STAILQ_EMPTY(&mails)) {
		struct mail *mail = STAILQ_FIRST(&mails);
		STAILQ_REMOVE_HEAD(&mails, link);
		mail->deliver(mail);
	}
	return was_any;
}

static void on_mail(void *arg)
{
	struct mailbox *mailbox = arg;
	uint64_t count;

	/* read before the queue is taken: a post in between wakes the loop once more, and none is
	 * missed */
	ssize_t n = read(mailbox->fd, &count, sizeof(count));
	(void)n;
	mailbox_deliver(mailbox);
}

struct mailbox *mailbox_new(struct loop *loop)
{
	struct mailbox *mailbox = xcalloc(1, sizeof(*mailbox));

	STAILQ_INIT(&mailbox->queue);
	mailbox->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (mailbox->fd < 0 ||
	    watch_start_read(&mailbox->watch, loop, mailbox->fd, on_mail, mailbox) != OK) {
		if (mailbox->fd >= 0)
			close(mailbox->fd);
		free(mailbox);
		return NULL;
	}
	pthread_mutex_init(&mailbox->lock, NULL);
	return mailbox;
}

void mailbox_free(struct mailbox *mailbox)
{
	if (mailbox == NULL)
		return;
	watch_cancel(&mailbox->watch);
	mailbox_deliver(mailbox);
	close(mailbox->fd);
	pthread_mutex_destroy(&mailbox->lock);
	free(mailbox);
}

void mailbox_post(struct mailbox *mailbox, struct mail *mail)
{
	static const uint64_t one = 1;

	pthread_mutex_lock(&mailbox->lock);
	bool was_empty = STAILQ_EMPTY(&mailbox->queue);
	STAILQ_INSERT_TAIL(&mailbox->queue, mail, link);
	pthread_mutex_unlock(&mailbox->lock);
	if (was_empty) {
		ssize_t n = write(mailbox->fd, &one, sizeof(one));
		(void)n; /* EAGAIN would mean a count near 2^64: the loop is awake anyway */
	}
}
