/* See fetch_bench.h. */
#include "fetch_bench.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../unit.h"
#include "base/alloc.h"
#include "base/metrics.h"

static const char hosts[] = "127.0.0.1 one.test other.test\n"
			    "127.0.0.2 second.test\n"
			    "127.0.0.1 second.test\n"
			    "10.0.0.1 mixed.test private.test\n"
			    "127.0.0.1 mixed.test\n";

static const struct dns_rule dns_rules[] = {
    {"servfail.test", RR_A, 1, 0, DNS_SERVFAIL, 0},
    {"silent.test", RR_A, 1, 0, DNS_SILENT, 0},
    {.name = NULL},
};

/* Stands for wire/flag_metadata.h, which the checker does not know: the text itself, unless it is
 * empty or begins with `-`. */
static bool find_country(const char *json, size_t len, char *ret_country, size_t size)
{
	if (len == 0 || json[0] == '-' || len >= size)
		return false;
	memcpy(ret_country, json, len);
	ret_country[len] = '\0';
	return true;
}

static int bind_refusing(void)
{
	struct sockaddr_in address = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

void fetch_bench_begin(struct fetch_bench *b, const struct http_rule *rules)
{
	char path[128];
	struct endpoint server;
	struct checker_opts checker = {.servers = &server,
	    .n_servers = 1,
	    .hosts_path = path,
	    .timeout = 20 * USEC_PER_SEC,
	    .attempts = 1};

	*b = (struct fetch_bench){.refusing_fd = bind_refusing()};
	place_begin(&b->place, 2);
	place_write(&b->place, "hosts", hosts, strlen(hosts));
	place_make_folder(&b->place, "files");
	snprintf(path, sizeof(path), "%s/hosts", b->place.path);
	b->dns = fake_dns_new(dns_rules);
	server = fake_dns_endpoint(b->dns);
	b->checker = checker_new(b->place.loop, &checker);
	ck_assert_ptr_nonnull(b->checker);
	fake_dns_start(b->dns, b->place.loop);
	b->http = fake_http_new(b->place.loop, rules);
	b->opts = (struct fetcher_opts){.loop = b->place.loop,
	    .offload = b->place.offload,
	    .checker = b->checker,
	    .user_agent = "asyncprobed/test",
	    .find_country = find_country,
	    .total = 100,
	    .per_host = 20,
	    .h2_streams = 100,
	    .max_bytes = 64 << 20,
	    .timeout = 20 * USEC_PER_SEC,
	    .connect_timeout = 10 * USEC_PER_SEC,
	    .attempts = 1};
}

void fetch_bench_start(struct fetch_bench *b)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/files", b->place.path);
	b->opts.folder = path;
	ck_assert_int_eq(fetcher_new(&b->opts, &b->fetcher), OK);
	b->opts.folder = NULL;
	place_settle(&b->place); /* what is there is counted */
	fetch_bench_allow(b, "127.0.0.0/8", "", "1-65535");
}

void fetch_bench_allow(
    struct fetch_bench *b, const char *allow, const char *deny, const char *ports)
{
	const struct policy_opts opts = {.allow = allow, .deny = deny, .ports = ports};
	struct policy *old = b->policy;

	b->policy = policy_new(&opts);
	fetcher_set_policy(b->fetcher, b->policy);
	policy_free(old);
}

void fetch_bench_end(struct fetch_bench *b)
{
	place_stop(&b->place);
	fetcher_free(b->fetcher);
	policy_free(b->policy);
	checker_free(b->checker);
	fake_http_free(b->http);
	fake_dns_free(b->dns);
	close(b->refusing_fd);
	place_end(&b->place);
}

static void keep(char *ret_text, size_t size, struct span s)
{
	snprintf(ret_text, size, "%.*s", (int)s.len, s.bytes != NULL ? s.bytes : "");
}

static void on_done(const struct result *result, void *arg)
{
	struct fetched *f = arg;
	const struct file_result *file = &result->file;

	ck_assert(result->is_file);
	f->n_done++;
	f->fetch = NULL;
	f->result = *result;
	keep(f->url, sizeof(f->url), (struct span){result->name, result->name_len});
	keep(f->name, sizeof(f->name), file->file_name);
	keep(f->detail, sizeof(f->detail), file->detail);
	keep(f->type, sizeof(f->type), file->content_type);
	keep(f->final_url, sizeof(f->final_url), file->final_url);
	keep(f->country, sizeof(f->country), file->country);
}

static void on_saving(void *arg)
{
	struct fetched *f = arg;

	ck_assert_uint_eq(f->n_done, 0);
	f->n_saving++;
}

static uint16_t port_of(int fd)
{
	struct sockaddr_in address;
	socklen_t len = sizeof(address);

	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	return ntohs(address.sin_port);
}

void fetch_bench_expand(const struct fetch_bench *b, const char *url, struct buf *ret_text)
{
	while (*url != '\0') {
		if (strncmp(url, "{port}", 6) == 0) {
			buf_addf(ret_text, "%u", fake_http_port(b->http));
			url += 6;
		} else if (strncmp(url, "{refused}", 9) == 0) {
			buf_addf(ret_text, "%u", port_of(b->refusing_fd));
			url += 9;
		} else {
			buf_add_char(ret_text, *url++);
		}
	}
}

void fetch_begin(struct fetch_bench *b, struct fetched *f, const char *url,
    const struct file_item *item, usec_t timeout, uint32_t attempts)
{
	struct file_item whole = *item;
	struct buf text, packed;

	*f = (struct fetched){.bench = b};
	buf_init(&text, FILE_MAX_URL);
	buf_init(&packed, FILE_ITEM_MAX);
	fetch_bench_expand(b, url, &text);
	whole.url = (struct span){text.data, text.len};
	file_item_add(&packed, &whole);
	struct fetch_request request = {.job = place_job(1),
	    .index = 7,
	    .item = packed.data,
	    .item_len = packed.len,
	    .timeout = timeout,
	    .attempts = attempts,
	    .on_saving = on_saving};
	f->fetch = fetch_start(b->fetcher, &request, on_done, f);
	ck_assert_uint_eq(f->n_done, 0);
	buf_done(&text);
	buf_done(&packed);
}

static bool is_done(void *arg)
{
	return ((struct fetched *)arg)->n_done > 0;
}

void fetch_wait(struct fetched *f)
{
	run_until(f->bench->place.loop, is_done, f, "the end of a fetch");
	ck_assert_uint_eq(f->n_done, 1);
	ck_assert_uint_eq(f->result.index, 7);
}

void fetch_one(struct fetch_bench *b, struct fetched *f, const char *url, const char *name)
{
	fetch_begin(b, f, url, &(struct file_item){.name = {name, strlen(name)}}, 0, 1);
	fetch_wait(f);
}

char *fetch_list(struct fetch_bench *b)
{
	char path[64];

	snprintf(path, sizeof(path), "files/%s", place_job_text(1));
	return place_list(&b->place, path);
}

double fetch_metric(const char *name)
{
	struct buf b;
	char line[128];

	buf_init(&b, 1 << 20);
	metrics_write(&b, METRICS_TEXT);
	snprintf(line, sizeof(line), "\n%s ", name);
	const char *at = strstr(b.data, line);
	ck_assert_msg(at != NULL, "there is no metric %s", name);
	double value = strtod(at + strlen(line), NULL);
	buf_done(&b);
	return value;
}

void fetch_check_nothing_left(struct fetch_bench *b, const char *row)
{
	place_stop(&b->place); /* what is cleaned up is cleaned up by the pool */
	AUTO_FREE char *left = place_list(&b->place, "files");
	ck_assert_msg(strcmp(left, ".part/") == 0, "%s: %s", row, left);
	double used = fetch_metric("asyncprobed_downloads_bytes");
	ck_assert_msg(used == 0, "%s: %.0f bytes are counted", row, used);
	ck_assert_msg(fetcher_in_flight(b->fetcher) == 0, "%s", row);
	double running = fetch_metric("asyncprobed_transfers_in_flight");
	ck_assert_msg(running == 0, "%s: %.0f run", row, running);
}
