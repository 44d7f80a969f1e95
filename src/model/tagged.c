/* Tagged fields. */
#include "model/tagged.h"

#include <string.h>

#include "base/varint.h"

void tagged_add(struct buf *fields, uint32_t tag, struct span value)
{
	char *start = buf_reserve(fields, 2 * VARINT_MAX + value.len), *at = start;

	if (at == NULL)
		return;
	at = varint_put(at, tag);
	at = varint_put(at, value.len);
	if (value.len > 0)
		memcpy(at, value.bytes, value.len);
	buf_commit(fields, (size_t)(at - start) + value.len);
}

void tagged_add_number(struct buf *fields, uint32_t tag, uint64_t value)
{
	char bytes[VARINT_MAX];

	tagged_add(fields, tag, (struct span){bytes, (size_t)(varint_put(bytes, value) - bytes)});
}

bool tagged_next(struct span fields, size_t *offset, uint32_t *ret_tag, struct span *ret_value)
{
	uint64_t tag, len;

	if (*offset == fields.len)
		return false;
	const uint8_t *at = (const uint8_t *)fields.bytes + *offset,
		      *end = (const uint8_t *)fields.bytes + fields.len;
	if (!varint_get(&at, end, &tag) || tag > UINT32_MAX || !varint_get(&at, end, &len) ||
	    len > (size_t)(end - at))
		return false;
	*ret_tag = (uint32_t)tag;
	*ret_value = (struct span){(const char *)at, len};
	*offset = (size_t)((const char *)at - fields.bytes) + len;
	return true;
}

bool tagged_find(struct span fields, uint32_t tag, struct span *ret_value)
{
	size_t offset = 0;
	uint32_t found;
	struct span value;

	while (tagged_next(fields, &offset, &found, &value)) {
		if (found == tag) {
			*ret_value = value;
			return true;
		}
	}
	return false;
}

bool tagged_find_number(struct span fields, uint32_t tag, uint64_t *ret_value)
{
	struct span value;

	if (!tagged_find(fields, tag, &value))
		return false;
	const uint8_t *at = (const uint8_t *)value.bytes, *end = at + value.len;
	return varint_get(&at, end, ret_value) && at == end;
}
