/* What the DNS engine says. */
#include "check/dns_outcome.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/metrics.h"

static enum rcode failure_rcode(unsigned rcode)
{
	static const struct {
		unsigned wire;
		enum rcode rcode;
	} rows[] = {{1, RCODE_FORMERR}, {2, RCODE_SERVFAIL}, {4, RCODE_NOTIMP}, {5, RCODE_REFUSED},
	    {6, RCODE_YXDOMAIN}, {9, RCODE_NOTAUTH}, {16, RCODE_BADVERS}, {23, RCODE_BADCOOKIE}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].wire == rcode)
			return rows[i].rcode;
	}
	return RCODE_OTHER;
}

enum rcode dns_outcome_rcode(enum dns_outcome outcome, unsigned rcode)
{
	static const enum rcode rcodes[DNS_N_OUTCOMES] = {[DNS_DATA] = RCODE_NOERROR,
	    [DNS_NODATA] = RCODE_NODATA,
	    [DNS_NXDOMAIN] = RCODE_NXDOMAIN,
	    [DNS_REFERRAL] = RCODE_REFERRAL,
	    [DNS_LAME] = RCODE_LAME,
	    [DNS_TRUNCATED] = RCODE_TRUNCATED,
	    [DNS_MALFORMED] = RCODE_MALFORMED,
	    [DNS_TIMED_OUT] = RCODE_TIMEOUT};

	return outcome == DNS_FAILED ? failure_rcode(rcode) : rcodes[outcome];
}

enum rcode dns_outcome_of(const struct dns_result *result)
{
	unsigned rcode = result->n_tries > 0 ? result->tries[result->n_tries - 1].rcode : 0;

	return dns_outcome_rcode(result->outcome, rcode);
}

void dns_outcome_add_chain(const struct dns_answer *answer, struct buf *texts)
{
	const struct dns_message *m = answer->message;
	struct dns_name name;

	for (unsigned i = 0; i < answer->n_chain; i++) {
		size_t at = answer->chain[i];
		if (!dns_name_read(m->bytes, m->len, &at, &name))
			continue; /* it was read before */
		dns_name_format(&name, texts);
		buf_add_char(texts, '\0');
	}
}

uint8_t dns_outcome_zone(const struct dns_answer *answer, size_t name_len)
{
	const struct dns_message *m = answer->message;
	size_t at = DNS_HEADER_SIZE, soa_at = m->soa_owner;
	struct dns_name name, zone;

	if (!m->has_soa || answer->n_chain > 0 || !dns_name_read(m->bytes, m->len, &at, &name) ||
	    !dns_name_read(m->bytes, m->len, &soa_at, &zone) || !dns_name_is_under(&name, &zone))
		return 0;
	/* a text with escapes has other lengths than the name */
	return name.len == name_len + 2 && zone.len > 2 ? (uint8_t)(zone.len - 2) : 0;
}

enum reason dns_outcome_reason(enum rcode rcode)
{
	switch (rcode) {
	case RCODE_TIMEOUT:
		return REASON_TIMEOUT;
	case RCODE_TRUNCATED:
		return REASON_TRUNCATED;
	case RCODE_MALFORMED:
	case RCODE_FORMERR:
		return REASON_MALFORMED;
	case RCODE_REFERRAL:
	case RCODE_LAME:
		return REASON_LAME;
	case RCODE_REFUSED:
	case RCODE_NOTIMP:
	case RCODE_NOTAUTH:
		return REASON_REFUSED;
	default:
		return REASON_SERVFAIL;
	}
}

void dns_outcome_server(const struct dns_engine *engine, size_t i, struct name_server *ret_server)
{
	struct dns_server_stats stats;

	dns_engine_server_stats(engine, i, &stats);
	*ret_server = (struct name_server){.rtt = stats.srtt,
	    .window = stats.window,
	    .in_flight = stats.n_in_flight,
	    .queries = stats.n_sent + stats.n_tcp,
	    .late = stats.n_late,
	    .mismatches = stats.n_mismatches,
	    .lies = stats.n_lies};
	endpoint_format(&stats.endpoint, ret_server->address);
	if (stats.rest != DNS_HEALTHY)
		ret_server->rests = dns_rest_name(stats.rest);
	if (stats.rest_until > 0)
		ret_server->rests_until = clock_wall() + stats.rest_until - clock_mono();
	for (int o = 0; o < DNS_N_OUTCOMES; o++) {
		if (o != DNS_FAILED && o != DNS_TIMED_OUT)
			ret_server->outcomes[dns_outcome_rcode(o, 0)] += stats.n_outcomes[o];
	}
	for (unsigned rcode = 0; rcode < DNS_N_RCODES; rcode++)
		ret_server->outcomes[failure_rcode(rcode)] += stats.n_failures[rcode];
	ret_server->outcomes[RCODE_TIMEOUT] = stats.n_timeouts;
}

/* More servers than MANY have one set of series together. */
enum { MANY = 64 };

#define SUM_AGE (100 * USEC_PER_MSEC) /* of a sum over many that is used again */

/* The series of the servers from `index` on. */
struct server_metrics {
	struct dns_engine *engine;
	size_t index, n_servers;
	usec_t summed_at;
	struct dns_server_stats sum; /* and how many are healthy: */
	size_t n_healthy;
	struct metric_cell *answers[N_RCODES];
};

struct dns_metrics {
	struct metric_cell *duration;
	size_t n_series;
	struct server_metrics series[];
};

static void add_stats(struct server_metrics *m, const struct dns_server_stats *stats)
{
	m->sum.n_sent += stats->n_sent;
	m->sum.n_late += stats->n_late;
	m->sum.n_mismatches += stats->n_mismatches;
	m->sum.n_lies += stats->n_lies;
	m->sum.window += stats->window;
	m->sum.n_in_flight += stats->n_in_flight;
	m->sum.n_abandoned += stats->n_abandoned;
	m->n_healthy += stats->rest == DNS_HEALTHY ? 1 : 0;
}

static const struct server_metrics *sum_up(void *arg)
{
	struct server_metrics *m = arg;
	struct dns_server_stats stats;
	usec_t now = clock_mono();

	if (m->n_servers > 1 && m->summed_at > 0 && now - m->summed_at < SUM_AGE)
		return m;
	m->sum = (struct dns_server_stats){.n_sent = 0};
	m->n_healthy = 0;
	for (size_t i = 0; i < m->n_servers; i++) {
		dns_engine_server_stats(m->engine, m->index + i, &stats);
		add_stats(m, &stats);
	}
	m->summed_at = now;
	return m;
}

METRIC_GETTER(get_sent, struct server_metrics, sum_up(self)->sum.n_sent)
METRIC_GETTER(get_late, struct server_metrics, sum_up(self)->sum.n_late)
METRIC_GETTER(get_mismatches, struct server_metrics, sum_up(self)->sum.n_mismatches)
METRIC_GETTER(get_lies, struct server_metrics, sum_up(self)->sum.n_lies)
METRIC_GETTER(get_healthy, struct server_metrics, sum_up(self)->n_healthy)
METRIC_GETTER(get_window, struct server_metrics, sum_up(self)->sum.window)
METRIC_GETTER(get_in_flight, struct server_metrics, sum_up(self)->sum.n_in_flight)
METRIC_GETTER(get_abandoned, struct server_metrics, sum_up(self)->sum.n_abandoned)

static void add_server(struct server_metrics *m)
{
	struct dns_server_stats stats;
	char name[ENDPOINT_TEXT_SIZE] = "all";

	dns_engine_server_stats(m->engine, m->index, &stats);
	if (m->n_servers == 1)
		endpoint_format(&stats.endpoint, name);
	metrics_getter(METRIC_DNS_QUERIES, get_sent, m, name);
	metrics_getter(METRIC_DNS_LATE, get_late, m, name);
	metrics_getter(METRIC_DNS_MISMATCHES, get_mismatches, m, name);
	metrics_getter(METRIC_DNS_LIES, get_lies, m, name);
	metrics_getter(METRIC_DNS_HEALTHY, get_healthy, m, name);
	metrics_getter(METRIC_DNS_WINDOW, get_window, m, name);
	metrics_getter(METRIC_DNS_IN_FLIGHT, get_in_flight, m, name);
	metrics_getter(METRIC_DNS_ABANDONED, get_abandoned, m, name);
	for (int i = 0; i < N_RCODES; i++) {
		const char *rcode = rcode_name((enum rcode)i);
		char outcome[16] = "";
		for (size_t n = 0; rcode[n] != '\0'; n++)
			outcome[n] = (char)(rcode[n] | 0x20);
		m->answers[i] = metrics_cell(METRIC_DNS_ANSWERS, name, outcome);
	}
}

struct dns_metrics *dns_metrics_new(struct dns_engine *engine)
{
	size_t n_servers = dns_engine_n_servers(engine), n = n_servers <= MANY ? n_servers : 1;
	struct dns_metrics *m = xcalloc(1, sizeof(*m) + n * sizeof(m->series[0]));

	m->duration = metrics_cell(METRIC_DNS_DURATION);
	m->n_series = n;
	for (size_t i = 0; i < n; i++) {
		m->series[i] = (struct server_metrics){
		    .engine = engine, .index = i, .n_servers = n_servers <= MANY ? 1 : n_servers};
		add_server(&m->series[i]);
	}
	return m;
}

void dns_metrics_free(struct dns_metrics *m)
{
	for (size_t i = 0; m != NULL && i < m->n_series; i++)
		metrics_forget(&m->series[i]);
	free(m);
}

void dns_metrics_count(struct dns_metrics *m, const struct dns_result *result)
{
	for (unsigned i = 0; m != NULL && i < result->n_tries; i++) {
		const struct dns_try *try = &result->tries[i];
		enum rcode rcode = dns_outcome_rcode(try->outcome, try->rcode);
		size_t series = try->index < m->n_series ? try->index : 0;
		metric_add(m->series[series].answers[rcode], 1);
		if (rcode != RCODE_TIMEOUT)
			metric_observe(m->duration, (double)try->rtt / USEC_PER_SEC);
	}
}
