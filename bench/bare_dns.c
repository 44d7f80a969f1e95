/*
 * The DNS engine alone: what it costs when nothing else is done with its answers.
 *
 * The names of a file are read into memory before the clock starts; then they are asked for A, at
 * most WINDOW at a time, until all have their verdict. With a ROWS-FILE a row of JSON a name is
 * written there, as massdns does with -o J.
 *
 *     bare_dns ADDRESS:PORT NAMES-FILE WINDOW [ROWS-FILE]
 *     names=N seconds=S per_second=R cpu_us=C found=N nx=N other=N sent=N mismatches=N
 *
 * Exit status: 0 all have a verdict, 1 it could not run, 2 usage.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/alloc.h"
#include "base/metrics.h"
#include "dns/engine.h"
#include "dns/stats.h"
#include "loop/loop.h"

struct run {
	struct loop *loop;         /* owned */
	struct dns_engine *engine; /* owned */
	char *text, *next, *end;   /* the file; text is owned */
	FILE *rows;                /* owned; NULL: none */
	size_t n_asked, n_done, n_found, n_nx, n_other;
};

/* What a row is written from; the slot of a name under way. */
struct slot {
	struct run *run;
	const char *name;
	size_t len;
	struct slot *next;
};

static struct slot *spare;

static bool read_names(struct run *run, const char *path)
{
	FILE *file = fopen(path, "rb");
	long size = -1;

	if (file != NULL && fseek(file, 0, SEEK_END) == 0)
		size = ftell(file);
	if (size > 0 && fseek(file, 0, SEEK_SET) == 0) {
		run->text = xmalloc((size_t)size + 1);
		run->next = run->text;
		run->end = run->text + fread(run->text, 1, (size_t)size, file);
	}
	if (file != NULL)
		fclose(file);
	return run->text != NULL;
}

static void write_row(struct slot *slot, const struct dns_result *result)
{
	struct dns_cursor cursor = {0};
	struct dns_record r;
	char text[INET_ADDRSTRLEN];
	const char *comma = "";

	fputs("{\"name\":\"", slot->run->rows);
	fwrite(slot->name, 1, slot->len, slot->run->rows);
	fprintf(slot->run->rows, "\",\"outcome\":%d,\"data\":[", result->outcome);
	while (result->answer != NULL && dns_answer_next(result->answer, &cursor, &r)) {
		inet_ntop(AF_INET, result->answer->message->bytes + r.rdata, text, sizeof(text));
		fprintf(slot->run->rows, "%s{\"ttl\":%u,\"data\":\"%s\"}", comma, r.ttl, text);
		comma = ",";
	}
	fputs("]}\n", slot->run->rows);
}

static void on_done(const struct dns_result *result, void *arg)
{
	struct slot *slot = arg;
	struct run *run = slot->run;

	run->n_done++;
	if (result->outcome == DNS_DATA)
		run->n_found++;
	else if (result->outcome == DNS_NXDOMAIN)
		run->n_nx++;
	else
		run->n_other++;
	if (run->rows != NULL)
		write_row(slot, result);
	slot->next = spare;
	spare = slot;
	if (run->next == run->end && run->n_done == run->n_asked)
		loop_stop(run->loop, 0);
}

static void ask_one(struct run *run, const char *name, size_t len)
{
	struct dns_name wire;
	struct slot *slot = spare;

	run->n_asked++;
	if (!dns_name_from_text(name, len, &wire)) {
		run->n_done++;
		run->n_other++;
		return;
	}
	if (slot != NULL)
		spare = slot->next;
	else
		slot = xcalloc(1, sizeof(*slot));
	*slot = (struct slot){.run = run, .name = name, .len = len};
	dns_lookup_start(run->engine,
	    &(struct dns_question){.name = &wire,
		.type = DNS_A,
		.flags = DNS_FLAG_RD,
		.timeout = 2 * USEC_PER_SEC,
		.attempts = 3},
	    on_done, slot);
}

static void ask(struct run *run)
{
	for (size_t room = dns_engine_room(run->engine); room > 0 && run->next < run->end; room--) {
		char *name = run->next, *line_end = memchr(name, '\n', (size_t)(run->end - name));
		size_t len = (size_t)((line_end != NULL ? line_end : run->end) - name);
		run->next = line_end != NULL ? line_end + 1 : run->end;
		if (len > 0)
			ask_one(run, name, len);
	}
	if (run->next < run->end)
		dns_engine_want_room(run->engine);
}

static void on_room(void *arg)
{
	ask(arg);
}

static double cpu_seconds(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static int run_all(struct run *run)
{
	struct dns_server_stats stats;
	double cpu = cpu_seconds();
	usec_t started = clock_mono();

	ask(run);
	loop_run(run->loop);
	double seconds = (double)(clock_mono() - started) / USEC_PER_SEC;
	cpu = cpu_seconds() - cpu;
	dns_engine_server_stats(run->engine, 0, &stats);
	printf("names=%zu seconds=%.3f per_second=%.0f cpu_us=%.2f found=%zu nx=%zu other=%zu "
	       "sent=%llu mismatches=%llu window=%zu\n",
	    run->n_asked, seconds, (double)run->n_asked / seconds, cpu * 1e6 / (double)run->n_asked,
	    run->n_found, run->n_nx, run->n_other, (unsigned long long)stats.n_sent,
	    (unsigned long long)stats.n_mismatches, stats.window);
	return 0;
}

int main(int argc, char **argv)
{
	struct run run = {0};
	struct dns_server_opts server = {0};
	unsigned long window = argc > 3 ? strtoul(argv[3], NULL, 10) : 0;
	int status = 1;

	if (argc < 4 || argc > 5 || window == 0 || !endpoint_parse(argv[1], 53, &server.endpoint)) {
		fputs("usage: bare_dns ADDRESS:PORT NAMES-FILE WINDOW [ROWS-FILE]\n", stderr);
		return 2;
	}
	run.rows = argc > 4 ? fopen(argv[4], "w") : NULL;
	run.loop = loop_new();
	run.engine = dns_engine_new(run.loop,
	    &(struct dns_opts){.servers = &server, .n_servers = 1, .max_lookups = window});
	dns_engine_set_on_room(run.engine, on_room, &run);
	if (read_names(&run, argv[2]))
		status = run_all(&run);
	else
		fprintf(stderr, "bare_dns: %s cannot be read, or is empty\n", argv[2]);
	dns_engine_free(run.engine);
	loop_free(run.loop);
	metrics_done();
	free(run.text);
	while (spare != NULL) {
		struct slot *next = spare->next;
		free(spare);
		spare = next;
	}
	if (run.rows != NULL)
		fclose(run.rows);
	return status;
}
