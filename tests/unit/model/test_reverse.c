/* Reverse names of addresses and blocks. */
#include "../unit.h"

#include "model/reverse.h"

#define ZEROS "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0."

static const struct {
	const char *text;
	uint64_t n; /* 0: refused */
	const char *first, *second;
} blocks[] = {
    {"192.0.2.1", 1, "1.2.0.192.in-addr.arpa", NULL},
    {"192.0.2.0/24", 256, "0.2.0.192.in-addr.arpa", "1.2.0.192.in-addr.arpa"},
    {"192.0.2.254/31", 2, "254.2.0.192.in-addr.arpa", "255.2.0.192.in-addr.arpa"},
    {"255.255.255.255/32", 1, "255.255.255.255.in-addr.arpa", NULL},
    {"0.0.0.0/0", (uint64_t)1 << 32, "0.0.0.0.in-addr.arpa", "1.0.0.0.in-addr.arpa"},
    {"2001:db8::f", 1, "f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
	NULL},
    {"::/0", UINT64_MAX, "0.0.0.0.0.0.0.0." ZEROS "ip6.arpa", "1.0.0.0.0.0.0.0." ZEROS "ip6.arpa"},
    {"::/64", UINT64_MAX, "0.0.0.0.0.0.0.0." ZEROS "ip6.arpa", NULL},
    {"::ff00/120", 256, "0.0.f.f.0.0.0.0." ZEROS "ip6.arpa", "1.0.f.f.0.0.0.0." ZEROS "ip6.arpa"},
    {"", 0, NULL, NULL},
    {"/24", 0, NULL, NULL},
    {"192.0.2.0/", 0, NULL, NULL},
    {"192.0.2.0/33", 0, NULL, NULL},
    {"192.0.2.0/-1", 0, NULL, NULL},
    {"192.0.2.0/24/24", 0, NULL, NULL},
    {"192.0.2.1/24", 0, NULL, NULL},
    {"192.0.2", 0, NULL, NULL},
    {"2001:db8::/129", 0, NULL, NULL},
    {"2001:db8::1/64", 0, NULL, NULL},
    {"example.com", 0, NULL, NULL},
    {"192.0.2.0000000000000000000000000000000000000000000000000", 0, NULL, NULL},
};

TEST(reads_blocks)
{
	const char *text = blocks[_i].text;
	char name[TARGET_MAX + 1] = "";
	struct reverse_block block = {.n_left = 0};
	bool is_good = reverse_parse(text, &block);

	ck_assert_msg(is_good == (blocks[_i].n > 0), "%s", text);
	if (!is_good)
		return;
	ck_assert_msg(block.n_left == blocks[_i].n, "%s", text);
	ck_assert_uint_eq(reverse_next(&block, name), strlen(name));
	ck_row_str(text, name, blocks[_i].first);
	ck_assert_uint_eq(block.n_left, blocks[_i].n - 1);
	if (blocks[_i].second != NULL) {
		ck_assert_uint_gt(reverse_next(&block, name), 0);
		ck_row_str(text, name, blocks[_i].second);
	}
}

TEST(carries_and_ends)
{
	char name[TARGET_MAX + 1], last[TARGET_MAX + 1] = "";
	struct reverse_block block;
	unsigned n = 0;

	ck_assert(reverse_parse("10.0.254.0/23", &block));
	for (; reverse_next(&block, name) > 0; n++) {
		if (n == 256)
			ck_assert_str_eq(name, "0.255.0.10.in-addr.arpa");
		memcpy(last, name, sizeof(last));
	}
	ck_assert_uint_eq(n, 512);
	ck_assert_str_eq(last, "255.255.0.10.in-addr.arpa");
	ck_assert_uint_eq(reverse_next(&block, name), 0);
}

SUITE(reverse)
{
	ADD_ROWS(reads_blocks, blocks);
	ADD(carries_and_ends);
}
