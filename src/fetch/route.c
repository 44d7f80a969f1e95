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

const char *route_judge_endpoint(const struct policy *policy, const struct endpoint *to)
{
	return policy != NULL ? policy_judge(policy, to) : "no policy yet";
}
