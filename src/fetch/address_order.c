/* Destination address selection (RFC 6724). */
#include "fetch/address_order.h"

#include <stdint.h>
#include <string.h>

enum { LINK_LOCAL = 2, SITE_LOCAL = 5, GLOBAL = 14 }; /* scopes (RFC 4291 section 2.7) */

/* An address as IPv6, with what the rules compare. */
struct ranked {
	uint8_t bytes[16];
	int scope, label, precedence;
};

struct candidate {
	struct address address;
	bool is_v6, has_source;
	struct ranked to, from;
	int common; /* bits */
};

/* The default policy table (section 2.1), longest prefixes first. */
static const struct {
	uint8_t prefix[16];
	int bits, precedence, label;
} policies[] = {
    {{[15] = 1}, 128, 50, 0},         /* ::1 */
    {{[10] = 0xff, 0xff}, 96, 35, 4}, /* ::ffff:0:0 */
    {{0}, 96, 1, 3},                  /* :: */
    {{0x20, 0x01}, 32, 5, 5},         /* 2001:: */
    {{0x20, 0x02}, 16, 30, 2},        /* 2002:: */
    {{0x3f, 0xfe}, 16, 1, 12},        /* 3ffe:: */
    {{0xfe, 0xc0}, 10, 1, 11},        /* fec0:: */
    {{0xfc}, 7, 3, 13},               /* fc00:: */
    {{0}, 0, 40, 1},
};

static int common_bits(const uint8_t a[static 16], const uint8_t b[static 16])
{
	int n = 0;

	while (n < 128 && ((a[n / 8] ^ b[n / 8]) & (0x80 >> n % 8)) == 0)
		n++;
	return n;
}

/* Section 3.1 and 3.2. */
static int scope_of(const struct address *a)
{
	const uint8_t *b = a->bytes;

	if (!a->is_v6)
		return b[0] == 127 || (b[0] == 169 && b[1] == 254) ? LINK_LOCAL : GLOBAL;
	if (b[0] == 0xff)
		return b[1] & 0xf;
	if (b[0] == 0xfe && (b[1] & 0xc0) == 0x80)
		return LINK_LOCAL;
	if (b[0] == 0xfe && (b[1] & 0xc0) == 0xc0)
		return SITE_LOCAL;
	return b[15] == 1 && common_bits(b, policies[0].prefix) == 128 ? LINK_LOCAL : GLOBAL;
}

static struct ranked rank(const struct address *a)
{
	struct ranked r = {.scope = scope_of(a)};
	size_t i = 0;

	if (a->is_v6) {
		memcpy(r.bytes, a->bytes, sizeof(r.bytes));
	} else {
		r.bytes[10] = r.bytes[11] = 0xff;
		memcpy(r.bytes + 12, a->bytes, 4);
	}
	while (common_bits(r.bytes, policies[i].prefix) < policies[i].bits)
		i++;
	r.label = policies[i].label;
	r.precedence = policies[i].precedence;
	return r;
}

/* Say whether `a` comes before `b` (section 6); no rule for it: they stay as they are. */
static bool is_better(const struct candidate *a, const struct candidate *b)
{
	bool fits_a = a->to.scope == a->from.scope, fits_b = b->to.scope == b->from.scope;

	if (a->has_source != b->has_source) /* rule 1 */
		return a->has_source;
	if (a->has_source && fits_a != fits_b) /* rule 2 */
		return fits_a;
	bool same_a = a->to.label == a->from.label, same_b = b->to.label == b->from.label;
	if (a->has_source && same_a != same_b) /* rule 5 */
		return same_a;
	if (a->to.precedence != b->to.precedence) /* rule 6 */
		return a->to.precedence > b->to.precedence;
	if (a->to.scope != b->to.scope) /* rule 8 */
		return a->to.scope < b->to.scope;
	/* rule 9, for IPv6 alone: it would undo the turns of name servers */
	return a->is_v6 && b->is_v6 && a->has_source && a->common > b->common;
}

void addresses_sort(struct address *addresses, size_t n, address_source_fn *find_source)
{
	struct candidate sorted[ADDRESSES_MAX];

	if (n > ADDRESSES_MAX)
		n = ADDRESSES_MAX;
	for (size_t i = 0; i < n; i++) {
		struct address source;
		struct candidate c = {.address = addresses[i],
		    .is_v6 = addresses[i].is_v6,
		    .has_source = find_source(&addresses[i], &source),
		    .to = rank(&addresses[i])};
		if (c.has_source) {
			c.from = rank(&source);
			c.common = common_bits(c.to.bytes, c.from.bytes);
		}
		size_t at = i;
		for (; at > 0 && is_better(&c, &sorted[at - 1]); at--)
			sorted[at] = sorted[at - 1];
		sorted[at] = c;
	}
	for (size_t i = 0; i < n; i++)
		addresses[i] = sorted[i].address;
}
