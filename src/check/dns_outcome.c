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

struct server_metrics {
	struct dns_engine *engine;
	size_t index;
	struct metric_cell *answers[N_RCODES];
};

struct dns_metrics {
	struct metric_cell *duration;
	size_t n_servers;
	struct server_metrics servers[];
};

static struct dns_server_stats stats_of(void *arg)
{
	const struct server_metrics *m = arg;
	struct dns_server_stats stats;

	dns_engine_server_stats(m->engine, m->index, &stats);
	return stats;
}

static double get_sent(void *arg)
{
	return (double)stats_of(arg).n_sent;
}

static double get_late(void *arg)
{
	return (double)stats_of(arg).n_late;
}

static double get_mismatches(void *arg)
{
	return (double)stats_of(arg).n_mismatches;
}

static double get_lies(void *arg)
{
	return (double)stats_of(arg).n_lies;
}

static double get_healthy(void *arg)
{
	return stats_of(arg).rest == DNS_HEALTHY ? 1 : 0;
}

static double get_window(void *arg)
{
	return (double)stats_of(arg).window;
}

static double get_in_flight(void *arg)
{
	return (double)stats_of(arg).n_in_flight;
}

static double get_abandoned(void *arg)
{
	return (double)stats_of(arg).n_abandoned;
}

static void add_server(struct server_metrics *m)
{
	struct dns_server_stats stats = stats_of(m);
	char name[ENDPOINT_TEXT_SIZE];

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
	size_t n = dns_engine_n_servers(engine);
	struct dns_metrics *m = xcalloc(1, sizeof(*m) + n * sizeof(m->servers[0]));

	m->duration = metrics_cell(METRIC_DNS_DURATION);
	m->n_servers = n;
	for (size_t i = 0; i < n; i++) {
		m->servers[i] = (struct server_metrics){.engine = engine, .index = i};
		add_server(&m->servers[i]);
	}
	return m;
}

void dns_metrics_free(struct dns_metrics *m)
{
	free(m);
}

void dns_metrics_count(struct dns_metrics *m, const struct dns_try *try, enum rcode rcode)
{
	metric_add(m->servers[try->index].answers[rcode], 1);
	if (rcode != RCODE_TIMEOUT)
		metric_observe(m->duration, (double)try->rtt / USEC_PER_SEC);
}
