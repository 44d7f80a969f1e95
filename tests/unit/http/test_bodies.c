/* Bodies, chunks and trailers. */
#include "../unit.h"
#include "feeding.h"

#define LENGTH(n) "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " n "\r\n\r\n"
#define CHUNKED   "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
#define C(chunks) B(CHUNKED chunks)
#define GOT       "POST / HTTP/1.1|Host: a|Transfer-Encoding: chunked||"
#define NEXT      "GET /2 HTTP/1.1\r\nHost: a\r\n\r\n"
#define GOT_NEXT  "GET /2 HTTP/1.1|Host: a||."

#define X10  "xxxxxxxxxx"
#define X100 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10

static const struct row rows[] = {
    /* known lengths */
    {"a body", B(LENGTH("3") "abc"), "POST / HTTP/1.1|Host: a|Content-Length: 3||{abc}."},
    {"a body of NULs", B(LENGTH("2") "\r\n"), "POST / HTTP/1.1|Host: a|Content-Length: 2||{\r\n}."},
    {"half a body", B(LENGTH("3") "ab"), "POST / HTTP/1.1|Host: a|Content-Length: 3||{ab}"},
    {"a body and a request", B(LENGTH("3") "abc" NEXT),
	"POST / HTTP/1.1|Host: a|Content-Length: 3||{abc}." GOT_NEXT},
    {"a request in a body", B(LENGTH("28") NEXT),
	"POST / HTTP/1.1|Host: a|Content-Length: 28||{" NEXT "}."},
    {"an empty line behind a body", B(LENGTH("3") "abc\r\n" NEXT),
	"POST / HTTP/1.1|Host: a|Content-Length: 3||{abc}." GOT_NEXT},
    {"three requests", B(NEXT NEXT NEXT), GOT_NEXT GOT_NEXT GOT_NEXT},
    {"empty lines between requests", B(NEXT "\r\n\r\n" NEXT "\r\n\r\n" NEXT),
	GOT_NEXT GOT_NEXT GOT_NEXT},
    {"too many empty lines between requests", B(NEXT "\r\n\r\n\r\n" NEXT), GOT_NEXT "!400"},
    {"a bad request behind a good one", B(NEXT "GET /\r\n"), GOT_NEXT "!400"},
    {"a request behind a last one", B("GET / HTTP/1.0\r\n\r\n" NEXT),
	"GET / HTTP/1.0|Connection: close||." GOT_NEXT},
    {"half a request behind a good one", B(NEXT "GET "), GOT_NEXT "~"},
    {"a body that is not told", B("POST / HTTP/1.1\r\nHost: a\r\n\r\nabc def\r\n"),
	"POST / HTTP/1.1|Host: a||.!400"},
    /* chunks */
    {"no chunk", C("0\r\n\r\n"), GOT "."},
    {"a chunk", C("3\r\nabc\r\n0\r\n\r\n"), GOT "{abc}."},
    {"two chunks", C("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"), GOT "{abcde}."},
    {"a long chunk", C("1a\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\n\r\n"),
	GOT "{abcdefghijklmnopqrstuvwxyz}."},
    {"upper case", C("A\r\n" X10 "\r\n0\r\n\r\n"), GOT "{" X10 "}."},
    {"leading zeros", C("0000000000000003\r\nabc\r\n0000000000000000\r\n\r\n"), GOT "{abc}."},
    {"17 digits", C("00000000000000003\r\n"), GOT "!400"},
    {"17 zeros", C("00000000000000000\r\n"), GOT "!400"},
    {"data like framing", C("5\r\n0\r\n\r\n\r\n0\r\n\r\n"), GOT "{0\r\n\r\n}."},
    {"chunks and a request", C("3\r\nabc\r\n0\r\n\r\n" NEXT), GOT "{abc}." GOT_NEXT},
    {"chunks, an empty line and a request", C("0\r\n\r\n\r\n" NEXT), GOT "." GOT_NEXT},
    {"no size", C("\r\n"), GOT "!400"},
    {"a blank before the size", C(" 3\r\nabc\r\n"), GOT "!400"},
    {"a blank behind the size", C("3 \r\nabc\r\n"), GOT "!400"},
    {"a tab behind the size", C("3\t\r\nabc\r\n"), GOT "!400"},
    {"a sign", C("+3\r\nabc\r\n"), GOT "!400"},
    {"a negative size", C("-3\r\nabc\r\n"), GOT "!400"},
    {"0x", C("0x3\r\nabc\r\n"), GOT "!400"},
    {"a letter", C("g\r\n"), GOT "!400"},
    {"a comma", C("3,\r\nabc\r\n"), GOT "!400"},
    {"an underscore", C("1_0\r\n"), GOT "!400"},
    {"NUL behind the size", C("3\0\r\nabc\r\n"), GOT "!400"},
    {"bare LF behind the size", C("3\nabc\r\n0\r\n\r\n"), GOT "!400"},
    {"bare CR behind the size", C("3\rabc\r\n0\r\n\r\n"), GOT "!400"},
    {"two CR behind the size", C("3\r\r\nabc\r\n0\r\n\r\n"), GOT "!400"},
    {"data too short", C("3\r\nab\r\n0\r\n\r\n"), GOT "{ab\r}!400"},
    {"data too long", C("3\r\nabcd\r\n0\r\n\r\n"), GOT "{abc}!400"},
    {"bare LF behind data", C("3\r\nabc\n0\r\n\r\n"), GOT "{abc}!400"},
    {"bare CR behind data", C("3\r\nabc\r0\r\n\r\n"), GOT "{abc}!400"},
    {"no line end behind data", C("3\r\nabc0\r\n\r\n"), GOT "{abc}!400"},
    {"an empty line between chunks", C("3\r\nabc\r\n\r\n0\r\n\r\n"), GOT "{abc}!400"},
    {"the end of 0 with bare LF", C("0\n\r\n"), GOT "!400"},
    {"the end with bare LF", C("0\r\n\n"), GOT "!400"},
    {"the end with bare CR", C("0\r\n\r" NEXT), GOT "!400"},
    {"half an end", C("0\r\n"), GOT},
    {"half a size", C("3"), GOT},
    {"too long at once", C("3e9\r\n"), GOT "!413"},
    {"past 64 bits", C("fffffffffffffffff\r\n"), GOT "!413"},
    {"64 bits", C("ffffffffffffffff\r\n"), GOT "!413"},
    {"the size that wraps", C("3\r\nabc\r\nfffffffffffffffd\r\n"), GOT "{abc}!413"},
    {"too long in the end", C("64\r\n" X100 "\r\n385\r\n"), GOT "{" X100 "}!413"},
    {"as long as may be", C("64\r\n" X100 "\r\n384\r\nab"), GOT "{" X100 "ab}"},
    /* extensions */
    {"a name", C("3;a\r\nabc\r\n0;b\r\n\r\n"), GOT "{abc}."},
    {"a value", C("3;a=b\r\nabc\r\n0\r\n\r\n"), GOT "{abc}."},
    {"two", C("3;a=b;c\r\nabc\r\n0\r\n\r\n"), GOT "{abc}."},
    {"blanks", C("3 \t;\ta\t= b ; c ;d\r\nabc\r\n0\r\n\r\n"), GOT "{abc}."},
    {"quoted", C("3;a=\"b;\\\"\r\n"), GOT "!400"},
    {"a quoted semicolon", C("3;a=\"b;\\\" \\\\\xff\"\r\nabc\r\n0\r\n\r\n"), GOT "{abc}."},
    {"quoted, then another", C("3;a=\"\" ;b\r\nabc\r\n0\r\n\r\n"), GOT "{abc}."},
    {"no name", C("3;\r\nabc\r\n"), GOT "!400"},
    {"no name, a value", C("3;=a\r\nabc\r\n"), GOT "!400"},
    {"no value", C("3;a=\r\nabc\r\n"), GOT "!400"},
    {"two semicolons", C("3;;a\r\nabc\r\n"), GOT "!400"},
    {"two values", C("3;a=b=c\r\nabc\r\n"), GOT "!400"},
    {"a blank at the end of a name", C("3;a \r\nabc\r\n"), GOT "!400"},
    {"a blank at the end of a value", C("3;a=b \r\nabc\r\n"), GOT "!400"},
    {"a name behind blanks", C("3 a\r\nabc\r\n"), GOT "!400"},
    {"a word behind a name", C("3;a b\r\nabc\r\n"), GOT "!400"},
    {"text behind quotes", C("3;a=\"b\"c\r\nabc\r\n"), GOT "!400"},
    {"a quote in a name", C("3;a\"\r\nabc\r\n"), GOT "!400"},
    {"NUL", C("3;a=\0\r\nabc\r\n"), GOT "!400"},
    {"NUL in quotes", C("3;a=\"\0\"\r\nabc\r\n"), GOT "!400"},
    {"an escaped line end", C("3;a=\"\\\r\n"), GOT "!400"},
    {"an extension that ends in bare LF", C("3;a\nabc\r\n0\r\n\r\n"), GOT "!400"},
    {"a value that ends in bare LF", C("3;a=b\nabc\r\n0\r\n\r\n"), GOT "!400"},
    {"quotes that end in bare LF", C("3;a=\"b\"\nabc\r\n0\r\n\r\n"), GOT "!400"},
    {"bare CR in an extension", C("3;a\rb\r\nabc\r\n0\r\n\r\n"), GOT "!400"},
    {"256 bytes", C("3;" X100 X100 X10 X10 X10 X10 X10 "xxxxx\r\nabc\r\n0\r\n\r\n"), GOT "{abc}."},
    {"257 bytes", C("3;" X100 X100 X10 X10 X10 X10 X10 "xxxxxx\r\nabc\r\n0\r\n\r\n"), GOT "!400"},
    /* trailers */
    {"a trailer", C("0\r\nX: y\r\n\r\n"), GOT "."},
    {"two trailers", C("3\r\nabc\r\n0\r\nX: y\r\nZ:\r\n\r\n" NEXT), GOT "{abc}." GOT_NEXT},
    {"a folded trailer", C("0\r\nX: y\r\n z\r\n\r\n"), GOT "!400"},
    {"a trailer without a colon", C("0\r\nX\r\n\r\n"), GOT "!400"},
    {"a request as trailers", C("0\r\n" NEXT), GOT "!400"},
    {"a trailer without a name", C("0\r\n: y\r\n\r\n"), GOT "!400"},
    {"a trailer with bare LF", C("0\r\nX: y\n\r\n"), GOT "!400"},
    {"NUL in a trailer", C("0\r\nX: \0\r\n\r\n"), GOT "!400"},
    {"Content-Length in a trailer", C("0\r\nContent-Length: 5\r\n\r\n"), GOT "!400"},
    {"Transfer-Encoding in a trailer", C("0\r\nTransfer-Encoding: chunked\r\n\r\n"), GOT "!400"},
    {"Authorization in a trailer", C("0\r\nauthorization: Bearer a\r\n\r\n"), GOT "!400"},
    {"long trailers", C("0\r\nX: " X100 X100 X100 X100 X100 "\r\nX: " X100 "\r\n\r\n"), GOT "!431"},
    {"12 trailers",
	C("0\r\n1:\r\n2:\r\n3:\r\n4:\r\n5:\r\n6:\r\n7:\r\n8:\r\n9:\r\nA:\r\nB:\r\nC:\r\n\r\n"),
	GOT "."},
    {"13 trailers",
	C("0\r\n1:\r\n2:\r\n3:\r\n4:\r\n5:\r\n6:\r\n7:\r\n8:\r\n9:\r\nA:\r\nB:\r\nC:\r\nD:"
	  "\r\n\r\n"),
	GOT "!431"},
    {"fields behind trailers",
	C("0\r\n1:\r\n2:\r\n3:\r\n4:\r\n5:\r\n6:\r\n7:\r\n\r\n"
	  "GET /2 HTTP/1.1\r\nHost: a\r\n1:\r\n2:\r\n3:\r\n4:\r\n5:\r\n6:\r\n\r\n"),
	GOT ".GET /2 HTTP/1.1|Host: a|1: |2: |3: |4: |5: |6: ||."},
};

TEST(reads_bodies)
{
	check_row(&small_limits, &rows[_i]);
}

SUITE(bodies)
{
	ADD_ROWS(reads_bodies, rows);
}
