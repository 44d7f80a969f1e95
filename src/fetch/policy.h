/* Which addresses a download may connect to. Asked for every address that a name resolved to, and
 * again for every connection, new or reused: what counts is where the bytes go, never how the URL
 * spelt it.
 *
 * The first rule that fits decides:
 *  1. the port is not in targets.ports: denied;
 *  2. the address is in targets.deny: denied;
 *  3. a cloud's metadata service, or a listener of this daemon: denied, unless targets.allow has
 *     exactly that address; a range around it is not enough;
 *  4. in targets.allow: allowed;
 *  5. not globally reachable by the IANA special-purpose registries (RFC 6890, RFC 8190): denied;
 *  6. else allowed.
 * A mapped address (::ffff:192.0.2.1) is the IPv4 address in every respect, here and in the lists.
 * Other IPv6 addresses that carry an IPv4 address (NAT64, 6to4, Teredo, ISATAP, ...) are allowed
 * only when rules 2 to 6 allow both.
 *
 * A policy never changes once made. Thread: any. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "model/result.h"

struct policy;

/* All borrowed for the call. Elements of lists are separated as in the settings: by commas, spaces,
 * tabs or line ends. */
struct policy_opts {
	const char *allow, *deny; /* addresses and CIDR; NULL is an empty list */
	const char *ports;        /* ports and ranges, `80,443,8000-8100`; at least one */
	/* Where this daemon listens, with the ports it really has. A zero address (0.0.0.0, ::)
	 * stands for every address of this machine, in both families. */
	const struct endpoint *listeners;
	size_t n_listeners;
};

/* Make a policy of lists that were found valid. Addresses of this machine, where a listener stands
 * for all of them, are those it has now; when the system doesn't tell them, the listener's port is
 * denied at every address. */
struct policy *policy_new(const struct policy_opts *opts);
void policy_free(struct policy *policy);

/* Say whether a list can be used; otherwise add to `why` which element can't, and the reason. An
 * empty list of addresses is valid, an empty list of ports is not. */
bool policy_list_is_valid(const char *list, struct buf *why);
bool policy_ports_are_valid(const char *ports, struct buf *why);

/* Return NULL when connecting is allowed, else the reason in a few words for people ("private
 * address"), static. Of an address that carries another, the other's reason comes first. */
const char *policy_judge(const struct policy *policy, const struct endpoint *target);

/* The same by rules 2 to 6: whatever the port. */
const char *policy_judge_address(const struct policy *policy, const struct endpoint *target);
/* The same for a name server that a job brings: port 53 is always allowed. */
const char *policy_judge_name_server(const struct policy *policy, const struct endpoint *server);

/* Say whether the port is allowed, for refusing a URL before its name is resolved. */
bool policy_allows_port(const struct policy *policy, uint16_t port);
