/* Changes and outcomes as JSON. */
#include "wire/change_text.h"

#include <string.h>

#include "wire/json_text.h"

static void add_outcome(struct buf *b, const struct finding *o)
{
	buf_addf(b, "\"status\":\"%s\",\"reason\":", item_status_name(o->status));
	json_add_optional(b, reason_name(o->reason));
	buf_add_str(b, ",\"value\":");
	json_add_string(b, o->value, strlen(o->value));
}

static void add_job(struct buf *b, const struct id *job)
{
	char text[ID_TEXT_SIZE];

	id_format(job, text);
	buf_addf(b, ",\"job_id\":\"%s\"", text);
}

void change_add_json(struct buf *b, const struct change *c)
{
	buf_addf(b, "{\"seq\":%llu,\"at\":", (unsigned long long)c->seq);
	json_add_time(b, c->at);
	add_job(b, &c->job);
	buf_add_str(b, ",\"target\":");
	json_add_string(b, c->target.bytes, c->target.len);
	buf_add_str(b, ",\"from\":{");
	add_outcome(b, &c->from);
	buf_add_str(b, "},\"to\":{");
	add_outcome(b, &c->to);
	buf_add_str(b, "}}");
}

void change_add_event(struct buf *b, const struct change *c)
{
	buf_addf(b, "event: change\nid: %llu\ndata: ", (unsigned long long)c->seq);
	change_add_json(b, c);
	buf_add_str(b, "\n\n");
}

void outcome_add_json(struct buf *b, struct span target, const struct finding *outcome,
    usec_t since, const struct id *job)
{
	buf_add_str(b, "{\"target\":");
	json_add_string(b, target.bytes, target.len);
	buf_add_char(b, ',');
	add_outcome(b, outcome);
	buf_add_str(b, ",\"since\":");
	json_add_time(b, since);
	add_job(b, job);
	buf_add_char(b, '}');
}
