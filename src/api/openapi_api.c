/* GET /openapi.yaml and /openapi.json: the description of this API, compiled in from docs/. */
#include "api/api.h"
#include "api/openapi_text.h"

static void respond(
    struct request *rq, const char *content_type, const unsigned char *text, size_t len)
{
	struct buf body;

	buf_init(&body, len);
	buf_add(&body, text, len);
	request_respond(rq, 200, content_type, &body);
}

void openapi_yaml_handle(struct request *rq, struct api *api)
{
	size_t len;
	const unsigned char *text = openapi_yaml(&len);

	(void)api;
	respond(rq, "application/yaml", text, len);
}

void openapi_json_handle(struct request *rq, struct api *api)
{
	size_t len;
	const unsigned char *text = openapi_json(&len);

	(void)api;
	respond(rq, "application/json", text, len);
}
