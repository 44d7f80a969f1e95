/* Options by getopt_long; a value out of its bounds is an error. */
#include "dns_options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_SECONDS = 86400, MAX_DELAY_MS = 60000, MAX_DROP_EVERY = 1000000000 };

static bool parse_number(
    const char *text, unsigned long min, unsigned long max, unsigned long *ret_value)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || value < min ||
	    value > max)
		return false;
	*ret_value = value;
	return true;
}

static bool add_listen(struct dns_options *options, const char *text)
{
	if (options->n_listen == DNS_MAX_LISTEN ||
	    !dns_address_parse(text, &options->listen[options->n_listen]))
		return false;
	options->n_listen++;
	return true;
}

static bool parse_default(const char *text, enum dns_default *ret_default)
{
	if (strcmp(text, "found") == 0)
		*ret_default = DNS_DEFAULT_FOUND;
	else if (strcmp(text, "nx") == 0)
		*ret_default = DNS_DEFAULT_NX;
	else if (strcmp(text, "half") == 0)
		*ret_default = DNS_DEFAULT_HALF;
	else
		return false;
	return true;
}

static bool apply_option(struct dns_options *options, int option, const char *value)
{
	switch (option) {
	case 'a':
		return add_listen(options, value);
	case 'p':
		return parse_number(value, 0, 65535, &options->port);
	case 't':
		return parse_number(value, 1, MAX_SECONDS, &options->seconds);
	case 'z':
		options->zone_path = value;
		return true;
	case 'd':
		return parse_default(value, &options->otherwise);
	case 's':
		return parse_number(value, 0, MAX_DELAY_MS, &options->slow_ms);
	case 'h':
		return parse_number(value, 0, 100, &options->slow_share);
	case 'l':
		return parse_number(value, 0, MAX_DELAY_MS, &options->latency_ms);
	case 'e':
		return parse_number(value, 0, MAX_DROP_EVERY, &options->drop_every);
	case 'f':
		options->is_servfail_all = true;
		return true;
	case 'i':
		options->is_lying = true;
		return true;
	default:
		return false;
	}
}

bool dns_options_parse(int argc, char **argv, struct dns_options *ret_options)
{
	static const struct option table[] = {
	    {"listen", required_argument, NULL, 'a'},
	    {"port", required_argument, NULL, 'p'},
	    {"seconds", required_argument, NULL, 't'},
	    {"zone", required_argument, NULL, 'z'},
	    {"default", required_argument, NULL, 'd'},
	    {"slow-ms", required_argument, NULL, 's'},
	    {"slow-share", required_argument, NULL, 'h'},
	    {"latency-ms", required_argument, NULL, 'l'},
	    {"drop-every", required_argument, NULL, 'e'},
	    {"servfail-all", no_argument, NULL, 'f'},
	    {"lies", no_argument, NULL, 'i'},
	    {NULL, 0, NULL, 0},
	};
	int option;
	int index = 0;

	*ret_options = (struct dns_options){.seconds = 600, .slow_ms = 300};
	while ((option = getopt_long(argc, argv, "", table, &index)) != -1) {
		if (option == '?')
			return false;
		if (!apply_option(ret_options, option, optarg)) {
			fprintf(stderr, "dns_stub: bad value for --%s: %s\n", table[index].name,
			    optarg);
			return false;
		}
	}
	if (optind != argc) {
		fprintf(stderr, "dns_stub: unexpected argument: %s\n", argv[optind]);
		return false;
	}
	return ret_options->n_listen > 0 || add_listen(ret_options, "127.0.0.1");
}
