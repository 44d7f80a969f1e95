/* Who brings questions to a server that is not asked by UDP and TCP, such as one that speaks HTTPS.
 * Thread: loop. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dns_engine;

/* Where an answer goes: a value. */
struct dns_carried {
	struct dns_engine *engine; /* borrowed */
	size_t server;
	uint16_t id; /* of the message */
};

struct dns_carrier {
	/* Begin to bring a message (borrowed for the call) to the server. False: it can't be. One
	 * of the two functions below is called then, once and not before this has returned, while
	 * the engine lives. */
	bool (*ask)(void *arg, const uint8_t *message, size_t len, const struct dns_carried *to);
	void (*free)(void *arg); /* the engine asks no more */
	void *arg;
};

void dns_carried_answer(const struct dns_carried *to, const uint8_t *message, size_t len);
void dns_carried_failure(const struct dns_carried *to); /* there will be no answer */
