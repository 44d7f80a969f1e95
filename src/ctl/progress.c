/* The progress bar:
 *
 *	 45% [#########-----------] 450/1000, 200 found, 1234/s, 2s left
 *	 45% [#########-----------] 450/1000, 440 downloaded, 12/s, 3.4 MB/s, 2s left
 *
 * On a narrow terminal the part in brackets is shortened, then left out; then the text is cut.
 * Thread: any. */
#include "ctl/progress.h"

enum { MIN_BAR = 5, MAX_BAR = 40, MAX_TEXT = 200, FRAME = 8, PERCENT = 5 };

void progress_add_duration(struct buf *b, usec_t duration)
{
	static const struct {
		const char *big, *small;
		long long n_big, n_small; /* seconds */
	} scales[] = {{"d", "h", 86400, 3600}, {"h", "m", 3600, 60}, {"m", "s", 60, 1}};
	long long seconds = (long long)((duration + USEC_PER_SEC - 1) / USEC_PER_SEC);

	for (size_t i = 0; i < sizeof(scales) / sizeof(scales[0]); i++) {
		if (seconds >= scales[i].n_big) {
			buf_addf(b, "%lld%s%02lld%s", seconds / scales[i].n_big, scales[i].big,
			    seconds % scales[i].n_big / scales[i].n_small, scales[i].small);
			return;
		}
	}
	buf_addf(b, "%llds", seconds);
}

static double get_share(const struct progress *p)
{
	if (p->total == 0)
		return 1;
	return p->done < p->total ? (double)p->done / (double)p->total : 1;
}

static void add_byte_rate(struct buf *b, double rate)
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
	size_t unit = 0;

	for (; rate >= 999.5 && unit + 1 < sizeof(units) / sizeof(units[0]); unit++)
		rate /= 1000;
	buf_addf(b, ", %.*f %s/s", unit > 0 && rate < 9.95 ? 1 : 0, rate, units[unit]);
}

static void add_text(struct buf *b, const struct progress *p)
{
	buf_addf(b, "%llu/%llu, %llu %s, %.*f/s", (unsigned long long)p->done,
	    (unsigned long long)p->total, (unsigned long long)p->n_good, p->good,
	    p->rate > 0 && p->rate < 10 ? 1 : 0, p->rate);
	if (p->byte_rate > 0)
		add_byte_rate(b, p->byte_rate);
	if (p->eta >= 0 && p->done < p->total) {
		buf_add_str(b, ", ");
		progress_add_duration(b, p->eta);
		buf_add_str(b, " left");
	}
}

void progress_draw(struct buf *b, const struct progress *p, size_t n_columns)
{
	size_t room = n_columns > 1 ? n_columns - 1 : 0;
	double share = get_share(p);
	struct buf text;

	buf_init(&text, MAX_TEXT);
	add_text(&text, p);
	buf_add_char(b, '\r');
	if (room >= FRAME + MIN_BAR + text.len) {
		size_t width = room - FRAME - text.len;
		width = width < MAX_BAR ? width : MAX_BAR;
		size_t n_full = (size_t)(share * (double)width);
		buf_addf(b, "%3d%% [", (int)(share * 100));
		for (size_t i = 0; i < width; i++)
			buf_add_char(b, i < n_full ? '#' : '-');
		buf_add_str(b, "] ");
	} else if (room >= PERCENT) {
		buf_addf(b, "%3d%% ", (int)(share * 100));
		room -= PERCENT;
	}
	buf_add(b, text.data, text.len < room ? text.len : room);
	buf_add_str(b, PROGRESS_ERASE);
	buf_done(&text);
}
