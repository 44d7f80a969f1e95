/* The types of records: numbers, mnemonics, and of what fields their data is made. Thread: any. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DNS_TYPE_TEXT_SIZE = 16, DNS_TYPE_PTR = 12, DNS_TYPE_TXT = 16, DNS_TYPE_ANY = 255 };

/* Write the mnemonic, or `TYPE65280` (RFC 3597) for a type without one. */
void dns_type_format(uint16_t type, char ret_text[static DNS_TYPE_TEXT_SIZE]);

/* Read a mnemonic or `TYPE65280`, in either case. False when it is neither. */
bool dns_type_parse(const char *text, size_t len, uint16_t *ret_type);

/* Whether a question may be for this type: not 0, OPT, or one that transfers zones or is only for
 * questions between servers. */
bool dns_type_is_askable(uint16_t type);

/* The fields of the data, a letter each, or NULL: shown as RFC 3597 says.
 *
 * n a name; 1 2 4 an integer of as many octets; a A an IPv4 or IPv6 address; s a string;
 * S strings to the end; q one string to the end, without a length; h b hex or base64 to the end;
 * x H hex or base32hex with a length octet; t the mnemonic of a type; T a bitmap of types to the
 * end; D a time; E an EUI to the end; g a string without quotes; V parameters of SVCB to the end */
const char *dns_type_fields(uint16_t type);
