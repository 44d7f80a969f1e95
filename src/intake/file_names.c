/* Unique names: open addressing over 64-bit hashes. */
#include "intake/file_names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/alloc.h"

enum { FIRST_ROOM = 256 };

struct set {
	uint64_t *slots; /* owned; 0: free */
	size_t n, room;  /* room is a power of two */
};

struct file_names {
	struct set files, folders;
};

/* Three quarters full at most. */
static bool is_full(size_t n, size_t room)
{
	return n > room / 4 * 3;
}

static void init(struct set *set, size_t n_expected)
{
	for (set->room = FIRST_ROOM; is_full(n_expected, set->room); set->room *= 2)
		;
	set->slots = xcalloc(set->room, sizeof(*set->slots));
}

struct file_names *file_names_new(size_t n_expected)
{
	struct file_names *names = xcalloc(1, sizeof(*names));

	init(&names->files, n_expected);
	init(&names->folders, 0);
	return names;
}

void file_names_free(struct file_names *names)
{
	if (names == NULL)
		return;
	FREE_ALL(names->files.slots, names->folders.slots, names);
}

size_t file_names_count(const struct file_names *names)
{
	return names->files.n + names->folders.n;
}

static uint64_t *find(uint64_t *slots, size_t room, uint64_t hash)
{
	size_t i = (size_t)hash & (room - 1);

	while (slots[i] != 0 && slots[i] != hash)
		i = (i + 1) & (room - 1);
	return &slots[i];
}

static bool has(const struct set *set, uint64_t hash)
{
	return *find(set->slots, set->room, hash) != 0;
}

static void grow(struct set *set)
{
	size_t room = set->room * 2;
	uint64_t *slots = xcalloc(room, sizeof(*slots));

	for (size_t i = 0; i < set->room; i++) {
		if (set->slots[i] != 0)
			*find(slots, room, set->slots[i]) = set->slots[i];
	}
	free(set->slots);
	set->slots = slots;
	set->room = room;
}

static void add(struct set *set, uint64_t hash)
{
	uint64_t *slot = find(set->slots, set->room, hash);

	if (*slot != 0)
		return;
	*slot = hash;
	if (is_full(++set->n, set->room))
		grow(set);
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

/* Take the path of a file unless a file or a folder has it. */
static bool take_file(struct file_names *names, const char *path, size_t len)
{
	uint64_t hash = hash_of(path, len);

	if (has(&names->files, hash) || has(&names->folders, hash))
		return false;
	add(&names->files, hash);
	return true;
}

/* Take the path of a folder unless a file has it. */
static bool take_folder(struct file_names *names, const char *path, size_t len)
{
	uint64_t hash = hash_of(path, len);

	if (has(&names->files, hash))
		return false;
	add(&names->folders, hash);
	return true;
}

/* Add a folder to the `n` bytes of the path. Where a file has its name `_` stands behind it, so
 * that files of one folder stay together, and the item's place when that is no name either. */
static size_t add_folder(struct file_names *names, const char *folder, size_t len, uint32_t index,
    char path[static FILE_NAMES_SIZE], size_t n)
{
	size_t end = n + len;

	memcpy(path + n, folder, len);
	for (unsigned round = 0; !take_folder(names, path, end); round++) {
		if (round == 0)
			end += (size_t)snprintf(path + end, FILE_NAMES_SIZE - end, "_");
		else
			end = n + len +
			      (size_t)snprintf(path + n + len, FILE_NAMES_SIZE - n - len, "-%u-%u",
				  index + 1, round);
	}
	path[end] = '/';
	return end + 1;
}

/* Add the file's name to the `n` bytes of its folders. */
static size_t add_file(struct file_names *names, const char *name, uint32_t index,
    char path[static FILE_NAMES_SIZE], size_t n)
{
	const char *dot = strrchr(name, '.');
	size_t stem = dot != NULL && dot != name ? (size_t)(dot - name) : strlen(name);
	char *to = path + n;
	int len = snprintf(to, FILE_NAMES_SIZE - n, "%s", name);

	/* each round adds another place, so it ends as soon as one is free */
	for (unsigned round = 0; !take_file(names, path, n + (size_t)len); round++) {
		if (round == 0)
			len = snprintf(to, FILE_NAMES_SIZE - n, "%.*s-%u%s", (int)stem, name,
			    index + 1, name + stem);
		else
			len = snprintf(to, FILE_NAMES_SIZE - n, "%.*s-%u-%u%s", (int)stem, name,
			    index + 1, round, name + stem);
	}
	return n + (size_t)len;
}

size_t file_names_add(struct file_names *names, const char *path, uint32_t index,
    char ret_path[static FILE_NAMES_SIZE])
{
	size_t n = 0;

	for (const char *slash; (slash = strchr(path, '/')) != NULL; path = slash + 1)
		n = add_folder(names, path, (size_t)(slash - path), index, ret_path, n);
	return add_file(names, path, index, ret_path, n);
}
