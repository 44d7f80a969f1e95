/* What several commands print of a schedule. Thread: main. */
#include "ctl/schedule_text.h"

#include <stdio.h>

#include "ctl/message.h"
#include "ctl/view_schedule.h"

static void print_next(const void *item, void *arg)
{
	const struct schedule_view *s = item;
	const char *next = s->next_run_at != NULL ? s->next_run_at : "-";

	(void)arg;
	printf("%s  ", s->id);
	message_print(stdout, s->is_paused ? "paused" : next);
	putchar('\n');
}

bool schedule_text_print_next(const char *text, size_t len, void *arg)
{
	return view_parse_schedule(text, len, print_next, arg);
}
