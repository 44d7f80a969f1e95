/* Packed records. A set is its type, rcode, reason, TTL, rtt, the server (4 or 6, address, port in
 * network order), then length and bytes of each list; numbers are LEB128. */
#include "model/records.h"

#include <string.h>

#include "base/varint.h"

struct reader {
	const uint8_t *at, *end;
	bool is_bad;
};

static void add_number(struct buf *b, uint64_t value)
{
	char bytes[VARINT_MAX];

	buf_add(b, bytes, (size_t)(varint_put(bytes, value) - bytes));
}

static void add_span(struct buf *b, struct span s)
{
	add_number(b, s.len);
	if (s.len > 0)
		buf_add(b, s.bytes, s.len);
}

static void add_server(struct buf *b, const struct endpoint *e)
{
	char port[2] = {(char)(e->port >> 8), (char)e->port};

	buf_add_char(b, e->address.is_v6 ? 6 : 4);
	buf_add(b, e->address.bytes, e->address.is_v6 ? 16 : 4);
	buf_add(b, port, sizeof(port));
}

static uint64_t get_number(struct reader *r, uint64_t max)
{
	uint64_t value = 0;

	r->is_bad = r->is_bad || !varint_get(&r->at, r->end, &value) || value > max;
	return r->is_bad ? 0 : value;
}

static void get_server(struct reader *r, struct endpoint *ret_server)
{
	uint64_t family = get_number(r, 6);
	size_t n = family == 6 ? 16 : 4;

	if (r->is_bad || (size_t)(r->end - r->at) < n + 2) {
		r->is_bad = true;
		return;
	}
	ret_server->address.is_v6 = family == 6;
	memcpy(ret_server->address.bytes, r->at, n);
	ret_server->port = (uint16_t)(r->at[n] << 8 | r->at[n + 1]);
	r->at += n + 2;
}

static struct span get_span(struct reader *r)
{
	size_t len = get_number(r, (uint64_t)RECORDS_MAX);

	if (r->is_bad || (size_t)(r->end - r->at) < len) {
		r->is_bad = true;
		return (struct span){NULL, 0};
	}
	struct span s = {(const char *)r->at, len};
	r->at += len;
	return s;
}

/* A list of texts ends with a NUL. */
static struct span get_texts(struct reader *r)
{
	struct span s = get_span(r);

	r->is_bad = r->is_bad || (s.len > 0 && s.bytes[s.len - 1] != '\0');
	return s;
}

static bool end(struct reader *r, struct span all, size_t *offset)
{
	if (!r->is_bad)
		*offset = (size_t)((const char *)r->at - all.bytes);
	return !r->is_bad;
}

static struct reader begin(struct span all, size_t offset)
{
	const uint8_t *bytes = (const uint8_t *)all.bytes;

	return (struct reader){.at = bytes + offset, .end = bytes + all.len};
}

void records_add(struct buf *b, const struct record_set *set)
{
	add_number(b, set->type);
	add_number(b, set->rcode);
	add_number(b, set->reason);
	add_number(b, set->ttl);
	add_number(b, (uint64_t)set->rtt);
	add_server(b, &set->server);
	add_span(b, set->cname);
	add_span(b, set->data);
	add_span(b, set->ede);
}

bool records_next(struct span records, size_t *offset, struct record_set *ret_set)
{
	if (*offset >= records.len)
		return false;
	struct reader r = begin(records, *offset);
	struct record_set set = {.type = (uint16_t)get_number(&r, UINT16_MAX)};
	set.rcode = (enum rcode)get_number(&r, N_RCODES - 1);
	set.reason = (enum reason)get_number(&r, N_REASONS - 1);
	set.ttl = (uint32_t)get_number(&r, UINT32_MAX);
	set.rtt = (usec_t)get_number(&r, INT64_MAX);
	get_server(&r, &set.server);
	set.cname = get_texts(&r);
	set.data = get_texts(&r);
	set.ede = get_span(&r);
	*ret_set = set;
	return end(&r, records, offset);
}

const char *records_next_text(struct span list, size_t *offset)
{
	if (*offset >= list.len)
		return NULL;
	const char *text = list.bytes + *offset;
	*offset += strlen(text) + 1;
	return text;
}

void records_add_ede(struct buf *b, uint16_t code, struct span text)
{
	add_number(b, code);
	add_span(b, text);
}

bool records_next_ede(struct span ede, size_t *offset, uint16_t *ret_code, struct span *ret_text)
{
	if (*offset >= ede.len)
		return false;
	struct reader r = begin(ede, *offset);
	*ret_code = (uint16_t)get_number(&r, UINT16_MAX);
	*ret_text = get_span(&r);
	return end(&r, ede, offset);
}
