/* Packing of results. */
#include "wire/record.h"

#include <assert.h>
#include <string.h>

#include "base/varint.h"
#include "model/records.h"
#include "model/tagged.h"

static char *put_address(char *at, const struct address *a)
{
	size_t n = a->is_v6 ? 16 : 4;

	*at++ = a->is_v6 ? 6 : 4;
	memcpy(at, a->bytes, n);
	return at + n;
}

enum {
	MAX_ADDRESS = 17,
	HAS_FILE = 0x80,
	HAS_FIELDS = 0x40,
	FIELDS_VERSION = 1,
	IS_SAVED = 1,
	WANTS_COUNTRY = 2,
	IS_ENCODED = 4,
	/* of a piece of evidence */
	IS_A = 0,
	IS_AAAA = 1,
	IS_OTHER = 15,
	HAS_MORE = 0x80,
	IS_SINKHOLE = 1,
	HAS_ZONE = 2
};

static char *put_span(char *at, struct span s)
{
	at = varint_put(at, s.len);
	if (s.len > 0)
		memcpy(at, s.bytes, s.len);
	return at + s.len;
}

static char *put_evidence(char *at, const struct evidence *e)
{
	bool has_more =
	    e->is_sinkhole || e->proof != PROOF_NONE || e->n_zone > 0 || e->cname.len > 0;
	int type = e->type == RR_A ? IS_A : e->type == RR_AAAA ? IS_AAAA : IS_OTHER;

	*at++ = (char)((has_more ? HAS_MORE : 0) | e->source << 4 | type);
	*at++ = (char)e->rcode;
	at = varint_put(at, (uint64_t)e->rtt);
	if (type == IS_OTHER)
		at = varint_put(at, e->type);
	if (has_more) {
		*at++ = (char)((e->is_sinkhole ? IS_SINKHOLE : 0) | (e->n_zone > 0 ? HAS_ZONE : 0));
		*at++ = (char)e->proof;
		if (e->n_zone > 0)
			*at++ = (char)e->n_zone;
		at = put_span(at, e->cname);
	}
	if (e->source == SOURCE_DNS) {
		at = put_address(at, &e->server.address);
		*at++ = (char)(e->server.port >> 8);
		*at++ = (char)e->server.port;
	}
	return at;
}

/* Bytes that the part of a file takes at most. */
static size_t file_size(const struct file_result *f)
{
	return 2 + 17 * VARINT_MAX + FILE_DIGEST_SIZE + f->file_name.len + f->code.len +
	       f->detail.len + f->content_type.len + f->final_url.len + f->country.len +
	       f->content_encoding.len;
}

static char *put_file(char *at, const struct file_result *f)
{
	*at++ = (char)((f->is_saved ? IS_SAVED : 0) | (f->wants_country ? WANTS_COUNTRY : 0) |
		       (f->content_encoding.len > 0 ? IS_ENCODED : 0));
	*at++ = (char)f->country_reason;
	at = varint_put(at, f->http_status);
	at = varint_put(at, f->http_version);
	at = varint_put(at, f->n_redirects);
	at = varint_put(at, f->n_bytes);
	at = varint_put(at, (uint64_t)f->timings.resolve);
	at = varint_put(at, (uint64_t)f->timings.connect);
	at = varint_put(at, (uint64_t)f->timings.tls);
	at = varint_put(at, (uint64_t)f->timings.first_byte);
	at = varint_put(at, (uint64_t)f->timings.transfer);
	if (f->is_saved) {
		memcpy(at, f->digest, sizeof(f->digest));
		at += sizeof(f->digest);
	}
	at = put_span(at, f->file_name);
	at = put_span(at, f->code);
	at = put_span(at, f->detail);
	at = put_span(at, f->content_type);
	at = put_span(at, f->final_url);
	at = put_span(at, f->country);
	return f->content_encoding.len > 0 ? put_span(at, f->content_encoding) : at;
}

static char *put_fields(char *at, struct span fields)
{
	*at++ = FIELDS_VERSION;
	return put_span(at, fields);
}

static size_t chains_size(const struct result *r)
{
	size_t n = 0;

	for (uint32_t i = 0; i < r->n_evidence; i++)
		n += r->evidence[i].cname.len;
	return n;
}

void record_add(struct buf *block, const struct result *r)
{
	size_t most = 8 * VARINT_MAX + r->name_len + r->n_addresses * MAX_ADDRESS +
		      r->n_evidence * (7 + 3 * VARINT_MAX + MAX_ADDRESS) + chains_size(r) +
		      (r->is_file ? file_size(&r->file) : 0) + r->tagged.len;
	char *start = buf_reserve(block, most), *at = start;

	assert(r->tagged.len <= RESULT_MAX_FIELDS);
	if (at == NULL)
		return;
	at = varint_put(at, r->index);
	*at++ =
	    (char)(r->status | (r->is_file ? HAS_FILE : 0) | (r->tagged.len > 0 ? HAS_FIELDS : 0));
	*at++ = (char)r->reason;
	at = varint_put(at, r->attempts);
	at = varint_put(at, (uint64_t)r->duration);
	for (int i = 0; i < 8; i++)
		*at++ = (char)((uint64_t)r->finished_at >> (8 * i));
	at = varint_put(at, r->name_len);
	memcpy(at, r->name, r->name_len);
	at += r->name_len;
	*at++ = (char)r->n_addresses;
	for (uint32_t i = 0; i < r->n_addresses; i++)
		at = put_address(at, &r->addresses[i]);
	if (r->n_addresses > 0)
		at = varint_put(at, r->ttl);
	*at++ = (char)r->n_evidence;
	for (uint32_t i = 0; i < r->n_evidence; i++)
		at = put_evidence(at, &r->evidence[i]);
	if (r->is_file)
		at = put_file(at, &r->file);
	if (r->tagged.len > 0)
		at = put_fields(at, r->tagged);
	buf_commit(block, (size_t)(at - start));
}

/* What is left to read; `bad` once it was not enough. */
struct reader {
	const uint8_t *at, *end;
	bool bad;
};

static uint8_t get_byte(struct reader *in)
{
	if (in->at == in->end) {
		in->bad = true;
		return 0;
	}
	return *in->at++;
}

static const uint8_t *get_bytes(struct reader *in, size_t n)
{
	static const uint8_t nothing[16];

	if ((size_t)(in->end - in->at) < n) {
		in->bad = true;
		return nothing;
	}
	in->at += n;
	return in->at - n;
}

static uint64_t get_number(struct reader *in, uint64_t max)
{
	uint64_t value = 0;

	in->bad = !varint_get(&in->at, in->end, &value) || in->bad || value > max;
	return value;
}

static void get_address(struct reader *in, struct address *ret_address)
{
	uint8_t family = get_byte(in);

	ret_address->is_v6 = family == 6;
	in->bad = in->bad || (family != 4 && family != 6);
	size_t n = family == 6 ? 16 : 4;
	memset(ret_address->bytes, 0, sizeof(ret_address->bytes));
	memcpy(ret_address->bytes, get_bytes(in, n), n);
}

static struct span get_span(struct reader *in, size_t max)
{
	size_t len = get_number(in, max);

	if (in->bad)
		return (struct span){0};
	return (struct span){(const char *)get_bytes(in, len), len};
}

/* A list of texts ends with a NUL. */
static void get_more(struct reader *in, struct evidence *e)
{
	uint8_t marks = get_byte(in), proof = get_byte(in);

	e->is_sinkhole = (marks & IS_SINKHOLE) != 0;
	e->n_zone = (marks & HAS_ZONE) != 0 ? get_byte(in) : 0;
	e->cname = get_span(in, RECORDS_MAX);
	in->bad = in->bad || marks > (IS_SINKHOLE | HAS_ZONE) || proof >= N_PROOFS ||
		  (e->cname.len > 0 && e->cname.bytes[e->cname.len - 1] != '\0');
	e->proof = in->bad ? PROOF_NONE : (enum proof)proof;
}

static void get_evidence(struct reader *in, struct evidence *ret_evidence)
{
	uint8_t kind = get_byte(in), rcode = get_byte(in);

	bool has_more = (kind & HAS_MORE) != 0;
	*ret_evidence = (struct evidence){
	    .source = kind >> 4 & 7, .type = (kind & 15) == IS_A ? RR_A : RR_AAAA, .rcode = rcode};
	in->bad = in->bad || (kind >> 4 & 7) > SOURCE_HOSTS || rcode >= N_RCODES ||
		  ((kind & 15) > IS_AAAA && (kind & 15) != IS_OTHER);
	ret_evidence->rtt = (usec_t)get_number(in, INT64_MAX);
	if ((kind & 15) == IS_OTHER)
		ret_evidence->type = (uint16_t)get_number(in, UINT16_MAX);
	if (has_more)
		get_more(in, ret_evidence);
	if (ret_evidence->source == SOURCE_DNS) {
		get_address(in, &ret_evidence->server.address);
		const uint8_t *port = get_bytes(in, 2);
		ret_evidence->server.port = (uint16_t)(port[0] << 8 | port[1]);
	}
}

static usec_t get_duration(struct reader *in)
{
	return (usec_t)get_number(in, INT64_MAX);
}

static void get_file(struct reader *in, struct file_result *f)
{
	enum { MAX_TEXT = FILE_ITEM_MAX };
	uint8_t flags = get_byte(in), country_reason = get_byte(in);

	in->bad = in->bad || flags > (IS_SAVED | WANTS_COUNTRY | IS_ENCODED) ||
		  country_reason >= N_REASONS;
	f->is_saved = (flags & IS_SAVED) != 0;
	f->wants_country = (flags & WANTS_COUNTRY) != 0;
	f->country_reason = country_reason;
	f->http_status = (uint32_t)get_number(in, UINT32_MAX);
	f->http_version = (uint32_t)get_number(in, UINT32_MAX);
	f->n_redirects = (uint32_t)get_number(in, UINT32_MAX);
	f->n_bytes = get_number(in, INT64_MAX);
	f->timings.resolve = get_duration(in);
	f->timings.connect = get_duration(in);
	f->timings.tls = get_duration(in);
	f->timings.first_byte = get_duration(in);
	f->timings.transfer = get_duration(in);
	if (f->is_saved) {
		const uint8_t *digest = get_bytes(in, sizeof(f->digest));
		if (!in->bad)
			memcpy(f->digest, digest, sizeof(f->digest));
	}
	f->file_name = get_span(in, MAX_TEXT);
	f->code = get_span(in, MAX_TEXT);
	f->detail = get_span(in, MAX_TEXT);
	f->content_type = get_span(in, MAX_TEXT);
	f->final_url = get_span(in, MAX_TEXT);
	f->country = get_span(in, MAX_TEXT);
	f->content_encoding = (flags & IS_ENCODED) != 0 ? get_span(in, MAX_TEXT) : (struct span){0};
}

/* A later version may change the meaning of fields; unknown tags of this version are skipped. */
static struct span get_fields(struct reader *in)
{
	uint8_t version = get_byte(in);
	struct span fields = get_span(in, RESULT_MAX_FIELDS), value;
	size_t offset = 0;
	uint32_t tag;

	while (!in->bad && tagged_next(fields, &offset, &tag, &value))
		;
	in->bad = in->bad || version != FIELDS_VERSION || offset != fields.len;
	return fields;
}

static usec_t get_time(struct reader *in)
{
	const uint8_t *bytes = get_bytes(in, 8);
	uint64_t time = 0;

	for (int i = 0; i < 8; i++)
		time |= (uint64_t)bytes[i] << (8 * i);
	in->bad = in->bad || time > CLOCK_WALL_MAX;
	return (usec_t)time;
}

bool record_next(const char *block, size_t len, size_t *offset, struct result *ret_result)
{
	struct result *r = ret_result;

	if (*offset == len)
		return false;
	struct reader in = {
	    .at = (const uint8_t *)block + *offset, .end = (const uint8_t *)block + len};
	r->seq = 0;
	r->index = (uint32_t)get_number(&in, UINT32_MAX);
	uint8_t status = get_byte(&in), reason = get_byte(&in);
	r->is_file = (status & HAS_FILE) != 0;
	bool has_fields = (status & HAS_FIELDS) != 0;
	status &= (uint8_t) ~(HAS_FILE | HAS_FIELDS);
	in.bad = in.bad || status >= ITEM_N_STATUSES || reason >= N_REASONS;
	r->status = status;
	r->reason = reason;
	r->attempts = (uint32_t)get_number(&in, UINT32_MAX);
	r->duration = (usec_t)get_number(&in, INT64_MAX);
	r->finished_at = get_time(&in);
	r->name_len = get_number(&in, RESULT_MAX_NAME);
	if (in.bad)
		return false;
	r->name = (const char *)get_bytes(&in, r->name_len);
	r->n_addresses = get_byte(&in);
	if (in.bad || r->n_addresses > RESULT_MAX_ADDRESSES)
		return false;
	for (uint32_t i = 0; i < r->n_addresses; i++)
		get_address(&in, &r->addresses[i]);
	r->ttl = r->n_addresses > 0 ? (uint32_t)get_number(&in, UINT32_MAX) : 0;
	r->n_evidence = get_byte(&in);
	if (in.bad || r->n_evidence > RESULT_MAX_EVIDENCE)
		return false;
	for (uint32_t i = 0; i < r->n_evidence; i++)
		get_evidence(&in, &r->evidence[i]);
	r->file = (struct file_result){.is_saved = false};
	if (r->is_file)
		get_file(&in, &r->file);
	r->tagged = has_fields ? get_fields(&in) : (struct span){0};
	if (in.bad)
		return false;
	*offset = (size_t)((const char *)in.at - block);
	return true;
}
