/* Lists of rates. */
#include "../unit.h"

#include "registration/rates.h"

static const struct {
	const char *list;
	bool is_valid;
	double rate; /* of a.example */
} rows[] = {
    {"", true, 0},
    {"a.example=50", true, 50},
    {" b.example=1 ,a.example=2.5", true, 2.5},
    {"a.example:8443=2", true, 0},
    {"xa.example=2", true, 0},
    {"a.example", false, 0},
    {"a.example=", false, 0},
    {"=5", false, 0},
    {"a.example=0", false, 0},
    {"a.example=-1", false, 0},
    {"a.example=nan", false, 0},
    {"a.example=1x", false, 0},
    {"a.example=1e9", false, 0},
    {"b.example=1,a.example=x", false, 0},
};

TEST(list)
{
	ck_assert_msg(rates_are_valid(rows[_i].list) == rows[_i].is_valid, "%s", rows[_i].list);
	if (rows[_i].is_valid)
		ck_assert_double_eq_tol(
		    rates_find(rows[_i].list, "a.example"), rows[_i].rate, 1e-9);
}

SUITE(rates)
{
	ADD_ROWS(list, rows);
}
