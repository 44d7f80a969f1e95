/* The text form of a record's data, as in a zone file: RFC 1035 section 5.1, RFC 3597 for types
 * that are not known, RFC 4034, RFC 9460. Names are in lower case with their final dot. Thread:
 * any. */
#pragma once

#include "dns/message.h"

/* Add the data of a record of `m` to `b`. Data that isn't what its type says is shown as that of an
 * unknown type: `\# LENGTH HEX`. */
void dns_rdata_format(const struct dns_message *m, const struct dns_record *r, struct buf *b);
