/*
 * Zone file: one statement a line, `#` begins a comment, blank lines are skipped.
 *
 *	NAME A 192.0.2.1
 *	NAME AAAA 2001:db8::1
 *	NAME NODATA		the name exists and has no address
 *	NAME NXDOMAIN		the name does not exist
 *
 * Several lines may give a name several addresses. NODATA and NXDOMAIN stand alone. The entries sit
 * in a hash table with open addressing that doubles when half full.
 */
#include "dns_zone.h"
#include "dns_names.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_BITS = 8, LAST_BITS = 24, LINE_MAX_BYTES = 1024, NAME_MAX_BYTES = 253, N_WORDS = 3 };

struct dns_zone {
	struct dns_zone_entry **slots; /* owned, and so are the entries */
	size_t n;
	unsigned bits;
};

static struct dns_zone_entry **find_slot(
    struct dns_zone_entry **slots, unsigned bits, const char *name, size_t n, uint64_t hash)
{
	size_t mask = ((size_t)1 << bits) - 1;
	size_t i = dns_hash_slot(hash, bits);

	while (slots[i] != NULL && (slots[i]->n_name != n || memcmp(slots[i]->name, name, n) != 0))
		i = (i + 1) & mask;
	return &slots[i];
}

const struct dns_zone_entry *dns_zone_find(
    const struct dns_zone *zone, const char *name, size_t n, uint64_t hash)
{
	if (zone == NULL)
		return NULL;
	return *find_slot(zone->slots, zone->bits, name, n, hash);
}

static bool grow(struct dns_zone *zone)
{
	size_t n_old = (size_t)1 << zone->bits;
	struct dns_zone_entry **slots;

	if (zone->bits >= LAST_BITS)
		return false;
	slots = calloc(n_old * 2, sizeof(struct dns_zone_entry *));
	if (slots == NULL)
		return false;
	for (size_t i = 0; i < n_old; i++) {
		struct dns_zone_entry *entry = zone->slots[i];

		if (entry != NULL)
			*find_slot(slots, zone->bits + 1, entry->name, entry->n_name,
			    dns_hash64(entry->name, entry->n_name)) = entry;
	}
	free(zone->slots);
	zone->slots = slots;
	zone->bits++;
	return true;
}

/* Finds the entry of a name or adds an empty one; NULL when there is no room. */
static struct dns_zone_entry *obtain_entry(
    struct dns_zone *zone, const char *name, size_t n, bool *ret_is_new)
{
	uint64_t hash = dns_hash64(name, n);
	struct dns_zone_entry **slot = find_slot(zone->slots, zone->bits, name, n, hash);
	struct dns_zone_entry *entry = *slot;

	if (entry != NULL) {
		*ret_is_new = false;
		return entry;
	}
	if (zone->n >= ((size_t)1 << zone->bits) / 2) {
		if (!grow(zone))
			return NULL;
		slot = find_slot(zone->slots, zone->bits, name, n, hash);
	}
	entry = calloc(1, sizeof(*entry));
	if (entry == NULL)
		return NULL;
	entry->name = strndup(name, n);
	if (entry->name == NULL) {
		free(entry);
		return NULL;
	}
	entry->n_name = n;
	*slot = entry;
	zone->n++;
	*ret_is_new = true;
	return entry;
}

/* Lower-cases a name in place and takes one trailing dot off. Returns its length, 0 when bad. */
static size_t normalise_name(char *name)
{
	size_t n = strlen(name);
	size_t n_label = 0;

	if (n > 0 && name[n - 1] == '.')
		name[--n] = '\0';
	if (n > NAME_MAX_BYTES)
		return 0;
	for (size_t i = 0; i < n; i++) {
		if (name[i] >= 'A' && name[i] <= 'Z')
			name[i] = (char)(name[i] - 'A' + 'a');
		n_label = name[i] == '.' ? 0 : n_label + 1;
		if (n_label > 63 || (name[i] == '.' && (i == 0 || name[i - 1] == '.')))
			return 0;
	}
	return n;
}

static const char *add_address(struct dns_zone_entry *entry, const char *type, const char *text)
{
	bool is_a = strcmp(type, "A") == 0;
	size_t *n = is_a ? &entry->n_a : &entry->n_aaaa;
	void *to = is_a ? (void *)&entry->a[*n] : (void *)&entry->aaaa[*n];

	if (!is_a && strcmp(type, "AAAA") != 0)
		return "the type must be A, AAAA, NODATA or NXDOMAIN";
	if (text == NULL)
		return "an address is missing";
	if (*n == DNS_ZONE_MAX_ADDRESSES)
		return "too many addresses for this name";
	if (inet_pton(is_a ? AF_INET : AF_INET6, text, to) != 1)
		return "not an address of this type";
	(*n)++;
	return NULL;
}

/* Takes one statement in; returns what is wrong with it, or NULL. */
static const char *add_statement(struct dns_zone *zone, char *words[N_WORDS])
{
	struct dns_zone_entry *entry;
	size_t n = normalise_name(words[0]);
	bool is_new;

	if (n == 0)
		return "not a name";
	if (words[1] == NULL)
		return "a type must follow the name";
	entry = obtain_entry(zone, words[0], n, &is_new);
	if (entry == NULL)
		return "no memory for more names";
	if (strcmp(words[1], "NODATA") == 0 || strcmp(words[1], "NXDOMAIN") == 0) {
		if (words[2] != NULL)
			return "nothing may follow NODATA or NXDOMAIN";
		if (!is_new)
			return "NODATA and NXDOMAIN can't be mixed with other lines of the name";
		entry->is_absent = words[1][1] == 'X';
		return NULL;
	}
	if (!is_new && entry->n_a + entry->n_aaaa == 0)
		return "the name was said to have no address";
	return add_address(entry, words[1], words[2]);
}

/* Cuts a line into its words in place; false when there are more than N_WORDS. */
static bool split_line(char *line, char *ret_words[N_WORDS])
{
	static const char blank[] = " \t\r\n";
	size_t n = 0;

	line[strcspn(line, "#")] = '\0';
	memset(ret_words, 0, N_WORDS * sizeof(ret_words[0]));
	for (char *at = line + strspn(line, blank); *at != '\0'; at += strspn(at, blank)) {
		if (n == N_WORDS)
			return false;
		ret_words[n++] = at;
		at += strcspn(at, blank);
		if (*at != '\0')
			*at++ = '\0';
	}
	return true;
}

/* Reads all lines; returns what is wrong with the last one read, or NULL. */
static const char *read_lines(struct dns_zone *zone, FILE *file, unsigned *ret_line)
{
	char line[LINE_MAX_BYTES];
	char *words[N_WORDS];
	const char *wrong = NULL;

	for (*ret_line = 1; wrong == NULL && fgets(line, sizeof(line), file) != NULL;) {
		if (strlen(line) == sizeof(line) - 1)
			wrong = "the line is too long";
		else if (!split_line(line, words))
			wrong = "too many words";
		else if (words[0] != NULL)
			wrong = add_statement(zone, words);
		if (wrong == NULL)
			(*ret_line)++;
	}
	if (wrong == NULL && ferror(file))
		wrong = "can't be read";
	return wrong;
}

struct dns_zone *dns_zone_load(const char *path)
{
	struct dns_zone *zone = calloc(1, sizeof(*zone));
	FILE *file = fopen(path, "re");
	const char *wrong = "no memory";
	unsigned line = 0;

	if (file == NULL) {
		wrong = strerror(errno);
	} else if (zone != NULL) {
		zone->bits = FIRST_BITS;
		zone->slots = calloc((size_t)1 << zone->bits, sizeof(struct dns_zone_entry *));
		if (zone->slots != NULL)
			wrong = read_lines(zone, file, &line);
	}
	if (file != NULL)
		fclose(file);
	if (wrong == NULL)
		return zone;
	if (line > 0)
		fprintf(stderr, "%s:%u: %s\n", path, line, wrong);
	else
		fprintf(stderr, "%s: %s\n", path, wrong);
	dns_zone_free(zone);
	return NULL;
}

void dns_zone_free(struct dns_zone *zone)
{
	if (zone == NULL)
		return;
	for (size_t i = 0; zone->slots != NULL && i < (size_t)1 << zone->bits; i++) {
		if (zone->slots[i] != NULL)
			free(zone->slots[i]->name);
		free(zone->slots[i]);
	}
	free(zone->slots);
	free(zone);
}
