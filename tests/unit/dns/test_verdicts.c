/* No wrong verdict, whatever servers and networks do: names whose truth is known are asked of
 * servers that double, delay, lose, fail and forge answers, each alone and all at once. An error is
 * no wrong verdict, but hardly a name may end as one: time-outs are so long, and attempts so many,
 * that this holds on a busy machine too. ASYNCPROBED_VERDICTS names how many are asked. */
#include "../unit.h"

#include <stdlib.h>

#include "../../fake/runner.h"
#include "base/alloc.h"
#include "world.h"

#define TIMEOUT (3 * USEC_PER_SEC)

enum { N_NAMES = 10000, MAX_ERRORS = 10, ATTEMPTS = 6 };

/* What goes wrong; shares are in thousandths. */
struct faults {
	bool doubles, liar, failing;
	unsigned lost, servfail, truncated, late, other_question, forged;
};

static const struct {
	const char *name;
	struct faults faults;
	enum dns_guard guard;
} rows[] = {
    {"every answer comes twice", {.doubles = true}, DNS_GUARD_NONE},
    {"lost", {.lost = 50}, DNS_GUARD_NONE},
    {"SERVFAIL", {.servfail = 20}, DNS_GUARD_NONE},
    {"later than the time-out", {.late = 10}, DNS_GUARD_NONE},
    {"another question first", {.other_question = 10}, DNS_GUARD_NONE},
    {"forged", {.forged = 100}, DNS_GUARD_NONE},
    {"one lies", {.liar = true}, DNS_GUARD_NONE},
    {"one fails at once", {.failing = true}, DNS_GUARD_NONE},
    {"all of it", {true, true, true, 50, 20, 10, 10, 10, 100}, DNS_GUARD_NONE},
    {"all of it, guarded", {true, true, true, 50, 20, 10, 10, 10, 100}, DNS_GUARD_ALL},
};

struct fault_server {
	unsigned seed;
	const struct faults *faults;
};

static unsigned draw(struct fault_server *f, unsigned below)
{
	f->seed = f->seed * 1103515245 + 12345;
	return (f->seed >> 8) % below;
}

static bool happens(struct fault_server *f, unsigned share)
{
	return draw(f, 1000) < share;
}

/* The truth of a name is its first letter: a found, n NXDOMAIN, o NODATA, c found behind a CNAME.
 * The root and `example` exist. */
static void right_answer(const struct script_query *q, struct packet *p)
{
	bool is_random = q->name[0] != '\0' && (q->name[1] < '0' || q->name[1] > '9');

	if (q->type != DNS_A) {
		script_begin(q, p, 0x0180);
		packet_soa(p, "example", 60, 60);
		return;
	}
	script_begin(q, p, q->name[0] == 'n' || is_random ? 0x0183 : 0x0180);
	if (q->name[0] == 'a' && !is_random) {
		packet_a(p, "@", 300, 1);
	} else if (q->name[0] == 'c' && !is_random) {
		packet_cname(p, "@", 300, "target.example");
		packet_a(p, "target.example", 300, 1);
	} else {
		packet_soa(p, "example", 60, 60);
	}
}

static void another_question(const struct script_query *q, struct fault_server *f)
{
	struct packet p;

	if (draw(f, 2) == 0) {
		packet_begin(
		    &p, (uint16_t)(q->bytes[0] << 8 | q->bytes[1]), 0x8183, "x.example", DNS_A);
	} else { /* none */
		script_begin(q, &p, 0x0183);
		p.bytes[5] = 0;
		p.len = DNS_HEADER_SIZE;
	}
	script_send(q, &p, 0);
}

/* An answer with another id, type or source, which says the opposite. */
static void forge(const struct script_query *q, struct fault_server *f)
{
	struct packet p;

	script_begin(q, &p, q->name[0] == 'n' ? 0x0180 : 0x0183);
	switch (draw(f, 3)) {
	case 0:
		p.bytes[0] ^= (uint8_t)(1 + draw(f, 255));
		break;
	case 1:
		p.bytes[p.len - 3] ^= DNS_AAAA ^ DNS_A;
		break;
	default:
		script_send_from_elsewhere(q, &p);
		return;
	}
	script_send(q, &p, 0);
}

static void faulty(const struct script_query *q, void *arg)
{
	struct fault_server *f = arg;
	const struct faults *faults = f->faults;
	bool is_udp = q->connection == NULL;
	struct packet p;

	if (happens(f, faults->other_question))
		another_question(q, f);
	if (happens(f, faults->forged))
		forge(q, f);
	if (is_udp && happens(f, faults->lost))
		return;
	if (happens(f, faults->servfail)) {
		script_rcode(q, DNS_RCODE_SERVFAIL);
		return;
	}
	if (is_udp && happens(f, faults->truncated)) {
		script_truncated(q);
		return;
	}
	right_answer(q, &p);
	usec_t delay = draw(f, 10) * USEC_PER_MSEC;
	if (happens(f, faults->late))
		delay += TIMEOUT;
	script_send(q, &p, delay);
	if (is_udp && faults->doubles)
		script_send(q, &p, delay + draw(f, 100) * USEC_PER_MSEC);
}

static void fails_at_once(const struct script_query *q, void *arg)
{
	script_rcode(q, draw(arg, 2) == 0 ? DNS_RCODE_REFUSED : DNS_RCODE_SERVFAIL);
}

static void lies(const struct script_query *q, void *arg)
{
	(void)arg;
	if (q->name[0] == 'a' || q->type != DNS_A)
		script_nxdomain(q);
	else
		script_found(q);
}

struct field {
	struct world world;
	size_t n_names, next, n_done, milestone, n_errors;
	uint8_t *outcomes; /* owned; DNS_N_OUTCOMES: not done */
};

static char truth_of(size_t i)
{
	return "anoc"[i % 4];
}

struct asked {
	struct field *field;
	size_t index;
};

static void on_done(const struct dns_result *result, void *arg)
{
	struct asked *a = arg;

	ck_assert_uint_eq(a->field->outcomes[a->index], DNS_N_OUTCOMES);
	a->field->outcomes[a->index] = (uint8_t)result->outcome;
	a->field->n_done++;
	free(a);
}

static void start_some(void *arg)
{
	struct field *f = arg;
	char text[40];

	for (size_t room = dns_engine_room(f->world.engine); room > 0 && f->next < f->n_names;
	     room--) {
		struct asked *a = xcalloc(1, sizeof(*a));
		*a = (struct asked){f, f->next};
		snprintf(text, sizeof(text), "%c%zu.example", truth_of(f->next), f->next);
		f->next++;
		struct dns_name name = packet_wire(text);
		ck_assert_ptr_nonnull(dns_lookup_start(f->world.engine,
		    &(struct dns_question){.name = &name,
			.type = DNS_A,
			.flags = DNS_FLAG_RD,
			.timeout = TIMEOUT,
			.attempts = ATTEMPTS},
		    on_done, a));
	}
	dns_engine_want_room(f->world.engine);
}

static bool has_some_more(void *arg)
{
	const struct field *f = arg;

	return f->n_done >= f->milestone;
}

static void check(struct field *f, size_t i)
{
	static const enum dns_outcome want[] = {
	    ['a'] = DNS_DATA, ['c'] = DNS_DATA, ['n'] = DNS_NXDOMAIN, ['o'] = DNS_NODATA};
	enum dns_outcome got = f->outcomes[i];

	if (got == DNS_FAILED || got == DNS_TIMED_OUT)
		f->n_errors++;
	else
		ck_assert_msg(got == want[(int)truth_of(i)], "%c%zu: %d", truth_of(i), i, got);
}

static void open_field(struct field *f, const struct faults *faults, enum dns_guard guard,
    struct fault_server servers[static 3])
{
	static const struct dns_name root = {.len = 1};
	const char *wanted = getenv("ASYNCPROBED_VERDICTS");

	f->n_names = wanted != NULL ? (size_t)atol(wanted) : N_NAMES;
	f->outcomes = xmalloc(f->n_names);
	memset(f->outcomes, DNS_N_OUTCOMES, f->n_names);
	world_begin(&f->world);
	f->world.opts.guard = guard;
	f->world.opts.known_name = &root;
	f->world.opts.check_every = 300 * USEC_PER_SEC;
	world_add(&f->world, faulty, &servers[0]);
	world_add(&f->world, faulty, &servers[1]);
	if (faults->liar)
		world_add(&f->world, lies, NULL);
	if (faults->failing)
		world_add(&f->world, fails_at_once, &servers[2]);
	world_open(&f->world);
}

TEST(no_verdict_is_wrong)
{
	static struct field f;
	const struct faults *faults = &rows[_i].faults;
	struct fault_server servers[] = {{1, faults}, {2, faults}, {3, faults}};

	open_field(&f, faults, rows[_i].guard, servers);
	dns_engine_set_on_room(f.world.engine, start_some, &f);
	start_some(&f);
	while (f.n_done < f.n_names) {
		f.milestone = f.n_done + 1000 < f.n_names ? f.n_done + 1000 : f.n_names;
		run_until(f.world.loop, has_some_more, &f, "a thousand names");
	}
	ck_assert_uint_eq(f.n_done, f.n_names);
	for (size_t i = 0; i < f.n_names; i++)
		check(&f, i);
	ck_assert_msg(f.n_errors <= MAX_ERRORS * f.n_names / N_NAMES, "%s: %zu errors",
	    rows[_i].name, f.n_errors);
	ck_assert_uint_eq(dns_engine_n_lookups(f.world.engine), 0);
	struct dns_server_stats stats = world_stats(&f.world, 0);
	if (faults->forged > 0)
		ck_assert_uint_gt(stats.n_mismatches + stats.n_late, f.n_names / 100);
	if (faults->doubles)
		ck_assert_uint_gt(stats.n_late, f.n_names / 10);
	free(f.outcomes);
	world_end(&f.world);
}

SUITE(verdicts)
{
	tcase_set_timeout(tcase, 60);
	ADD_ROWS(no_verdict_is_wrong, rows);
}
