/* Submissions. One table of numbers serves both forms. Thread: main. */
#include "ctl/submit.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "wire/json_text.h"

struct number {
	const char *name;
	uint64_t value; /* 0: left to the daemon */
};

enum { N_NUMBERS = 5 };

static void list_numbers(const struct spec *spec, struct number ret_numbers[static N_NUMBERS])
{
	ret_numbers[0] = (struct number){"max_length", spec->max_length};
	ret_numbers[1] = (struct number){"concurrency", spec->params.concurrency};
	ret_numbers[2] = (struct number){"rate", spec->params.rate};
	ret_numbers[3] =
	    (struct number){"timeout_ms", (uint64_t)(spec->params.timeout / USEC_PER_MSEC)};
	ret_numbers[4] = (struct number){"attempts", spec->params.attempts};
}

/* --- As JSON --- */

static void add_text(struct buf *b, const char *name, const char *value)
{
	if (value == NULL)
		return;
	buf_addf(b, ",\"%s\":", name);
	json_add_string(b, value, strlen(value));
}

static void add_list(struct buf *b, const char *name, const struct text_list *list)
{
	const char *text = NULL;

	if (list->n == 0)
		return;
	buf_addf(b, ",\"%s\":", name);
	for (char before = '['; (text = text_list_next(list, text)) != NULL; before = ',') {
		buf_add_char(b, before);
		json_add_string(b, text, strlen(text));
	}
	buf_add_char(b, ']');
}

static void add_json(struct buf *b, const struct spec *spec)
{
	struct number numbers[N_NUMBERS];

	list_numbers(spec, numbers);
	buf_addf(b, "{\"kind\":\"%s\",\"check\":\"%s\"", job_kind_name(spec->kind),
	    job_check_name(spec->check));
	add_list(b, "domains", &spec->domains);
	add_list(b, "names", &spec->names);
	add_list(b, "tlds", &spec->tlds);
	add_text(b, "preset", spec->preset);
	add_text(b, "label", spec->label);
	for (int i = 0; i < N_NUMBERS; i++) {
		if (numbers[i].value > 0)
			buf_addf(b, ",\"%s\":%llu", numbers[i].name,
			    (unsigned long long)numbers[i].value);
	}
	buf_add_char(b, '}');
}

/* --- As a query --- */

static void add_query_list(struct buf *path, const char *name, const struct text_list *list)
{
	struct buf joined;
	const char *text = NULL;

	if (list->n == 0)
		return;
	buf_init(&joined, SIZE_MAX / 2);
	while ((text = text_list_next(list, text)) != NULL) {
		if (joined.len > 0)
			buf_add_char(&joined, ',');
		buf_add_str(&joined, text);
	}
	http_add_query(path, name, joined.len > 0 ? joined.data : "");
	buf_done(&joined);
}

static void add_query(struct buf *path, const struct spec *spec)
{
	struct number numbers[N_NUMBERS];
	char digits[24];

	list_numbers(spec, numbers);
	http_add_query(path, "kind", job_kind_name(spec->kind));
	http_add_query(path, "check", job_check_name(spec->check));
	add_query_list(path, "domains", &spec->domains);
	add_query_list(path, "names", &spec->names);
	add_query_list(path, "tlds", &spec->tlds);
	if (spec->preset != NULL)
		http_add_query(path, "preset", spec->preset);
	if (spec->label != NULL)
		http_add_query(path, "label", spec->label);
	for (int i = 0; i < N_NUMBERS; i++) {
		snprintf(digits, sizeof(digits), "%llu", (unsigned long long)numbers[i].value);
		if (numbers[i].value > 0)
			http_add_query(path, numbers[i].name, digits);
	}
}

/* --- Sending --- */

struct upload {
	const struct submit_opts *opts;
	usec_t ended_at; /* monotonic; 0: not yet */
};

static ssize_t on_read(char *bytes, size_t max, void *arg)
{
	struct upload *u = arg;
	size_t n = fread(bytes, 1, max, u->opts->lines);

	if (n == 0 && ferror(u->opts->lines)) {
		fprintf(stderr, "asyncprobectl: %s: %s\n", u->opts->lines_name, strerror(errno));
		return -1;
	}
	if (n == 0)
		u->ended_at = clock_mono();
	return (ssize_t)n;
}

struct http_call *submit_spec(
    struct http *http, const struct spec *spec, const struct submit_opts *opts, usec_t *ret_since)
{
	usec_t since = clock_mono();
	struct upload upload = {.opts = opts};
	struct buf path, body;
	struct http_request request = {
	    .method = "POST", .idempotency_key = opts->idempotency_key, .arg = &upload};

	buf_init(&path, SIZE_MAX / 2);
	buf_init(&body, SIZE_MAX / 2);
	buf_add_str(&path, "/jobs");
	if (spec->is_dry_run)
		http_add_query(&path, "dry_run", "true");
	if (opts->lines != NULL) {
		add_query(&path, spec);
		request.content_type = "text/plain";
		request.read_body = on_read;
	} else {
		add_json(&body, spec);
		request.content_type = "application/json";
		request.body = body.data;
		request.body_len = body.len;
	}
	request.path = path.data;
	struct http_call *call = http_run(http, &request);
	*ret_since = upload.ended_at > 0 ? upload.ended_at : since;
	buf_done(&path);
	buf_done(&body);
	return call;
}
