/* DNS messages: what is accepted lies within its octets, and every record of it can be printed. The
 * first byte chooses what is asked: a type that has a text form of its own. */
#include "fuzz.h"

#include <string.h>

#include "base/alloc.h"
#include "dns/recordset.h"
#include "dns/rdata.h"
#include "model/rrtype.h"

static void check_record(const struct dns_message *m, const struct dns_record *r)
{
	struct dns_name name;
	struct buf b;
	size_t at = r->owner;

	FUZZ_CHECK(r->rdata + r->n_rdata <= m->len);
	FUZZ_CHECK(dns_name_read(m->bytes, m->len, &at, &name) && name.len >= 1);
	FUZZ_CHECK(name.bytes[name.len - 1] == 0);
	buf_init(&b, 1 << 20);
	dns_rdata_format(m, r, &b);
	FUZZ_CHECK(!b.overflow);
	for (size_t i = 0; i < b.len; i++)
		FUZZ_CHECK(b.data[i] >= ' ' && b.data[i] < 0x7f);
	buf_clear(&b);
	dns_name_format(&name, &b);
	struct dns_name back;
	FUZZ_CHECK(dns_name_from_text(b.data, b.len, &back) && dns_name_equal(&back, &name));
	buf_done(&b);
}

static void check_records(const struct dns_message *m)
{
	struct dns_record r = {0};

	for (int section = 0; section < DNS_N_SECTIONS; section++) {
		size_t at = m->at[section];
		for (unsigned i = 0; i < m->n_records[section]; i++) {
			size_t before = at;
			dns_message_record(m, &at, &r);
			FUZZ_CHECK(at >= before + 11 && at <= m->len);
			check_record(m, &r);
		}
	}
	for (unsigned i = 0; i < m->n_ede; i++)
		FUZZ_CHECK(m->ede[i].text + m->ede[i].n_text <= m->bytes + m->len);
}

static void check_answer(const struct dns_message *m)
{
	struct dns_answer a;
	struct dns_cursor cursor = {0};
	struct dns_record r;
	struct buf b;
	unsigned n = 0;

	dns_answer_judge(m, &a);
	FUZZ_CHECK(a.n_chain <= DNS_MAX_CHAIN && a.n_data <= m->n_records[DNS_ANSWER]);
	FUZZ_CHECK(a.outcome != DNS_DATA || a.n_data > 0);
	FUZZ_CHECK(a.outcome != DNS_NXDOMAIN || m->rcode == DNS_RCODE_NXDOMAIN);
	while (dns_answer_next(&a, &cursor, &r))
		n++;
	FUZZ_CHECK(n == a.n_data);
	buf_init(&b, 1 << 24);
	FUZZ_CHECK(dns_recordset_write(&a, &b) <= n && !b.overflow);
	buf_done(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dns_message m;

	if (size < 1)
		return 0;
	AUTO_FREE uint8_t *packet = xmalloc(size);
	memcpy(packet, data + 1, size - 1);
	dns_message_match(packet, size - 1, 1, (const uint8_t *)"\3www\7example\0\0\1\0\1", 17);
	if (!dns_message_parse(packet, size - 1, &m))
		return 0;
	FUZZ_CHECK(m.id == (packet[0] << 8 | packet[1]) && m.n_cookie <= DNS_COOKIE_MAX);
	check_records(&m);
	m.qtype = (uint16_t)(data[0] % 2 == 0 ? m.qtype : data[0]);
	check_answer(&m);
	return 0;
}
