/* A checker without a network. */
#include "checks.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/alloc.h"
#include "check/checker_pool.h"
#include "loop/loop.h"
#include "model/target.h"

/* Begun checks whose names are kept; and that end by themselves in one turn. */
enum { MAX_NAMES = 4096, MAX_PER_TURN = 64 };

bool checker_pool_is_allowed(const struct checker_pool *pool)
{
	(void)pool;
	return false;
}

const char *checker_pool_judge(struct checker_pool *pool, const struct endpoint *server)
{
	(void)pool;
	(void)server;
	return "no pool";
}

bool checker_pool_has_room(struct checker_pool *pool, const struct server_set *servers)
{
	(void)pool;
	(void)servers;
	return false;
}

struct checker *checker_pool_get(struct checker_pool *pool, const struct server_set *servers)
{
	(void)pool;
	(void)servers;
	ck_abort_msg("there is no pool");
}

void checker_pool_set_on_room(struct checker_pool *pool, void (*on_room)(void *arg), void *arg)
{
	(void)pool;
	(void)on_room;
	(void)arg;
}

struct check {
	TAILQ_ENTRY(check) link;
	struct checker *checker;
	check_fn *on_done;
	void *arg;
	uint32_t index;
	char name[TARGET_MAX + 1];
};

struct checker {
	struct loop *loop; /* borrowed */
	size_t room, n_checks, n_started;
	TAILQ_HEAD(, check) checks;
	bool answers_all, is_dead;
	struct defer turn;
	void (*on_room)(void *arg);
	void *on_room_arg;
	struct check_request last;
	char names[MAX_NAMES][TARGET_MAX + 1];
};

static void free_probe(struct check *check)
{
	TAILQ_REMOVE(&check->checker->checks, check, link);
	check->checker->n_checks--;
	free(check);
}

static void finish(struct check *check, enum item_status status)
{
	struct checker *checker = check->checker;
	struct result r = {.index = check->index,
	    .status = status,
	    .reason = status == ITEM_FOUND       ? REASON_NONE
		      : status == ITEM_NOT_FOUND ? REASON_NXDOMAIN
						 : REASON_TIMEOUT,
	    .attempts = 1,
	    .finished_at = clock_wall(),
	    .name_len = strlen(check->name)};
	char name[TARGET_MAX + 1];
	check_fn *on_done = check->on_done;
	void *arg = check->arg;

	memcpy(name, check->name, sizeof(name));
	r.name = name;
	free_probe(check);
	on_done(&r, arg);
	defer_start(&checker->turn);
}

static void on_turn(void *arg)
{
	struct checker *checker = arg;
	struct check *check;

	for (int i = 0; i < MAX_PER_TURN && checker->answers_all && !checker->is_dead; i++) {
		check = TAILQ_FIRST(&checker->checks);
		if (check == NULL)
			break;
		finish(check, check->name[0] == 'f' ? ITEM_FOUND : ITEM_NOT_FOUND);
	}
	if (checker->on_room != NULL && checker_room(checker) > 0)
		checker->on_room(checker->on_room_arg);
}

struct checker *fake_checks_new(struct loop *loop, size_t room)
{
	struct checker *checker = xcalloc(1, sizeof(*checker));

	checker->loop = loop;
	checker->room = room;
	TAILQ_INIT(&checker->checks);
	defer_init(&checker->turn, loop, on_turn, checker);
	return checker;
}

void checker_free(struct checker *checker)
{
	if (checker == NULL)
		return;
	ck_assert_msg(TAILQ_EMPTY(&checker->checks), "a check was left behind");
	defer_cancel(&checker->turn);
	free(checker);
}

void fake_checks_set_room(struct checker *checker, size_t room)
{
	checker->room = room;
	defer_start(&checker->turn);
}

void fake_checks_answer_all(struct checker *checker)
{
	checker->answers_all = true;
	defer_start(&checker->turn);
}

bool fake_checks_finish(struct checker *checker, const char *name, enum item_status status)
{
	struct check *check;

	TAILQ_FOREACH (check, &checker->checks, link) {
		if (name == NULL || strcmp(check->name, name) == 0) {
			finish(check, status);
			return true;
		}
	}
	return false;
}

bool fake_checks_is_dead(const struct checker *checker)
{
	return checker->is_dead;
}

void fake_checks_revive(struct checker *checker)
{
	checker->is_dead = false;
}

size_t fake_checks_n_started(const struct checker *checker)
{
	return checker->n_started;
}

const char *fake_checks_name(const struct checker *checker, size_t i)
{
	ck_assert(i < checker->n_started && i < MAX_NAMES);
	return checker->names[i];
}

const struct check_request *fake_checks_last(const struct checker *checker)
{
	return &checker->last;
}

size_t checker_room(struct checker *checker)
{
	return checker->room > checker->n_checks ? checker->room - checker->n_checks : 0;
}

void checker_set_on_room(struct checker *checker, void (*on_room)(void *arg), void *arg)
{
	checker->on_room = on_room;
	checker->on_room_arg = arg;
}

size_t checker_in_flight(const struct checker *checker)
{
	return checker->n_checks;
}

struct check *check_start(
    struct checker *checker, const struct check_request *request, check_fn *on_done, void *arg)
{
	ck_assert_msg(checker_room(checker) > 0, "a check was started without room");
	ck_assert_uint_le(request->name_len, TARGET_MAX);
	struct check *check = xcalloc(1, sizeof(*check));
	*check = (struct check){
	    .checker = checker, .on_done = on_done, .arg = arg, .index = request->index};
	memcpy(check->name, request->name, request->name_len);
	TAILQ_INSERT_TAIL(&checker->checks, check, link);
	checker->is_dead = checker->is_dead || strncmp(check->name, "poison", 6) == 0;
	checker->last = *request;
	if (checker->n_started < MAX_NAMES)
		memcpy(checker->names[checker->n_started], check->name, sizeof(check->name));
	checker->n_started++;
	checker->n_checks++;
	if (checker->answers_all)
		defer_start(&checker->turn);
	return check;
}

void check_cancel(struct check *check)
{
	struct checker *checker = check->checker;

	free_probe(check);
	defer_start(&checker->turn);
}
