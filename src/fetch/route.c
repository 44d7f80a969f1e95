/* Where URLs may lead, for all that asks by HTTP. */
#include "fetch/route.h"

#include "fetch/policy.h"

const char *route_judge(const struct policy *policy, const struct url *url)
{
	struct endpoint target = {.address = url->address, .port = url->port};

	if (policy == NULL)
		return "no policy yet";
	if (url->is_address)
		return policy_judge(policy, &target);
	return policy_allows_port(policy, url->port) ? NULL : "port not allowed";
}

const char *route_choose(const struct policy *policy, const struct ticket *ticket, uint16_t port,
    size_t skip, struct address *ret_address)
{
	const char *why = "no address";
	size_t n;
	const struct address *addresses = ticket_addresses(ticket, &n);

	for (size_t i = 0; i < n; i++) {
		struct endpoint target = {.address = addresses[(skip + i) % n], .port = port};
		why = policy_judge(policy, &target);
		if (why == NULL) {
			*ret_address = target.address;
			return NULL;
		}
	}
	return why;
}
