/* Unique names: open addressing over 64-bit hashes. */
#include "intake/file_names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/alloc.h"

enum { FIRST_ROOM = 256 };

struct file_names {
	uint64_t *slots; /* owned; 0: free */
	size_t n, room;  /* room is a power of two */
};

/* Three quarters full at most. */
static bool is_full(size_t n, size_t room)
{
	return n > room / 4 * 3;
}

struct file_names *file_names_new(size_t n_expected)
{
	struct file_names *names = xcalloc(1, sizeof(*names));

	for (names->room = FIRST_ROOM; is_full(n_expected, names->room); names->room *= 2)
		;
	names->slots = xcalloc(names->room, sizeof(*names->slots));
	return names;
}

void file_names_free(struct file_names *names)
{
	if (names == NULL)
		return;
	free(names->slots);
	free(names);
}

static uint64_t *find(uint64_t *slots, size_t room, uint64_t hash)
{
	size_t i = (size_t)hash & (room - 1);

	while (slots[i] != 0 && slots[i] != hash)
		i = (i + 1) & (room - 1);
	return &slots[i];
}

static void grow(struct file_names *names)
{
	size_t room = names->room * 2;
	uint64_t *slots = xcalloc(room, sizeof(*slots));

	for (size_t i = 0; i < names->room; i++) {
		if (names->slots[i] != 0)
			*find(slots, room, names->slots[i]) = names->slots[i];
	}
	free(names->slots);
	names->slots = slots;
	names->room = room;
}

/* Upper and lower case are one: some file systems don't tell them apart. */
static uint64_t hash_of(const char *name, size_t len)
{
	char lower[FILE_NAMES_SIZE];

	for (size_t i = 0; i < len; i++)
		lower[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] | 0x20 : name[i]);
	uint64_t hash = XXH3_64bits(lower, len);
	return hash != 0 ? hash : 1;
}

static bool add(struct file_names *names, const char *name, size_t len)
{
	uint64_t hash = hash_of(name, len), *slot = find(names->slots, names->room, hash);

	if (*slot != 0)
		return false;
	*slot = hash;
	if (is_full(++names->n, names->room))
		grow(names);
	return true;
}

size_t file_names_add(struct file_names *names, const char *name, uint32_t index,
    char ret_name[static FILE_NAMES_SIZE])
{
	const char *dot = strrchr(name, '.');
	size_t stem = dot != NULL && dot != name ? (size_t)(dot - name) : strlen(name);
	int n = snprintf(ret_name, FILE_NAMES_SIZE, "%s", name);

	/* each round adds another place, so it ends as soon as one is free */
	for (unsigned round = 0; !add(names, ret_name, (size_t)n); round++) {
		if (round == 0)
			n = snprintf(ret_name, FILE_NAMES_SIZE, "%.*s-%u%s", (int)stem, name,
			    index + 1, name + stem);
		else
			n = snprintf(ret_name, FILE_NAMES_SIZE, "%.*s-%u-%u%s", (int)stem, name,
			    index + 1, round, name + stem);
	}
	return (size_t)n;
}
