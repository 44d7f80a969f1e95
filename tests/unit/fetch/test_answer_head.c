/* What a header may say, and what ends the answer. */
#include "../unit.h"

#include "fetch/answer_head.h"

#define HEAD "HTTP/1.1 200 OK\r\n"

/* Lines are separated by line feeds. */
static const struct {
	const char *name, *lines;
	enum reason want;
} cases[] = {
    {"nothing of it", HEAD "Date: today\r\n\r\n", REASON_NONE},
    {"length", HEAD "Content-Length: 5\r\n\r\n", REASON_NONE},
    {"length without blank", HEAD "Content-Length:5\r\n", REASON_NONE},
    {"length with blanks", HEAD "content-length: \t5 \t\r\n", REASON_NONE},
    {"length twice", HEAD "Content-Length: 5\r\nCONTENT-LENGTH: 005\r\n", REASON_NONE},
    {"greatest length", HEAD "Content-Length: 9223372036854775807\r\n", REASON_NONE},
    {"two lengths", HEAD "Content-Length: 5\r\nContent-Length: 3\r\n", REASON_CONNECT},
    {"list of lengths", HEAD "Content-Length: 5, 5\r\n", REASON_CONNECT},
    {"no length", HEAD "Content-Length:\r\n", REASON_CONNECT},
    {"negative length", HEAD "Content-Length: -5\r\n", REASON_CONNECT},
    {"length with a sign", HEAD "Content-Length: +5\r\n", REASON_CONNECT},
    {"length and more", HEAD "Content-Length: 5x\r\n", REASON_CONNECT},
    {"length of 64 bits", HEAD "Content-Length: 9223372036854775808\r\n", REASON_CONNECT},
    {"length of many digits", HEAD "Content-Length: 99999999999999999999999\r\n", REASON_CONNECT},
    {"length of more digits", HEAD "Content-Length: 00000000000000000000000000000005\r\n",
	REASON_CONNECT},
    {"length of an interim answer",
	"HTTP/1.1 103 Hints\r\nContent-Length: 7\r\n\r\n" HEAD "Content-Length: 5\r\n",
	REASON_NONE},
    {"two lengths behind an interim answer",
	"HTTP/1.1 100 Go\r\n\r\n" HEAD "Content-Length: 5\r\nContent-Length: 7\r\n",
	REASON_CONNECT},
    {"another field", HEAD "X-Content-Length: 5x\r\nContent-Length-X: y\r\n", REASON_NONE},
    {"chunks", HEAD "Transfer-Encoding: chunked\r\n", REASON_NONE},
    {"chunks in capitals", HEAD "TRANSFER-ENCODING:\tCHUNKED\n", REASON_NONE},
    {"no coding", HEAD "Transfer-Encoding: identity\r\n", REASON_NONE},
    {"gzip", HEAD "Transfer-Encoding: gzip\r\n", REASON_CONNECT},
    {"gzip in chunks", HEAD "Transfer-Encoding: gzip, chunked\r\n", REASON_CONNECT},
    {"gzip beside chunks", HEAD "Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n",
	REASON_CONNECT},
    {"folded gzip", HEAD "Transfer-Encoding:\r\n gzip\r\n", REASON_CONNECT},
    {"folded line", HEAD "X: a\r\n b\r\n\tc\r\nContent-Length: 5\r\n", REASON_NONE},
    {"folded line of an interim answer", "HTTP/1.1 103 Hints\r\nX: a\r\n b\r\n\r\n" HEAD,
	REASON_NONE},
    {"fold at the start", " X: a\r\n", REASON_CONNECT},
    {"fold behind the status line", HEAD " X: a\r\n", REASON_CONNECT},
    {"fold by a tab", HEAD "\tX: a\r\n", REASON_CONNECT},
    {"fold of nothing", HEAD " \r\n", REASON_CONNECT},
    {"fold behind an interim answer", "HTTP/1.1 103 Hints\r\nX: a\r\n\r\n" HEAD " b\r\n",
	REASON_CONNECT},
    {"trailer", HEAD "\r\nX: a\r\n b\r\n\r\n", REASON_NONE},
    {"folded first trailer", HEAD "X: a\r\n\r\n b\r\n", REASON_CONNECT},
    {"folded length", HEAD "Content-Length: 5\r\n 6\r\n", REASON_CONNECT},
    {"folded coding", HEAD "Transfer-Encoding: chunked\r\n , gzip\r\n", REASON_CONNECT},
    {"lengths around a line like a status line",
	HEAD "Content-Length: 5\r\nHTTP/1.1 200: x\r\nContent-Length: 7\r\n", REASON_CONNECT},
    {"CR alone", HEAD "X: a\rContent-Length: 5\r\n", REASON_CONNECT},
    {"CR at the start", HEAD "\rX: a\r\n", REASON_CONNECT},
    {"CR twice", HEAD "X: a\r\r\n", REASON_CONNECT},
    {"no CR", "HTTP/1.1 200 OK\nX: a\n\n", REASON_NONE},
    {"unknown coding", HEAD "Transfer-Encoding: x\r\n", REASON_CONNECT},
};

/* Add lines up to the first that is refused. */
static enum reason add_lines(struct answer_head *head, const char *lines, const char **ret_detail)
{
	enum reason reason = REASON_NONE;

	while (*lines != '\0' && reason == REASON_NONE) {
		size_t len = strcspn(lines, "\n") + 1;
		reason = answer_head_add(head, lines, len, ret_detail);
		lines += len;
	}
	return reason;
}

TEST(judges)
{
	struct answer_head head = {0};
	const char *detail = NULL;

	ck_assert_msg(add_lines(&head, cases[_i].lines, &detail) == cases[_i].want, "%s: %s",
	    cases[_i].name, detail != NULL ? detail : "taken");
	ck_assert(cases[_i].want == REASON_NONE || detail != NULL);
}

TEST(counts_all_lines)
{
	struct answer_head head = {0};
	char line[1024];
	const char *detail = NULL;

	memset(line, 'x', sizeof(line));
	for (int i = 0; i < 64; i++)
		ck_assert_int_eq(answer_head_add(&head, line, sizeof(line), &detail), REASON_NONE);
	ck_assert_int_eq(answer_head_add(&head, "\r\n", 2, &detail), REASON_TOO_LARGE);
	ck_assert_str_eq(detail, ANSWER_HEAD_TOO_LONG);
}

TEST(counts_interim_answers)
{
	struct answer_head head = {0};
	const char *detail = NULL;

	for (int i = 0; i < 500; i++)
		ck_assert_int_eq(add_lines(&head, "HTTP/1.1 102 On\r\n\r\n", &detail), REASON_NONE);
	ck_assert_int_eq(add_lines(&head, HEAD, &detail), REASON_TOO_LARGE);
	ck_assert_str_eq(detail, ANSWER_HEAD_TOO_LONG);
}

TEST(refuses_nul)
{
	static const char line[] = "X: a\0b\r\n";
	struct answer_head head = {0};
	const char *detail = NULL;

	ck_assert_int_eq(answer_head_add(&head, line, sizeof(line) - 1, &detail), REASON_CONNECT);
	ck_assert_str_eq(detail, ANSWER_HEAD_MALFORMED);
}

SUITE(answer_head)
{
	ADD(counts_interim_answers);
	ADD(refuses_nul);
	ADD_ROWS(judges, cases);
	ADD(counts_all_lines);
}
