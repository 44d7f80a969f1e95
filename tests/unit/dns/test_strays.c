/* What is no answer to a question never ends it. */
#include "../unit.h"

#include "world.h"

static void other_question_first(const struct script_query *q, void *arg)
{
	struct packet p;

	(void)arg;
	packet_begin(
	    &p, (uint16_t)(q->bytes[0] << 8 | q->bytes[1]), 0x8183, "other.example", DNS_A);
	script_send(q, &p, 0);
	script_found(q);
}

static void no_question_first(const struct script_query *q, void *arg)
{
	struct packet p;

	(void)arg;
	script_begin(q, &p, 0x0183);
	p.bytes[5] = 0;
	script_send(q, &p, 0);
	p.len = DNS_HEADER_SIZE;
	script_send(q, &p, 0);
	p.bytes[3] = 0x82; /* SERVFAIL */
	script_send(q, &p, 0);
	script_found(q);
}

static void other_type_first(const struct script_query *q, void *arg)
{
	struct packet p;

	(void)arg;
	script_begin(q, &p, 0x0183);
	p.bytes[p.len - 3] = DNS_AAAA;
	script_send(q, &p, 0);
	script_found(q);
}

static void other_ids_first(const struct script_query *q, void *arg)
{
	struct packet p;

	(void)arg;
	script_begin(q, &p, 0x0183);
	for (int i = 1; i < 200; i++) {
		p.bytes[1]++;
		p.bytes[0] = (uint8_t)(p.bytes[0] + (p.bytes[1] == 0 ? 1 : 0));
		script_send(q, &p, 0);
	}
	script_found(q);
}

static void a_query_first(const struct script_query *q, void *arg)
{
	struct packet p;

	(void)arg;
	memcpy(p.bytes, q->bytes, q->len);
	p.len = q->len;
	script_send(q, &p, 0);
	script_found(q);
}

static void rubbish_first(const struct script_query *q, void *arg)
{
	struct packet p;

	(void)arg;
	script_begin(q, &p, 0x0180);
	for (p.len--; p.len > 0; p.len--)
		script_send(q, &p, 0);
	script_found(q);
}

static void from_elsewhere_first(const struct script_query *q, void *arg)
{
	struct packet p;

	(void)arg;
	script_begin(q, &p, 0x0183);
	script_send_from_elsewhere(q, &p);
	script_found(q);
}

static const struct {
	const char *what;
	script_fn *script;
	bool is_seen; /* the kernel lets it through */
} strays[] = {{"NXDOMAIN with another question", other_question_first, true},
    {"errors without a question", no_question_first, true},
    {"NXDOMAIN for another type", other_type_first, true}, {"other ids", other_ids_first, true},
    {"our own query", a_query_first, true}, {"cut answers", rubbish_first, true},
    {"another source", from_elsewhere_first, false}};

TEST(is_not_ended_by_what_is_no_answer)
{
	struct world w;

	world_begin(&w);
	world_add(&w, strays[_i].script, NULL);
	world_open(&w);
	for (int i = 0; i < 20; i++) {
		struct outcome o = world_ask(&w, "www.example");
		ck_assert_msg(o.outcome == DNS_DATA && o.n_attempts == 1, "%s: %d", strays[_i].what,
		    o.outcome);
	}
	struct dns_server_stats stats = world_stats(&w, 0);
	ck_assert_msg(
	    !strays[_i].is_seen || stats.n_mismatches + stats.n_late >= 20, "%s", strays[_i].what);
	world_end(&w);
}

static void other_owner(const struct script_query *q, void *arg)
{
	struct packet p;

	(void)arg;
	script_begin(q, &p, 0x0180);
	packet_a(&p, "other.example", 300, 0x01020304);
	script_send(q, &p, 0);
}

TEST(takes_no_address_of_another_name)
{
	struct world w;

	world_begin(&w);
	world_add(&w, other_owner, NULL);
	world_open(&w);
	struct outcome o = world_ask(&w, "www.example");
	ck_assert_int_eq(o.outcome, DNS_LAME);
	ck_assert_uint_eq(o.n_data, 0);
	world_end(&w);
}

SUITE(strays)
{
	ADD_ROWS(is_not_ended_by_what_is_no_answer, strays);
	ADD(takes_no_address_of_another_name);
}
