/* What is known of the servers of an engine. Thread: loop. */
#pragma once

#include "base/clock.h"
#include "dns/answer.h"
#include "model/address.h"

struct dns_engine;

enum { DNS_N_RCODES = 24 };

/* Why a server is not asked, or only now and then. */
enum dns_rest {
	DNS_HEALTHY,
	DNS_NO_ROUTE,
	DNS_CLOSED,  /* nobody listens on its port */
	DNS_SILENT,  /* it doesn't answer */
	DNS_FAILING, /* it fails where others answer */
	DNS_LYING,   /* it said what can't be true */
	DNS_UNPROVEN /* it has not answered the first health check */
};
const char *dns_rest_name(enum dns_rest rest);

/* Counters of a server since the start. */
struct dns_server_stats {
	struct endpoint endpoint;
	uint64_t n_sent, n_answers, n_timeouts, n_late, n_mismatches, n_refused, n_tcp;
	uint64_t n_outcomes[DNS_N_OUTCOMES];
	uint64_t
	    n_failures[DNS_N_RCODES]; /* of DNS_FAILED, by response code; others are the last */
	size_t n_in_flight, window, n_sockets;
	size_t n_abandoned; /* questions that were asked again, whose late answer still counts */
	uint64_t n_lies;    /* health checks that found it lying */
	usec_t srtt;        /* usual time to an answer; 0: not known */
	enum dns_rest rest;
	usec_t rest_until; /* by clock_mono, when it is tried again; 0: not known */
};

size_t dns_engine_n_servers(const struct dns_engine *engine);
void dns_engine_server_stats(
    const struct dns_engine *engine, size_t server, struct dns_server_stats *ret_stats);
