/* The name servers that a job brings. */
#include "model/server_set.h"

#include <string.h>

#include "model/asked_tags.h"
#include "model/tagged.h"

enum { PORT = 53, PACKED = 19 /* bytes of a server: family, address, port */ };

static bool is_same(const struct endpoint *a, const struct endpoint *b)
{
	return a->port == b->port && a->address.is_v6 == b->address.is_v6 &&
	       memcmp(a->address.bytes, b->address.bytes, a->address.is_v6 ? 16 : 4) == 0;
}

static const char *add(struct server_set *set, const struct endpoint *e)
{
	for (size_t i = 0; i < set->n; i++) {
		if (is_same(&set->all[i], e))
			return NULL;
	}
	if (set->n == SERVER_SET_MAX)
		return "There may be at most 16 servers.";
	set->all[set->n++] = *e;
	return NULL;
}

const char *server_set_add(struct server_set *set, const char *text)
{
	struct endpoint e = {.port = 0};

	if (!endpoint_parse(text, PORT, &e) || e.port == 0)
		return "This must be the address of a name server, such as 192.0.2.1 or "
		       "[2001:db8::1]:53.";
	return add(set, &e);
}

bool server_set_equal(const struct server_set *a, const struct server_set *b)
{
	bool is_equal = a->n == b->n;

	for (size_t i = 0; is_equal && i < a->n; i++)
		is_equal = is_same(&a->all[i], &b->all[i]);
	return is_equal;
}

void server_set_pack(const struct server_set *set, struct buf *fields)
{
	char packed[SERVER_SET_MAX * PACKED] = "", *at = packed;

	for (size_t i = 0; i < set->n; i++, at += PACKED) {
		const struct endpoint *e = &set->all[i];
		at[0] = e->address.is_v6 ? 6 : 4;
		memcpy(at + 1, e->address.bytes, e->address.is_v6 ? 16 : 4);
		at[17] = (char)(e->port >> 8);
		at[18] = (char)e->port;
	}
	if (set->n > 0)
		tagged_add(fields, ASKED_SERVERS, (struct span){packed, set->n * PACKED});
}

bool server_set_unpack(struct span fields, struct server_set *ret_set)
{
	struct server_set set = {.n = 0};
	struct span value = {NULL, 0};

	(void)tagged_find(fields, ASKED_SERVERS, &value);
	if (value.len % PACKED != 0 || value.len > SERVER_SET_MAX * PACKED)
		return false;
	for (const uint8_t *at = (const uint8_t *)value.bytes; set.n < value.len / PACKED;
	     at += PACKED) {
		struct endpoint *e = &set.all[set.n++];
		e->address.is_v6 = at[0] == 6;
		memcpy(e->address.bytes, at + 1, e->address.is_v6 ? 16 : 4);
		e->port = (uint16_t)(at[17] << 8 | at[18]);
		if ((at[0] != 4 && at[0] != 6) || e->port == 0)
			return false;
	}
	*ret_set = set;
	return true;
}
