/* The states of a job: the drawing in state.h, as a table of its arrows. */
#include "../unit.h"

#include "model/state.h"

static const struct {
	const char *name;
	enum job_state state;
	bool is_ended;
	const char *moves; /* the states that have an arrow from here, by first letter */
} states[] = {
    {"queued", JOB_QUEUED, false, "rdcf"},
    {"running", JOB_RUNNING, false, "dcf"},
    {"done", JOB_DONE, true, ""},
    {"cancelled", JOB_CANCELLED, true, ""},
    {"failed", JOB_FAILED, true, ""},
};

TEST(moves_as_drawn)
{
	for (size_t i = 0; i < N_ROWS(states); i++)
		ck_assert_msg(job_state_may_move(states[_i].state, states[i].state) ==
				  (strchr(states[_i].moves, states[i].name[0]) != NULL),
		    "%s to %s", states[_i].name, states[i].name);
	ck_assert_int_eq(job_state_is_ended(states[_i].state), states[_i].is_ended);
}

TEST(names_read_back)
{
	enum job_state state = JOB_N_STATES;

	ck_assert_str_eq(job_state_name(states[_i].state), states[_i].name);
	ck_assert(job_state_parse(states[_i].name, &state));
	ck_assert_int_eq(state, states[_i].state);
}

TEST(other_words_are_refused)
{
	enum job_state state = JOB_FAILED;

	ck_assert(!job_state_parse("", &state));
	ck_assert(!job_state_parse("Done", &state));
	ck_assert(!job_state_parse("done ", &state));
	ck_assert(!job_state_parse("canceled", &state));
	ck_assert_int_eq(state, JOB_FAILED);
}

SUITE(state)
{
	ADD_ROWS(moves_as_drawn, states);
	ADD_ROWS(names_read_back, states);
	ADD(other_words_are_refused);
}
