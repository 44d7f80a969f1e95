/* No wrong verdict, whatever servers and networks do: tens of thousands of names whose truth is
 * known are asked of servers that double, delay, lose, fail and forge answers, all at once. An
 * error is no wrong verdict, but there must be few. */
#include "../unit.h"

#include <stdlib.h>

#include "../../fake/runner.h"
#include "world.h"

/* On a busy machine many a name runs out of time, which is an error and no wrong verdict. */
enum { N_NAMES = 30000, MAX_ERRORS = N_NAMES / 2 };

struct fault_server {
	unsigned seed;
	bool fails_at_once;
};

static unsigned draw(struct fault_server *f, unsigned below)
{
	f->seed = f->seed * 1103515245 + 12345;
	return (f->seed >> 8) % below;
}

/* The truth of a name is its first letter: a found, n NXDOMAIN, o NODATA, c found behind a CNAME.
 */
static void right_answer(const struct script_query *q, struct packet *p)
{
	script_begin(q, p, q->name[0] == 'n' ? 0x0183 : 0x0180);
	if (q->name[0] == 'a') {
		packet_a(p, "@", 300, 1);
	} else if (q->name[0] == 'c') {
		packet_cname(p, "@", 300, "target.example");
		packet_a(p, "target.example", 300, 1);
	} else {
		packet_soa(p, "example", 60, 60);
	}
}

static void stray_packets(const struct script_query *q, struct fault_server *f)
{
	struct packet p;

	switch (draw(f, 60)) {
	case 0: /* another question */
		packet_begin(
		    &p, (uint16_t)(q->bytes[0] << 8 | q->bytes[1]), 0x8183, "x.example", DNS_A);
		script_send(q, &p, 0);
		break;
	case 1: /* no question */
		script_begin(q, &p, 0x0183);
		p.bytes[5] = 0;
		p.len = DNS_HEADER_SIZE;
		script_send(q, &p, 0);
		break;
	case 2: /* wrong ids */
		script_begin(q, &p, q->name[0] == 'n' ? 0x0180 : 0x0183);
		p.bytes[0] ^= (uint8_t)(1 + draw(f, 255));
		script_send(q, &p, 0);
		break;
	case 3: /* another type */
		script_begin(q, &p, 0x0183);
		p.bytes[p.len - 3] = DNS_AAAA;
		script_send(q, &p, 0);
		break;
	case 4: /* another source */
		script_begin(q, &p, q->name[0] == 'n' ? 0x0180 : 0x0183);
		script_send_from_elsewhere(q, &p);
		break;
	default:
		break;
	}
}

static void faulty(const struct script_query *q, void *arg)
{
	struct fault_server *f = arg;
	struct packet p;
	unsigned chance = draw(f, 1000);

	if (f->fails_at_once) {
		script_rcode(q, draw(f, 2) == 0 ? DNS_RCODE_REFUSED : DNS_RCODE_SERVFAIL);
		return;
	}
	stray_packets(q, f);
	if (q->connection == NULL && chance < 50)
		return; /* lost */
	if (chance < 70) {
		script_rcode(q, DNS_RCODE_SERVFAIL);
		return;
	}
	if (q->connection == NULL && chance < 80) {
		script_truncated(q);
		return;
	}
	right_answer(q, &p);
	usec_t delay = chance < 90 ? 700 * USEC_PER_MSEC : draw(f, 10) * USEC_PER_MSEC;
	script_send(q, &p, delay);
	if (q->connection == NULL)
		script_send(q, &p, delay + draw(f, 100) * USEC_PER_MSEC);
}

struct field {
	struct world world;
	size_t next, n_errors;
	struct outcome outcomes[N_NAMES];
};

static char truth_of(size_t i)
{
	return "anoc"[i % 4];
}

static void start_some(void *arg)
{
	struct field *f = arg;
	char name[40];

	for (size_t room = dns_engine_room(f->world.engine); room > 0 && f->next < N_NAMES;
	     room--) {
		snprintf(name, sizeof(name), "%c%zu.example", truth_of(f->next), f->next);
		world_start(&f->world, &f->outcomes[f->next++], name);
	}
	dns_engine_want_room(f->world.engine);
}

static bool is_all_done(void *arg)
{
	const struct field *f = arg;

	return f->world.n_done == N_NAMES;
}

static void check(struct field *f, size_t i)
{
	static const enum dns_outcome want[] = {
	    ['a'] = DNS_DATA, ['c'] = DNS_DATA, ['n'] = DNS_NXDOMAIN, ['o'] = DNS_NODATA};
	enum dns_outcome got = f->outcomes[i].outcome;

	ck_assert(f->outcomes[i].is_done);
	if (got == DNS_FAILED || got == DNS_TIMED_OUT)
		f->n_errors++;
	else
		ck_assert_msg(got == want[(int)truth_of(i)], "%c%zu: %d", truth_of(i), i, got);
}

static const struct {
	const char *name;
	enum dns_guard guard;
} rows[] = {{"bare", DNS_GUARD_NONE}, {"guarded", DNS_GUARD_ALL}};

TEST(no_verdict_is_wrong)
{
	static struct field f;
	static struct fault_server servers[] = {{1, false}, {2, false}, {3, true}};

	world_begin(&f.world);
	f.world.timeout = 500 * USEC_PER_MSEC;
	f.world.opts.guard = rows[_i].guard;
	for (size_t i = 0; i < N_ROWS(servers); i++)
		world_add(&f.world, faulty, &servers[i]);
	world_open(&f.world);
	dns_engine_set_on_room(f.world.engine, start_some, &f);
	start_some(&f);
	run_until(f.world.loop, is_all_done, &f, "all names");
	for (size_t i = 0; i < N_NAMES; i++)
		check(&f, i);
	ck_assert_msg(f.n_errors <= MAX_ERRORS, "%s: %zu errors", rows[_i].name, f.n_errors);
	ck_assert_uint_gt(world_stats(&f.world, 0).n_mismatches, 100);
	ck_assert_uint_gt(world_stats(&f.world, 0).n_late, 1000);
	world_end(&f.world);
}

SUITE(verdicts)
{
	tcase_set_timeout(tcase, 60);
	ADD_ROWS(no_verdict_is_wrong, rows);
}
