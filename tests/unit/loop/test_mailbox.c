/* Mail from many threads: all of it arrives, once, in the loop's thread, in the order each thread
 * posted it. */
#include "../unit.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/metrics.h"
#include "loop/loop.h"
#include "loop/mailbox.h"

enum { N_THREADS = 6, N_MAILS = 20000, TOO_LATE = 1 };

struct world {
	struct loop *loop;
	struct mailbox *mailbox;
	struct timer deadline;
	pthread_t loop_thread;
	unsigned n_delivered, n_wanted;
	unsigned next[N_THREADS]; /* number of the mail that each thread's next one must have */
	bool is_disordered, is_elsewhere;
};

struct letter {
	struct mail mail; /* first: what is delivered */
	struct world *world;
	unsigned from, no;
};

static void on_deadline(void *arg)
{
	struct world *w = arg;

	loop_stop(w->loop, TOO_LATE);
}

static void open_world(struct world *w, unsigned n_wanted)
{
	*w = (struct world){.n_wanted = n_wanted, .loop_thread = pthread_self()};
	w->loop = loop_new();
	w->mailbox = mailbox_new(w->loop);
	ck_assert_ptr_nonnull(w->mailbox);
	timer_init(&w->deadline, w->loop, on_deadline, w);
	timer_start(&w->deadline, 40 * USEC_PER_SEC);
}

static void close_world(struct world *w)
{
	mailbox_free(w->mailbox);
	timer_cancel(&w->deadline);
	loop_free(w->loop);
	metrics_done();
}

static void deliver(struct mail *mail)
{
	struct letter *letter = (struct letter *)mail;
	struct world *w = letter->world;

	if (!pthread_equal(pthread_self(), w->loop_thread))
		w->is_elsewhere = true;
	if (w->next[letter->from]++ != letter->no)
		w->is_disordered = true;
	free(letter); /* what is posted is given away */
	if (++w->n_delivered == w->n_wanted)
		loop_stop(w->loop, 0);
}

static void post(struct world *w, unsigned from, unsigned no)
{
	struct letter *letter = calloc(1, sizeof(*letter));

	if (letter == NULL)
		abort();
	*letter = (struct letter){.mail.deliver = deliver, .world = w, .from = from, .no = no};
	mailbox_post(w->mailbox, &letter->mail);
}

struct poster {
	struct world *world;
	pthread_t thread;
	unsigned from, n;
};

static void *run_poster(void *arg)
{
	struct poster *poster = arg;

	for (unsigned i = 0; i < poster->n; i++)
		post(poster->world, poster->from, i);
	return NULL;
}

static void start_posters(struct world *w, struct poster *posters, unsigned n_mails)
{
	for (unsigned i = 0; i < N_THREADS; i++) {
		posters[i] = (struct poster){.world = w, .from = i, .n = n_mails};
		ck_assert_int_eq(
		    pthread_create(&posters[i].thread, NULL, run_poster, &posters[i]), 0);
	}
}

static void join_posters(struct poster *posters)
{
	for (unsigned i = 0; i < N_THREADS; i++)
		ck_assert_int_eq(pthread_join(posters[i].thread, NULL), 0);
}

static void check_all(const struct world *w, unsigned n_each)
{
	ck_assert(!w->is_elsewhere && !w->is_disordered);
	ck_assert_uint_eq(w->n_delivered, n_each * N_THREADS);
	for (unsigned i = 0; i < N_THREADS; i++)
		ck_assert_uint_eq(w->next[i], n_each);
}

TEST(frees_nothing)
{
	mailbox_free(NULL);
}

TEST(empty_mailbox_has_nothing_to_deliver)
{
	struct world w;

	open_world(&w, 1);
	ck_assert(!mailbox_deliver(w.mailbox));
	post(&w, 0, 0);
	ck_assert(mailbox_deliver(w.mailbox));
	ck_assert(!mailbox_deliver(w.mailbox));
	ck_assert_uint_eq(w.n_delivered, 1);
	close_world(&w);
}

TEST(post_wakes_the_loop)
{
	struct world w;

	open_world(&w, 1);
	post(&w, 0, 0);
	ck_assert_uint_eq(w.n_delivered, 0);
	ck_assert_int_eq(loop_run(w.loop), 0);
	ck_assert_uint_eq(w.n_delivered, 1);
	close_world(&w);
}

TEST(threads_post_in_order)
{
	struct world w;
	struct poster posters[N_THREADS];

	open_world(&w, N_THREADS * N_MAILS);
	start_posters(&w, posters, N_MAILS);
	ck_assert_int_eq(loop_run(w.loop), 0);
	join_posters(posters);
	check_all(&w, N_MAILS);
	close_world(&w);
}

struct pinger {
	struct world *world;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	unsigned n_asked, n_answered;
	pthread_t thread;
};

struct ping {
	struct mail mail; /* first */
	struct pinger *pinger;
};

static void deliver_ping(struct mail *mail)
{
	struct pinger *p = ((struct ping *)mail)->pinger;

	pthread_mutex_lock(&p->lock);
	p->n_answered++;
	pthread_cond_signal(&p->wake);
	pthread_mutex_unlock(&p->lock);
}

/* Each mail finds the queue empty and the loop asleep, so that each has to wake it. */
static void *run_pinger(void *arg)
{
	struct pinger *p = arg;
	struct ping ping = {.mail.deliver = deliver_ping, .pinger = p};

	for (; p->n_asked < 3000; p->n_asked++) {
		mailbox_post(p->world->mailbox, &ping.mail);
		pthread_mutex_lock(&p->lock);
		while (p->n_answered <= p->n_asked)
			pthread_cond_wait(&p->wake, &p->lock);
		pthread_mutex_unlock(&p->lock);
	}
	post(p->world, 0, 0);
	return NULL;
}

TEST(no_wake_is_lost)
{
	struct world w;
	struct pinger pinger = {.world = &w};

	open_world(&w, 1);
	pthread_mutex_init(&pinger.lock, NULL);
	pthread_cond_init(&pinger.wake, NULL);
	ck_assert_int_eq(pthread_create(&pinger.thread, NULL, run_pinger, &pinger), 0);
	ck_assert_int_eq(loop_run(w.loop), 0);
	pthread_join(pinger.thread, NULL);
	ck_assert_uint_eq(pinger.n_answered, 3000);
	close_world(&w);
}

/* Delivered by hand while the threads post, as at the end of a daemon. */
TEST(delivers_by_hand_beside_posters)
{
	struct world w;
	struct poster posters[N_THREADS];

	open_world(&w, 0);
	start_posters(&w, posters, N_MAILS / 4);
	usec_t start = clock_mono();
	while (
	    w.n_delivered < N_THREADS * (N_MAILS / 4) && clock_mono() - start < 40 * USEC_PER_SEC)
		mailbox_deliver(w.mailbox);
	join_posters(posters);
	check_all(&w, N_MAILS / 4);
	close_world(&w);
}

TEST(free_delivers_what_is_left)
{
	struct world w;
	struct poster posters[N_THREADS];

	open_world(&w, 0);
	start_posters(&w, posters, 100);
	join_posters(posters);
	ck_assert_uint_eq(w.n_delivered, 0);
	mailbox_free(w.mailbox);
	w.mailbox = NULL;
	check_all(&w, 100);
	close_world(&w);
}

static void deliver_more(struct mail *mail)
{
	struct letter *letter = (struct letter *)mail;
	struct world *w = letter->world;

	for (unsigned i = 0; i < 10; i++)
		post(w, 0, i);
	free(letter);
}

/* What is posted by a delivery comes with the next one. */
TEST(delivery_may_post)
{
	struct world w;
	struct letter *letter = calloc(1, sizeof(*letter));

	open_world(&w, 10);
	ck_assert_ptr_nonnull(letter);
	letter->mail.deliver = deliver_more;
	letter->world = &w;
	mailbox_post(w.mailbox, &letter->mail);
	ck_assert(mailbox_deliver(w.mailbox));
	ck_assert_uint_eq(w.n_delivered, 0);
	ck_assert_int_eq(loop_run(w.loop), 0);
	ck_assert_uint_eq(w.n_delivered, 10);
	close_world(&w);
}

SUITE(mailbox)
{
	ADD(frees_nothing);
	ADD(empty_mailbox_has_nothing_to_deliver);
	ADD(post_wakes_the_loop);
	ADD(delivery_may_post);
	ADD(free_delivers_what_is_left);
	ADD(threads_post_in_order);
	ADD(no_wake_is_lost);
	ADD(delivers_by_hand_beside_posters);
}
