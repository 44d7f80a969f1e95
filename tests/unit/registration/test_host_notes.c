/* The table of hosts that outlasts a restart. */
#include "../unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/small_file.h"
#include "loop/loop.h"
#include "loop/offload.h"
#include "registration/host_notes.h"

struct world {
	char folder[64], path[128];
	struct loop *loop;
	struct mailbox *mailbox;
	struct offload *offload;
	struct host_notes *notes;
	struct timer deadline;
};

static void on_deadline(void *arg)
{
	loop_stop(arg, 1);
}

static void on_kept(void *arg)
{
	struct world *w = arg;

	loop_stop(w->loop, 0);
}

static void open_notes(struct world *w)
{
	w->notes = host_notes_new(w->offload, w->path, on_kept, w);
}

static void set_up(struct world *w)
{
	*w = (struct world){.folder = "/tmp/asyncprobed-notes.XXXXXX"};
	ck_assert_ptr_nonnull(mkdtemp(w->folder));
	snprintf(w->path, sizeof(w->path), "%s/rdap-hosts", w->folder);
	w->loop = loop_new();
	w->mailbox = mailbox_new(w->loop);
	w->offload = offload_new(w->mailbox, 1);
	timer_init(&w->deadline, w->loop, on_deadline, w->loop);
}

static void wait_until_kept(struct world *w)
{
	timer_start(&w->deadline, 30 * USEC_PER_SEC);
	ck_assert_int_eq(loop_run(w->loop), 0);
	timer_cancel(&w->deadline);
}

static void tear_down(struct world *w)
{
	host_notes_free(w->notes);
	offload_free(w->offload);
	mailbox_free(w->mailbox);
	loop_free(w->loop);
	unlink(w->path);
	ck_assert_int_eq(rmdir(w->folder), 0); /* no draft is left */
}

static void write_text(const struct world *w, const char *text)
{
	FILE *file = fopen(w->path, "w");

	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	fclose(file);
}

TEST(outlast_a_restart)
{
	struct world w;
	const struct budget_note first = {
	    .start = 6,
	    .rate = 1.5,
	    .held_until = 1800000000 * USEC_PER_SEC,
	    .strikes = {0, 1799999000 * USEC_PER_SEC, 1799999999500000},
	};
	const struct budget_note second = {.start = 2, .rate = 2.2};

	set_up(&w);
	open_notes(&w);
	ck_assert_ptr_null(host_notes_find(w.notes, "rdap.example"));
	host_notes_put(w.notes, "rdap.example", &second);
	host_notes_put(w.notes, "rdap.example", &first);
	host_notes_put(w.notes, "[2001:db8::1]:8443", &second);
	wait_until_kept(&w);
	host_notes_free(w.notes);
	open_notes(&w);
	const struct budget_note *note = host_notes_find(w.notes, "rdap.example");
	ck_assert_ptr_nonnull(note);
	ck_assert_double_eq_tol(note->start, 6, 1e-6);
	ck_assert_double_eq_tol(note->rate, 1.5, 1e-6);
	ck_assert_int_eq(note->held_until, first.held_until);
	for (int i = 0; i < BUDGET_STRIKES; i++)
		ck_assert_int_eq(note->strikes[i] / 1000, first.strikes[i] / 1000);
	ck_assert_ptr_nonnull(host_notes_find(w.notes, "[2001:db8::1]:8443"));
	tear_down(&w);
}

static const char *const broken[] = {
    "",
    "\n\n\n",
    "bad",
    "bad 1",
    "bad 1 1 0 0 0",
    "bad 1 1 0 0 0 0 0",
    "bad 1 1 0 0 0 x",
    "bad 0 1 0 0 0 0",
    "bad 1 0 0 0 0 0",
    "bad -1 1 0 0 0 0",
    "bad nan 1 0 0 0 0",
    "bad 1 inf 0 0 0 0",
    "bad 1 1 -5 0 0 0",
    "bad 1 1 1e300 0 0 0",
    "bad\t1 1 0 0 0 0",
    " 1 1 0 0 0 0",
};

TEST(pass_over_what_is_broken)
{
	struct world w;
	char text[400];

	set_up(&w);
	snprintf(text, sizeof(text), "before 1 1 0 0 0 0\n%s\nafter 1 1 0 0 0 0\n", broken[_i]);
	write_text(&w, text);
	open_notes(&w);
	ck_assert_ptr_null(host_notes_find(w.notes, "bad"));
	ck_assert_ptr_null(host_notes_find(w.notes, ""));
	ck_assert_ptr_nonnull(host_notes_find(w.notes, "before"));
	ck_assert_ptr_nonnull(host_notes_find(w.notes, "after"));
	tear_down(&w);
}

TEST(a_folder_that_is_gone_holds_up_nobody)
{
	struct world w;
	const struct budget_note note = {.start = 2, .rate = 2};

	set_up(&w);
	snprintf(w.path, sizeof(w.path), "%s/none/rdap-hosts", w.folder);
	open_notes(&w);
	host_notes_put(w.notes, "rdap.example", &note);
	wait_until_kept(&w);
	ck_assert_ptr_nonnull(host_notes_find(w.notes, "rdap.example"));
	tear_down(&w);
}

SUITE(host_notes)
{
	ADD(outlast_a_restart);
	ADD_ROWS(pass_over_what_is_broken, broken);
	ADD(a_folder_that_is_gone_holds_up_nobody);
}
