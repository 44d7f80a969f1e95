/* Inside this room: a transfer under way, and what the files of transfers do for each other. Not
 * for other folders. Thread: loop. */
#pragma once

#include <curl/curl.h>
#include <sys/queue.h>

#include "fetch/answer_head.h"
#include "fetch/curl_loop.h"
#include "fetch/tls_link.h"
#include "fetch/transfer.h"
#include "loop/loop.h"

struct transfer {
	TAILQ_ENTRY(transfer) link; /* in `running` */
	struct transfers *transfers;
	CURL *easy; /* owned; of this transfer alone */
	CURLU *url; /* owned */
	struct curl_loop *curl;
	struct curl_slist *headers, *connect_to; /* owned */
	const struct transfer_events *events;
	void *arg;
	struct answer_head head;
	uint64_t most_bytes; /* of a body; 0: any */
	int socket;          /* owned; connected, and not used yet; -1: none */
	struct address address;
	bool keeps_connection, is_tls;
	bool is_stopped;           /* by on_body */
	const char *denied;        /* why the policy refused; static */
	enum reason fault;         /* of the answer's header; NONE: none */
	const char *broken;        /* what it was; static */
	const void *connection;    /* of TLS, and used by this transfer alone; NULL: not known */
	bool is_closed_well;       /* the peer ended TLS */
	const void *tls;           /* of TLS, shared or not; NULL: not known */
	const void *group;         /* borrowed; only compared */
	unsigned most_connections; /* of the group; 0: any number */
	bool is_connecting;        /* it has opened a connection, and no request went out */
	bool is_crowded;           /* its group has all the connections that it may have */
	unsigned n_repeats;        /* since the connection was a dead one */
	bool is_misplaced;         /* it got a connection that is in use, or has spoken unasked */
	struct defer end;          /* of one that was stopped while it was resumed */
	char error[CURL_ERROR_SIZE];
};

struct transfers {
	struct transfers_opts opts;
	char *ca_file, *user_agent; /* owned; ca_file NULL: none */
	const struct policy *policy;
	struct curl_loop *current; /* owned */
	struct curl_loop *old; /* owned; with transfers that began before the present one; NULL */
	size_t n_kept;         /* connections made to be kept, by the present one */
	struct timer idle;
	struct defer retire;
	struct tls_link_watch watch;
	TAILQ_HEAD(, transfer) running;
};

/* transfer_options.c: say what is asked for, of whom, and what libcurl may do. */
void transfer_set_options(struct transfer *t, const struct transfer_request *request);
