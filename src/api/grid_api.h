/* GET /jobs/{id}/results?format=grid. Thread: loop. */
#pragma once

#include "api/api.h"

/* Answer with the results of a job as a grid (wire/grid.h), or refuse. */
void grid_respond(struct request *rq, struct api *api, const struct job *job);
