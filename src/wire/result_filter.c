/* Filters of results. */
#include "wire/result_filter.h"

#include "model/records.h"
#include "model/tagged.h"

static bool is_wanted_set(const struct result_filter *f, const struct record_set *set)
{
	if (f->has_type && set->type != f->type)
		return false;
	if (f->has_rcode && set->rcode != f->rcode)
		return false;
	if (f->has_reason && set->reason != f->reason)
		return false;
	return f->has_rcode || f->has_reason || set->data.len > 0;
}

static bool has_wanted_set(const struct result_filter *f, struct span records)
{
	struct record_set set;
	size_t offset = 0;

	while (records_next(records, &offset, &set)) {
		if (is_wanted_set(f, &set))
			return true;
	}
	return false;
}

static bool has_wanted_evidence(const struct result_filter *f, const struct result *r)
{
	enum rcode rcode = f->has_rcode ? f->rcode : RCODE_NOERROR;

	for (uint32_t i = 0; i < r->n_evidence; i++) {
		const struct evidence *e = &r->evidence[i];
		if (e->source == SOURCE_DNS && (!f->has_type || e->type == f->type) &&
		    (e->rcode == rcode || (f->has_reason && !f->has_rcode)))
			return true;
	}
	return false;
}

bool result_filter_passes(const struct result_filter *f, const struct result *r)
{
	bool is_about_types = f->has_type || f->has_rcode;
	struct span records;

	if (f->has_status && r->status != f->status)
		return false;
	if (tagged_find(r->tagged, RESULT_TAG_RECORDS, &records))
		return has_wanted_set(f, records) ||
		       (!is_about_types && (!f->has_reason || r->reason == f->reason));
	if (f->has_reason && r->reason != f->reason)
		return false;
	return !is_about_types || has_wanted_evidence(f, r);
}

void result_filter_narrow(const struct result_filter *f, struct result *r, struct buf *fields)
{
	struct span records;
	struct record_set set;
	struct buf kept;
	size_t offset = 0;

	if (!f->has_type || !tagged_find(r->tagged, RESULT_TAG_RECORDS, &records))
		return;
	buf_init(&kept, RESULT_MAX_FIELDS);
	while (records_next(records, &offset, &set)) {
		if (set.type == f->type)
			records_add(&kept, &set);
	}
	buf_clear(fields);
	tagged_add(fields, RESULT_TAG_RECORDS, (struct span){kept.data, kept.len});
	r->tagged = (struct span){fields->data, fields->len};
	buf_done(&kept);
}
