/* GET /limits: which limits are in force. */
#include "api/api.h"

void limits_handle(struct request *rq, struct api *api)
{
	struct buf body;

	buf_init(&body, 1 << 16);
	buf_add_str(&body, api->limits);
	request_respond(rq, 200, "application/json", &body);
}
