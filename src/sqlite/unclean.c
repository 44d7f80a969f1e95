/* Ends of the daemon that were no orderly stop, and what it worked on then: see struct store_life.
 * The row of `life` says that a daemon runs, and what was noted. A start counts an unclean end
 * there and in the rows of `watched`:
 *
 *   begun --an unclean end--> open at one --open again at the next--> suspect --settled--> no row
 *                                 |
 *                                 +--not open at the next, or an orderly stop--> no row
 */
#include "base/alloc.h"
#include "sqlite/progress.h"
#include "sqlite/verbs.h"
#include "wire/record.h"

/* --- What was noted at an unclean end --- */

/* A job with what a STORE_PUT of one result must know of it. */
struct noted_job {
	struct job job;
	bool has_aliases;
};

/* ERR_NOT_FOUND: it has ended, or was deleted. */
static enum err load_job(struct db *db, int64_t job_no, struct noted_job *ret_job)
{
	sqlite3_stmt *s = QUERY(db, STATEMENT_SELECT_NOTED_JOB, job_no);

	enum err e = db_step_one(db, s);
	if (e == OK)
		e = db_read_job(s, &ret_job->job);
	if (e == OK)
		ret_job->has_aliases = sqlite3_column_int64(s, JOB_N_COLUMNS) > 0;
	sqlite3_reset(s);
	return e;
}

/* Find the item in its chunk; its text is borrowed from `ret_chunk`, which the caller frees.
 * ERR_NOT_FOUND: the chunk is settled, or has no such item. ERR_CONFLICT: the item has its result,
 * so it was not the cause. */
static enum err load_item(struct db *db, const struct stored_note *n,
    struct stored_chunk *ret_chunk, struct chunk_item *ret_item)
{
	sqlite3_stmt *s = QUERY(db, STATEMENT_SELECT_NOTED_CHUNK, n->job_no, n->chunk);
	size_t offset = 0;
	bool is_found = false;

	enum err e = db_step_one(db, s);
	if (e == OK && !db_read_chunk(s, ret_chunk))
		e = ERR_NOT_FOUND;
	sqlite3_reset(s);
	if (e != OK)
		return e;
	int64_t place = n->index - ret_chunk->chunk.first;
	for (int64_t i = 0; i <= place && place < ret_chunk->chunk.n; i++) {
		is_found = chunk_next(&ret_chunk->chunk, &offset, ret_item);
		if (!is_found)
			break;
	}
	if (!is_found)
		return ERR_NOT_FOUND;
	return chunk_mask_has(&ret_chunk->done, (uint32_t)place) ? ERR_CONFLICT : OK;
}

static enum err put_crashed(struct db *db, const struct stored_note *n, const struct noted_job *j,
    const struct stored_chunk *c, const struct chunk_item *in)
{
	struct store_op *op = store_op_new(STORE_PUT, NULL, NULL);
	struct file_item file = {0};
	struct result r = {.index = (uint32_t)n->index,
	    .status = job_failure_status(j->job.kind, j->job.check),
	    .reason = REASON_CRASHED,
	    .is_file = job_kind_is_files(j->job.kind),
	    .finished_at = clock_wall(),
	    .name = in->text,
	    .name_len = in->len};

	if (r.is_file && file_item_read(in->text, in->len, &file)) {
		r.name = file.url.bytes;
		r.name_len = file.url.len;
		r.file.file_name = file.name;
		r.file.code = file.code;
		r.file.wants_country = file.options.by_country;
	}
	op->job_no = n->job_no;
	buf_init(&op->u.put.block, SIZE_MAX / 2);
	record_add(&op->u.put.block, &r);
	op->u.put.n = 1;
	op->u.put.counts[r.status] = 1;
	op->u.put.n_progress = 1;
	op->u.put.progress = xcalloc(1, sizeof(*op->u.put.progress));
	*op->u.put.progress =
	    (struct chunk_progress){.no = c->no, .has_failed = true, .done = c->done};
	chunk_mask_add(&op->u.put.progress->done, (uint32_t)n->index - c->chunk.first);
	op->u.put.has_aliases = j->has_aliases;
	op->u.put.state = JOB_RUNNING;
	op->u.put.started_at = j->job.started_at > 0 ? j->job.started_at : r.finished_at;
	op->u.put.changes =
	    (struct run_changes){.schedule_no = j->job.schedule_no, .job = j->job.id};
	enum err e = db_put(db, op);
	store_op_free(op);
	return e;
}

/* Look at an item that was noted; with `life` blame it. ERR_NOT_FOUND, ERR_CONFLICT: there is
 * nothing to doubt any more. */
static enum err judge_item(struct db *db, const struct stored_note *n, struct store_life *life)
{
	struct noted_job j = {.has_aliases = false};
	struct chunk_item item;
	struct stored_chunk c = {.no = 0};

	chunk_init(&c.chunk, 0);
	enum err e = load_job(db, n->job_no, &j);
	if (e == OK)
		e = load_item(db, n, &c, &item);
	if (e == OK && life != NULL) {
		e = put_crashed(db, n, &j, &c, &item);
		life->crashed = CRASHED_ITEM;
		life->crashed_id = j.job.id;
		life->crashed_kind = j.job.kind;
		life->crashed_index = (uint32_t)n->index;
	}
	job_done(&j.job);
	chunk_done(&c.chunk);
	return e;
}

static enum err judge_post(struct db *db, int64_t no, struct store_life *life)
{
	sqlite3_stmt *s = QUERY(db, STATEMENT_SELECT_NOTED_POST, no);
	struct id id;

	enum err e = db_step_one(db, s);
	if (e == OK)
		db_read_id(s, 0, &id);
	sqlite3_reset(s);
	if (e != OK || life == NULL)
		return e;
	life->crashed = CRASHED_POST;
	life->crashed_id = id;
	return RUN(db, STATEMENT_DELETE_POST, no);
}

static enum err judge(struct db *db, const struct stored_note *n, struct store_life *life)
{
	return n->job_no > 0 ? judge_item(db, n, life) : judge_post(db, n->index, life);
}

static enum err read_notes(struct db *db, struct stored_note *ret_notes, size_t *ret_n)
{
	sqlite3_stmt *s = QUERY(db, STATEMENT_SELECT_NOTED, STORE_MAX_NOTES);
	int code;

	while ((code = sqlite3_step(s)) == SQLITE_ROW)
		ret_notes[(*ret_n)++] = (struct stored_note){.job_no = sqlite3_column_int64(s, 0),
		    .chunk = (uint32_t)sqlite3_column_int64(s, 1),
		    .index = sqlite3_column_int64(s, 2),
		    .is_begun = sqlite3_column_int(s, 3) != 0};
	sqlite3_reset(s);
	return code == SQLITE_DONE ? OK : db_error(db, code);
}

/* Drop items that have a result by now; returns how many of the rest were started by the last
 * daemon. */
static enum err sift_notes(struct db *db, struct store_life *life, size_t *ret_n_begun)
{
	size_t n = 0;
	enum err e = OK;

	for (size_t i = 0; e == OK && i < life->n_doubts; i++) {
		e = judge(db, &life->doubts[i], NULL);
		if (e == OK) {
			*ret_n_begun += life->doubts[i].is_begun ? 1 : 0;
			life->doubts[n++] = life->doubts[i];
		}
		e = e == ERR_NOT_FOUND || e == ERR_CONFLICT ? OK : e;
	}
	life->n_doubts = n;
	return e;
}

/* Blame an item that was started alone. If several were started, those and no others are in doubt
 * from now on. */
static enum err judge_notes(struct db *db, bool is_unclean, struct store_life *life)
{
	size_t n_begun = 0, n = 0;
	enum err e = read_notes(db, life->doubts, &life->n_doubts);

	if (e == OK)
		e = sift_notes(db, life, &n_begun);
	for (size_t i = 0; e == OK && i < life->n_doubts; i++) {
		if (is_unclean && n_begun == 1 && life->doubts[i].is_begun) {
			e = judge(db, &life->doubts[i], life);
			continue;
		}
		if (is_unclean && n_begun > 1 && !life->doubts[i].is_begun)
			continue;
		life->doubts[n] = life->doubts[i];
		life->doubts[n++].is_begun = false;
	}
	life->n_doubts = n;
	return e == OK ? db_put_notes(db, life->doubts, n) : e;
}

/* --- The start --- */

static enum err read_life(struct db *db, bool *ret_is_unclean, uint32_t *ret_n)
{
	sqlite3_stmt *s = db_statement(db, STATEMENT_SELECT_LIFE);
	enum err e = db_step_one(db, s);

	if (e == OK) {
		*ret_is_unclean = sqlite3_column_int(s, 0) != 0;
		*ret_n = (uint32_t)sqlite3_column_int64(s, 1);
	}
	sqlite3_reset(s);
	return e == ERR_NOT_FOUND ? ERR_INVALID : e;
}

static enum err begin(struct db *db, struct store_life *life)
{
	bool is_unclean = false;
	uint32_t n = 0;
	int64_t n_suspects = 0;
	enum err e = read_life(db, &is_unclean, &n);

	life->n_unclean = is_unclean ? n + 1 : 0;
	if (e == OK)
		e = judge_notes(db, is_unclean, life);
	if (e == OK)
		e = RUN(db, STATEMENT_FORGET_WATCHED, is_unclean ? 0 : 1);
	if (e == OK)
		e = db_run(db, db_statement(db, STATEMENT_COUNT_WATCHED));
	if (e == OK)
		e = db_run(db, db_statement(db, STATEMENT_FORGET_SETTLED));
	if (e == OK)
		e = db_read_number(db, db_statement(db, STATEMENT_COUNT_SUSPECTS), &n_suspects);
	life->n_suspects = (uint64_t)n_suspects;
	return e == OK ? RUN(db, STATEMENT_BEGIN_LIFE, life->n_unclean) : e;
}

enum err db_begin_life(struct db *db, struct store_life *ret_life)
{
	struct store_life life = {.is_known = true};
	enum err e = db_run(db, db_statement(db, STATEMENT_BEGIN));

	if (e == OK)
		e = db_end(db, begin(db, &life));
	*ret_life = e == OK ? life : (struct store_life){.is_known = false};
	return e;
}
