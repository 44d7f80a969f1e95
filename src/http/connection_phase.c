/* The phases of a connection. */
#include <assert.h>

#include "base/log.h"
#include "http/connection.h"
#include "http/door.h"

void connection_set_phase(struct connection *c, enum connection_phase phase)
{
	static const struct {
		const char *name;
		unsigned next; /* bits of the phases that may follow, beside PHASE_CLOSING */
	} rows[] = {[PHASE_HEADER] = {"header", 1 << PHASE_BODY},
	    [PHASE_IDLE] = {"idle", 1 << PHASE_HEADER | 1 << PHASE_BODY},
	    [PHASE_BODY] = {"body", 1 << PHASE_WORK | 1 << PHASE_ANSWER},
	    [PHASE_WORK] = {"work", 1 << PHASE_ANSWER | 1 << PHASE_DRAIN},
	    [PHASE_ANSWER] = {"answer", 1 << PHASE_DRAIN},
	    [PHASE_DRAIN] = {"drain", 1 << PHASE_IDLE | 1 << PHASE_HEADER | 1 << PHASE_BODY},
	    [PHASE_CLOSING] = {"closing", 0}};

	assert(phase == PHASE_CLOSING || (rows[c->phase].next >> phase & 1) != 0);
	log_debug("connection_phase", "connection=%p from=%s to=%s", (void *)c, rows[c->phase].name,
	    rows[phase].name);
	c->phase = phase;
}

void connection_enter(struct connection *c, enum connection_phase phase)
{
	connection_set_phase(c, phase);
	door_measure(c, 0);
	c->is_measured = false;
}
