/* The types of records. */
#include "model/rrtype.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

struct type {
	uint16_t number;
	const char *name, *fields;
};

/* Sorted by number. */
static const struct type types[] = {{1, "A", "a"}, {2, "NS", "n"}, {3, "MD", "n"}, {4, "MF", "n"},
    {5, "CNAME", "n"}, {6, "SOA", "nn44444"}, {7, "MB", "n"}, {8, "MG", "n"}, {9, "MR", "n"},
    {10, "NULL", NULL}, {11, "WKS", NULL}, {12, "PTR", "n"}, {13, "HINFO", "ss"},
    {14, "MINFO", "nn"}, {15, "MX", "2n"}, {16, "TXT", "S"}, {17, "RP", "nn"}, {18, "AFSDB", "2n"},
    {19, "X25", "s"}, {20, "ISDN", "S"}, {21, "RT", "2n"}, {22, "NSAP", NULL},
    {23, "NSAP-PTR", "n"}, {24, "SIG", NULL}, {25, "KEY", "211b"}, {26, "PX", "2nn"},
    {27, "GPOS", "sss"}, {28, "AAAA", "A"}, {29, "LOC", NULL}, {30, "NXT", NULL}, {31, "EID", NULL},
    {32, "NIMLOC", NULL}, {33, "SRV", "222n"}, {34, "ATMA", NULL}, {35, "NAPTR", "22sssn"},
    {36, "KX", "2n"}, {37, "CERT", "221b"}, {38, "A6", NULL}, {39, "DNAME", "n"},
    {40, "SINK", NULL}, {41, "OPT", NULL}, {42, "APL", NULL}, {43, "DS", "211h"},
    {44, "SSHFP", "11h"}, {45, "IPSECKEY", NULL}, {46, "RRSIG", "t114DD2nb"}, {47, "NSEC", "nT"},
    {48, "DNSKEY", "211b"}, {49, "DHCID", "b"}, {50, "NSEC3", "112xHT"}, {51, "NSEC3PARAM", "112x"},
    {52, "TLSA", "111h"}, {53, "SMIMEA", "111h"}, {55, "HIP", NULL}, {56, "NINFO", "S"},
    {57, "RKEY", "211b"}, {58, "TALINK", "nn"}, {59, "CDS", "211h"}, {60, "CDNSKEY", "211b"},
    {61, "OPENPGPKEY", "b"}, {62, "CSYNC", "42T"}, {63, "ZONEMD", "411h"}, {64, "SVCB", "2nV"},
    {65, "HTTPS", "2nV"}, {99, "SPF", "S"}, {100, "UINFO", NULL}, {101, "UID", NULL},
    {102, "GID", NULL}, {103, "UNSPEC", NULL}, {104, "NID", NULL}, {105, "L32", "2a"},
    {106, "L64", NULL}, {107, "LP", "2n"}, {108, "EUI48", "E"}, {109, "EUI64", "E"},
    {249, "TKEY", NULL}, {250, "TSIG", NULL}, {251, "IXFR", NULL}, {252, "AXFR", NULL},
    {253, "MAILB", NULL}, {254, "MAILA", NULL}, {255, "ANY", NULL}, {256, "URI", "22q"},
    {257, "CAA", "1gq"}, {258, "AVC", "S"}, {32768, "TA", "211h"}, {32769, "DLV", "211h"}};

enum { N_TYPES = sizeof(types) / sizeof(types[0]) };

static const struct type *find(uint16_t number)
{
	size_t low = 0, high = N_TYPES;

	while (low < high) {
		size_t middle = (low + high) / 2;
		if (types[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low < N_TYPES && types[low].number == number ? &types[low] : NULL;
}

void dns_type_format(uint16_t type, char ret_text[static DNS_TYPE_TEXT_SIZE])
{
	const struct type *t = find(type);

	if (t != NULL)
		snprintf(ret_text, DNS_TYPE_TEXT_SIZE, "%s", t->name);
	else
		snprintf(ret_text, DNS_TYPE_TEXT_SIZE, "TYPE%u", type);
}

static bool parse_number(const char *digits, size_t len, uint16_t *ret_type)
{
	uint32_t value = 0;

	if (len == 0 || len > 5)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (digits[i] < '0' || digits[i] > '9')
			return false;
		value = value * 10 + (uint32_t)(digits[i] - '0');
	}
	if (value > UINT16_MAX)
		return false;
	*ret_type = (uint16_t)value;
	return true;
}

bool dns_type_parse(const char *text, size_t len, uint16_t *ret_type)
{
	for (size_t i = 0; i < N_TYPES; i++) {
		if (strlen(types[i].name) == len && strncasecmp(types[i].name, text, len) == 0) {
			*ret_type = types[i].number;
			return true;
		}
	}
	return len > 4 && strncasecmp(text, "TYPE", 4) == 0 &&
	       parse_number(text + 4, len - 4, ret_type);
}

bool dns_type_is_askable(uint16_t type)
{
	return type != 0 && type != 41 && (type < 249 || type > 254);
}

const char *dns_type_fields(uint16_t type)
{
	const struct type *t = find(type);

	return t != NULL ? t->fields : NULL;
}
