#include "check/wild.h"

#include "base/random.h"
#include "check/cut.h"
#include "check/private.h"
#include "dns/engine.h"

#define KNOWN_FOR     (900 * USEC_PER_SEC)
#define PROBE_TIMEOUT (2 * USEC_PER_SEC)

enum { LABEL_LETTERS = 16, PROBE_ATTEMPTS = 3 };

struct wild {
	struct parent parent;
	struct dns_lookup *lookup; /* under way, or NULL */
	bool may_be;
};

bool wild_may_be(const struct parent *parent)
{
	return ((const struct wild *)(const void *)parent)->may_be;
}

static void done(struct parent *parent)
{
	struct wild *wild = (struct wild *)(void *)parent;

	if (wild->lookup != NULL)
		dns_lookup_cancel(wild->lookup);
}

static void on_probed(const struct dns_result *result, void *arg)
{
	struct wild *wild = arg;
	bool has_chain = result->answer != NULL && result->answer->n_chain > 0;
	enum proof proof = cut_by_ds((struct cut_answer){result->outcome, has_chain});

	wild->lookup = NULL;
	wild->may_be = proof != PROOF_ABSENT;
	/* what nobody said is asked again for the next name */
	parent_known(&wild->parent, proof == PROOF_NONE ? 0 : KNOWN_FOR);
}

/* A name below the parent that nobody has. False: it would be too long. */
static bool random_name(const char *parent, struct dns_name *ret_name)
{
	char text[TARGET_MAX + LABEL_LETTERS + 2];
	size_t n = strlen(parent);

	random_bytes(text, LABEL_LETTERS);
	for (int i = 0; i < LABEL_LETTERS; i++)
		text[i] = (char)('a' + (unsigned char)text[i] % 26);
	text[LABEL_LETTERS] = '.';
	memcpy(text + LABEL_LETTERS + 1, parent, n);
	return dns_name_from_text(text, LABEL_LETTERS + 1 + n, ret_name);
}

static bool find(struct parent *parent, void *arg)
{
	struct checker *checker = arg;
	struct wild *wild = (struct wild *)(void *)parent;
	struct dns_name name;
	struct dns_question question = {.name = &name,
	    .type = DNS_DS,
	    .flags = DNS_FLAG_RD,
	    .timeout = PROBE_TIMEOUT,
	    .attempts = PROBE_ATTEMPTS};

	if (!random_name(parent->name, &name))
		(void)dns_name_from_text(parent->name, strlen(parent->name), &name);
	wild->lookup = dns_lookup_start(checker->dns, &question, on_probed, wild);
	return wild->lookup != NULL;
}

struct parents *wild_new(struct checker *checker)
{
	return parents_new(&(struct parents_ops){
	    .size = sizeof(struct wild), .find = find, .done = done, .arg = checker});
}
