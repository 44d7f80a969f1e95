#include "model/registration.h"

#include <string.h>

#include "model/tagged.h"

/* Stored: add at the end, and use no number again. */
enum tag {
	TAG_LIKELY_AVAILABLE = 1,
	TAG_CONFLICT,
	TAG_DETAILS,
	TAG_DROPS,
	TAG_REGISTRAR,
	TAG_CREATED,
	TAG_EXPIRES,
	TAG_STATUS, /* one each */
	TAG_RDAP_URL,
	TAG_RDAP_STATUS,
	TAG_RDAP_AT,
	TAG_RDAP_DURATION,
	TAG_RDAP_DETAIL,
	TAG_KNOWS_FOR_SALE = 30,
	TAG_FOR_SALE, /* one each */
	TAG_CACHED = 40,
};

static void add_text(struct buf *b, enum tag tag, struct span text)
{
	if (text.len > 0)
		tagged_add(b, tag, text);
}

static void add_number(struct buf *b, enum tag tag, uint64_t number)
{
	if (number > 0)
		tagged_add_number(b, tag, number);
}

void registration_facts_add(struct buf *b, const struct registration_facts *facts)
{
	add_number(b, TAG_LIKELY_AVAILABLE, facts->is_likely_available);
	add_number(b, TAG_CONFLICT, facts->has_conflict);
	add_number(b, TAG_DETAILS, facts->has_details);
	add_number(b, TAG_DROPS, facts->drops);
	add_text(b, TAG_REGISTRAR, facts->registrar);
	add_number(b, TAG_CREATED, (uint64_t)facts->created);
	add_number(b, TAG_EXPIRES, (uint64_t)facts->expires);
	for (uint32_t i = 0; i < facts->n_statuses; i++)
		add_text(b, TAG_STATUS, facts->statuses[i]);
	add_text(b, TAG_RDAP_URL, facts->rdap_url);
	add_number(b, TAG_RDAP_STATUS, facts->rdap_status);
	add_number(b, TAG_RDAP_AT, (uint64_t)facts->rdap_at);
	add_number(b, TAG_RDAP_DURATION, (uint64_t)facts->rdap_duration);
	add_text(b, TAG_RDAP_DETAIL, facts->rdap_detail);
	add_number(b, TAG_KNOWS_FOR_SALE, facts->knows_for_sale);
	for (uint32_t i = 0; i < facts->n_for_sale; i++)
		tagged_add(b, TAG_FOR_SALE, facts->for_sale[i]);
	add_number(b, TAG_CACHED, facts->is_cached);
}

static struct span text_of(struct span bytes, enum tag tag)
{
	struct span text = {NULL, 0};

	return tagged_find(bytes, tag, &text) ? text : (struct span){NULL, 0};
}

static uint64_t number_of(struct span bytes, enum tag tag)
{
	uint64_t number = 0;

	return tagged_find_number(bytes, tag, &number) ? number : 0;
}

static usec_t time_of(struct span bytes, enum tag tag)
{
	uint64_t number = number_of(bytes, tag);

	return number <= (uint64_t)CLOCK_WALL_MAX ? (usec_t)number : 0;
}

void registration_facts_read(struct span bytes, struct registration_facts *ret_facts)
{
	struct span value;
	size_t offset = 0;
	uint32_t tag;

	*ret_facts = (struct registration_facts){
	    .is_likely_available = number_of(bytes, TAG_LIKELY_AVAILABLE) > 0,
	    .has_conflict = number_of(bytes, TAG_CONFLICT) > 0,
	    .has_details = number_of(bytes, TAG_DETAILS) > 0,
	    .drops = number_of(bytes, TAG_DROPS) > 0,
	    .registrar = text_of(bytes, TAG_REGISTRAR),
	    .created = time_of(bytes, TAG_CREATED),
	    .expires = time_of(bytes, TAG_EXPIRES),
	    .rdap_url = text_of(bytes, TAG_RDAP_URL),
	    .rdap_status = (uint32_t)number_of(bytes, TAG_RDAP_STATUS),
	    .is_cached = number_of(bytes, TAG_CACHED) > 0,
	    .rdap_at = time_of(bytes, TAG_RDAP_AT),
	    .rdap_duration = time_of(bytes, TAG_RDAP_DURATION),
	    .rdap_detail = text_of(bytes, TAG_RDAP_DETAIL),
	    .knows_for_sale = number_of(bytes, TAG_KNOWS_FOR_SALE) > 0,
	};
	while (tagged_next(bytes, &offset, &tag, &value)) {
		if (tag == TAG_STATUS && ret_facts->n_statuses < REGISTRATION_MAX_STATUSES)
			ret_facts->statuses[ret_facts->n_statuses++] = value;
		if (tag == TAG_FOR_SALE && ret_facts->n_for_sale < REGISTRATION_MAX_FOR_SALE)
			ret_facts->for_sale[ret_facts->n_for_sale++] = value;
	}
}
