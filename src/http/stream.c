/* Answers that are streams, answers that wait, and how many there may be of them. */
#include "http/request_private.h"

enum { STREAM_BLOCK = 64 << 10 };

static ssize_t on_stream_read(void *arg, uint64_t pos, char *bytes, size_t max)
{
	struct request *rq = arg;

	(void)pos;
	if (rq->is_cut)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	ssize_t n = rq->stream.read(bytes, max, rq->stream_arg);
	if (n == STREAM_END)
		return MHD_CONTENT_READER_END_OF_STREAM;
	if (n == STREAM_FAILED)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (n == STREAM_WAIT)
		request_suspend(rq);
	return n;
}

/* Change the counters that a stream or a waiting request counts in. */
static void count_stream(struct request *rq, int change)
{
	bool is_live = rq->stream.is_live || rq->is_waiting;
	struct server *server = rq->server;

	*(is_live ? &server->n_live : &server->n_finite) += (size_t)change;
	for (int i = 0; i < 2; i++) {
		if (rq->shares[i] != NULL)
			*(is_live ? &rq->shares[i]->n_live : &rq->shares[i]->n_finite) +=
			    (size_t)change;
	}
}

static void find_shares(struct request *rq)
{
	if (rq->client != NULL && rq->client->share != NULL)
		rq->shares[0] = door_share_address(rq->server, &rq->client->endpoint.address);
	if (rq->token_name != NULL)
		rq->shares[1] = door_share_token(rq->server, rq->token_name);
}

/* Why one more stream is not allowed; NULL: it is. Streams that wait for events can last forever,
 * so they are counted apart from those that end by themselves. */
static const char *find_crowd(const struct request *rq, bool is_live)
{
	const struct server *server = rq->server;

	if ((is_live ? server->n_live : server->n_finite) >= server->opts.max_streams)
		return "Too many streams are open.";
	for (int i = 0; i < 2; i++) {
		const struct share *share = rq->shares[i];
		if (share != NULL && (is_live ? share->n_live : share->n_finite) >=
					 server->opts.max_streams_per_client)
			return i == 0 ? "Too many streams are open from this address."
				      : "Too many streams are open with this token.";
	}
	return NULL;
}

static void on_stream_free(void *arg)
{
	struct request *rq = arg;

	count_stream(rq, -1);
	rq->stream.close(rq->stream_arg);
	rq->is_stream_open = false;
	request_free_when_over(
	    rq); /* libmicrohttpd may keep the answer longer than the connection */
}

void request_stream(
    struct request *rq, const char *content_type, const struct stream_events *events, void *arg)
{
	request_stream_sized(rq, 200, content_type, MHD_SIZE_UNKNOWN, events, arg);
}

void request_stream_sized(struct request *rq, int status, const char *content_type,
    uint64_t n_bytes, const struct stream_events *events, void *arg)
{
	rq->stream = *events;
	rq->stream_arg = arg;
	find_shares(rq);
	const char *crowd = find_crowd(rq, events->is_live);
	if (crowd != NULL && rq->connection != NULL && rq->response == NULL) {
		rq->is_turned_away = true;
		buf_clear(&rq->headers); /* headers of the body that is not sent */
		request_refuse(rq, 503, "%s", crowd);
		return;
	}
	rq->is_streaming = rq->is_stream_open = true;
	count_stream(rq, 1);
	struct MHD_Response *response = MHD_create_response_from_callback(
	    n_bytes, STREAM_BLOCK, on_stream_read, rq, on_stream_free);
	MHD_add_response_header(response, "Content-Type", content_type);
	if (n_bytes == MHD_SIZE_UNKNOWN) { /* a proxy shall pass on what there is */
		MHD_add_response_header(response, "Cache-Control", "no-transform");
		MHD_add_response_header(response, "X-Accel-Buffering", "no");
	}
	request_answer(rq, status, response);
}

bool request_wait(struct request *rq, loop_fn *on_gone, void *arg)
{
	find_shares(rq);
	const char *crowd = rq->is_cut ? "The client has gone." : find_crowd(rq, true);
	if (crowd != NULL) {
		request_refuse(rq, 503, "%s", crowd);
		return false;
	}
	request_set_slow(rq);
	rq->is_waiting = true;
	rq->on_gone = on_gone;
	rq->wait_arg = arg;
	if (rq->client != NULL)
		rq->client->is_quiet = true;
	count_stream(rq, 1);
	return true;
}

void request_end_wait(struct request *rq)
{
	if (!rq->is_waiting)
		return;
	count_stream(rq, -1);
	rq->is_waiting = false;
}
