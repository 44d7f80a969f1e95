/* Two marks, the older between one and two spans old. */
#include "model/pace.h"

enum { SPAN = 5 }; /* seconds */

void pace_init(struct pace *pace, usec_t now, uint64_t count)
{
	*pace =
	    (struct pace){.old_time = now, .mid_time = now, .old_count = count, .mid_count = count};
}

double pace_update(struct pace *pace, usec_t now, uint64_t count)
{
	if (now - pace->mid_time >= SPAN * USEC_PER_SEC) {
		pace->old_time = pace->mid_time;
		pace->old_count = pace->mid_count;
		pace->mid_time = now;
		pace->mid_count = count;
	}
	if (now <= pace->old_time)
		return 0;
	return (double)(count - pace->old_count) * USEC_PER_SEC / (double)(now - pace->old_time);
}
